//! A connection that messages go out by, and what the broker confirmed of them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use groundrule_core::delivery::CarryError;
use tokio::sync::{Notify, mpsc};
use tokio::time::timeout;

use super::connection::Connection;
use super::halves::{Incoming, LAST_WORDS, Outlet};

/// How many chunks wait to be written.
const AHEAD: usize = 2;

/// Messages that are written together.
pub struct Chunk {
    /// The bytes, ready to be written.
    pub parts: Vec<Bytes>,
    /// How many receipts it asks for, by its number.
    pub receipts: usize,
}

/// A connection with a task that keeps it alive.
pub struct Link {
    chunks: mpsc::Sender<Vec<Bytes>>,
    ledger: Arc<Ledger>,
}

/// What was sent and what was confirmed.
#[derive(Default)]
struct Ledger {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Default)]
struct State {
    /// The number of the next chunk.
    next: u64,
    /// Receipts that are missing, of each chunk from the oldest that is not confirmed.
    missing: VecDeque<usize>,
    fault: Option<CarryError>,
}

impl State {
    /// The chunks that are confirmed, with all before them.
    fn confirmed(&self) -> u64 {
        self.next - self.missing.len() as u64
    }
}

impl Link {
    /// Has a task keep this connection, until the link is dropped.
    pub fn new(connection: Connection) -> Self {
        let (chunks, to_write) = mpsc::channel(AHEAD);
        let ledger = Arc::new(Ledger::default());
        tokio::spawn(keep(connection, to_write, Arc::clone(&ledger)));
        Self { chunks, ledger }
    }

    /// The number that the next chunk will have.
    pub fn next(&self) -> u64 {
        self.ledger.state().next
    }

    /// Why it is of no more use, if so.
    pub fn fault(&self) -> Option<CarryError> {
        self.ledger.state().fault.clone()
    }

    /// Has a chunk written.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn write(&self, chunk: Chunk) -> Result<(), CarryError> {
        // First a place, so that nobody is in the ledger whose bytes are not on their way.
        let Ok(place) = self.chunks.reserve().await else {
            return Err(self.fault().unwrap_or_else(gone));
        };
        {
            let mut state = self.ledger.state();
            state.next += 1;
            state.missing.push_back(chunk.receipts);
        }
        place.send(chunk.parts);
        Ok(())
    }

    /// Waits until more chunks are confirmed than that, and says how many are.
    ///
    /// # Errors
    /// When the connection is lost.
    pub async fn confirmed(&self, beyond: u64) -> Result<u64, CarryError> {
        loop {
            let changed = self.ledger.changed.notified();
            {
                let state = self.ledger.state();
                if state.confirmed() > beyond {
                    return Ok(state.confirmed());
                }
                if let Some(fault) = &state.fault {
                    return Err(fault.clone());
                }
            }
            changed.await;
        }
    }
}

impl Ledger {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A receipt came for the chunk of that number.
    fn confirm(&self, number: u64) {
        let mut state = self.state();
        let place = number.checked_sub(state.confirmed()).and_then(|at| usize::try_from(at).ok());
        if let Some(missing) = place.and_then(|at| state.missing.get_mut(at)) {
            *missing = missing.saturating_sub(1);
        }
        while state.missing.front() == Some(&0) {
            state.missing.pop_front();
        }
    }
}

fn gone() -> CarryError {
    CarryError::Away("the connection is lost".into())
}

async fn keep(connection: Connection, to_write: mpsc::Receiver<Vec<Bytes>>, ledger: Arc<Ledger>) {
    let Connection { mut incoming, mut outlet, .. } = connection;
    let fault = {
        let reading = read(&mut incoming, &ledger);
        tokio::pin!(reading);
        tokio::select! {
            error = &mut reading => error,
            written = write(&mut outlet, to_write) => match written {
                Ok(()) => gone(),
                Err(error) => timeout(LAST_WORDS, reading).await.unwrap_or(error),
            },
        }
    };
    ledger.state().fault = Some(fault);
    ledger.changed.notify_waiters();
}

/// Takes in receipts; says why no more come.
async fn read(incoming: &mut Incoming, ledger: &Ledger) -> CarryError {
    loop {
        let ended = loop {
            match incoming.take() {
                Ok(Some(frame)) => {
                    let number = frame.header("receipt-id").and_then(|id| id.parse().ok());
                    if let Some(number) = number {
                        ledger.confirm(number);
                    }
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        ledger.changed.notify_waiters();
        if let Some(error) = ended {
            return error;
        }
        if let Err(error) = incoming.fill().await {
            return error;
        }
    }
}

/// Writes chunks, and signs of life between them, until nobody sends any more.
async fn write(
    outlet: &mut Outlet,
    mut to_write: mpsc::Receiver<Vec<Bytes>>,
) -> Result<(), CarryError> {
    loop {
        let chunk = tokio::select! {
            biased;
            chunk = to_write.recv() => chunk,
            () = outlet.due() => {
                outlet.beat().await?;
                continue;
            }
        };
        let Some(parts) = chunk else {
            return outlet.write(&[Bytes::from_static(b"DISCONNECT\n\n\0")]).await;
        };
        outlet.write(&parts).await?;
    }
}
