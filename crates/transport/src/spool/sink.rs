//! A sink that a far side which is away costs nothing but time.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use tokio::time::Instant;

use super::{Spool, SpoolError};

/// How many messages are taken from the spool at once.
const BATCH: usize = 512;
/// How many are sent from the spool before new ones are taken in, so that it becomes empty while
/// others keep coming.
const DRAINED: usize = 8 * BATCH;

/// A sink with a spool before it.
///
/// While nothing waits, it sends at once. What cannot be sent goes into the spool, and that is
/// enough for `send`: nothing of it is lost. It leaves the spool in its order, before anything else,
/// at a later `send` or [`Spooled::drain`].
pub struct Spooled {
    sink: Box<dyn Sink>,
    spool: Arc<Mutex<Spool>>,
    /// The first and the longest pause between two attempts.
    pauses: (Duration, Duration),
    /// Why the last attempt failed; the pause until the next one, and when that is.
    away: Option<(CarryError, Duration, Instant)>,
}

impl Spooled {
    /// Puts a spool before a sink.
    #[must_use]
    pub fn new(sink: Box<dyn Sink>, spool: Spool) -> Self {
        let pauses = (Duration::from_millis(500), Duration::from_secs(30));
        Self { sink, spool: Arc::new(Mutex::new(spool)), pauses, away: None }
    }

    /// With other pauses between attempts while the sink is away: the first, which doubles, and the
    /// longest.
    #[must_use]
    pub fn pausing(mut self, first: Duration, longest: Duration) -> Self {
        self.pauses = (first, longest);
        self
    }

    /// How many messages wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        locked(&self.spool).len()
    }

    /// How many bytes of the disk they take.
    #[must_use]
    pub fn waiting_bytes(&self) -> u64 {
        locked(&self.spool).bytes()
    }

    /// Why the last attempt to send failed, if it did.
    #[must_use]
    pub fn away(&self) -> Option<&CarryError> {
        self.away.as_ref().map(|(error, ..)| error)
    }

    /// Sends at most `max` messages from the spool; says how many. Does nothing while it is too
    /// early for another attempt. Its owner calls it about once a second.
    ///
    /// # Errors
    /// When they cannot be sent; they stay.
    pub async fn drain(&mut self, max: usize) -> Result<usize, CarryError> {
        let mut sent = 0;
        while sent < max && self.due() && !locked(&self.spool).is_empty() {
            let wanted = BATCH.min(max - sent);
            let messages = on_disk(&self.spool, move |spool| spool.peek(wanted)).await?;
            let result = self.sink.send(&messages).await;
            self.noted(result)?;
            let count = messages.len();
            on_disk(&self.spool, move |spool| spool.advance(count)).await?;
            sent += count;
        }
        Ok(sent)
    }

    fn due(&self) -> bool {
        self.away.as_ref().is_none_or(|(_, _, next)| *next <= Instant::now())
    }

    /// Keeps in mind how an attempt went.
    fn noted(&mut self, result: Result<(), CarryError>) -> Result<(), CarryError> {
        let Err(error) = result else {
            if self.away.take().is_some() {
                tracing::info!("the far side takes events again");
            }
            return Ok(());
        };
        let pause = match &self.away {
            Some((_, pause, _)) => (*pause * 2).min(self.pauses.1),
            None => {
                tracing::warn!(%error, "events wait in the spool");
                self.pauses.0
            }
        };
        self.away = Some((error.clone(), pause, Instant::now() + pause));
        Err(error)
    }
}

#[async_trait]
impl Sink for Spooled {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        // What waits goes first. That it could not is in `away`; these messages are safe all the
        // same, once they are in the spool.
        let drained = self.drain(DRAINED).await;
        if drained.is_ok() && self.due() && locked(&self.spool).is_empty() {
            let result = self.sink.send(messages).await;
            if self.noted(result).is_ok() {
                return Ok(());
            }
        }
        let messages = messages.to_vec();
        on_disk(&self.spool, move |spool| spool.append(&messages)).await
    }
}

/// Does something that waits for the disk, where it holds up nobody else.
async fn on_disk<T: Send + 'static>(
    spool: &Arc<Mutex<Spool>>,
    work: impl FnOnce(&mut Spool) -> Result<T, SpoolError> + Send + 'static,
) -> Result<T, CarryError> {
    let spool = Arc::clone(spool);
    let done = tokio::task::spawn_blocking(move || work(&mut locked(&spool))).await;
    done.map_err(|error| CarryError::Away(format!("the spool: {error}")))?.map_err(Into::into)
}

fn locked(spool: &Mutex<Spool>) -> MutexGuard<'_, Spool> {
    spool.lock().unwrap_or_else(PoisonError::into_inner)
}
