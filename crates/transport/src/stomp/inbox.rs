//! What came in and is not settled: the place between a connection and its reader.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Message};
use tokio::sync::Notify;

/// How many bytes may wait to be received; one message may exceed it.
const MOST_BYTES: usize = 32 << 20;

/// A message and how its broker wants to hear that it is settled, if it does.
pub struct Delivery {
    /// What came.
    pub message: Message,
    /// The broker's name for it, as it came.
    pub id: Option<Bytes>,
}

/// Messages that wait, and those that were received and not settled.
pub struct Inbox {
    state: Mutex<State>,
    most: usize,
    arrived: Notify,
    taken: Notify,
    said: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Delivery>,
    bytes: usize,
    /// How many messages were received since the beginning.
    received: u64,
    /// Their numbers and names, of this connection only, oldest first.
    unsettled: VecDeque<(u64, Bytes)>,
    /// The newest that is settled, and which the broker has not been told of.
    settled: Option<Bytes>,
    failed: Option<CarryError>,
    stopped: bool,
    closed: bool,
}

impl Inbox {
    /// In which at most so many messages wait.
    pub fn new(most: usize) -> Self {
        Self {
            state: Mutex::default(),
            most,
            arrived: Notify::new(),
            taken: Notify::new(),
            said: Notify::new(),
        }
    }

    /// Takes at most `max` messages, and waits for the first; none once it is stopped.
    pub async fn receive(&self, max: usize) -> Result<Vec<Message>, CarryError> {
        loop {
            let arrived = self.arrived.notified();
            if let Some(result) = self.take(max) {
                self.taken.notify_one();
                return result;
            }
            arrived.await;
        }
    }

    fn take(&self, max: usize) -> Option<Result<Vec<Message>, CarryError>> {
        let mut state = self.state();
        if state.waiting.is_empty() {
            let ended = state.stopped.then(|| Ok(Vec::new()));
            return ended.or_else(|| state.failed.clone().map(Err));
        }
        let count = max.max(1).min(state.waiting.len());
        let state = &mut *state;
        let mut messages = Vec::with_capacity(count);
        for Delivery { message, id } in state.waiting.drain(..count) {
            state.received += 1;
            state.bytes -= message.body.len();
            state.unsettled.extend(id.map(|id| (state.received, id)));
            messages.push(message);
        }
        Some(Ok(messages))
    }

    /// Settles all up to that number. Those that came by a connection that is lost come again, so
    /// that there is nothing to tell of them.
    pub fn settle(&self, upto: u64) {
        let mut state = self.state();
        let count = state.unsettled.partition_point(|(number, _)| *number <= upto);
        let Some((_, newest)) = state.unsettled.drain(..count).next_back() else {
            return;
        };
        state.settled = Some(newest);
        drop(state);
        self.said.notify_one();
    }

    /// Waits until more may come in.
    pub async fn room(&self) {
        loop {
            let taken = self.taken.notified();
            {
                let state = self.state();
                let fits = state.waiting.len() < self.most && state.bytes < MOST_BYTES;
                if fits || state.stopped {
                    return;
                }
            }
            taken.await;
        }
    }

    /// Takes in what came, unless it is stopped.
    pub fn put(&self, deliveries: Vec<Delivery>) {
        if deliveries.is_empty() {
            return;
        }
        let mut state = self.state();
        if state.stopped {
            return;
        }
        state.bytes += deliveries.iter().map(|one| one.message.body.len()).sum::<usize>();
        state.waiting.extend(deliveries);
        drop(state);
        self.arrived.notify_one();
    }

    /// Waits for something that the broker should be told is settled; nothing once nobody wants
    /// any more messages.
    pub async fn settled(&self) -> Option<Bytes> {
        loop {
            let said = self.said.notified();
            {
                let mut state = self.state();
                if let Some(id) = state.settled.take() {
                    return Some(id);
                }
                if state.closed {
                    return None;
                }
            }
            said.await;
        }
    }

    /// The connection is lost: what was not settled comes again, so that it must not come from
    /// here as well.
    pub fn lost(&self, comes_again: bool) {
        let mut state = self.state();
        if comes_again {
            state.waiting.clear();
            state.bytes = 0;
        }
        state.unsettled.clear();
        state.settled = None;
    }

    /// Nothing will come any more.
    pub fn fail(&self, error: CarryError) {
        self.state().failed = Some(error);
        self.arrived.notify_one();
    }

    /// Lets nothing more in. What waits `comes_again` to somebody else, or is still to be received.
    pub fn stop(&self, comes_again: bool) {
        let mut state = self.state();
        state.stopped = true;
        if comes_again {
            state.waiting.clear();
            state.bytes = 0;
        }
        drop(state);
        self.taken.notify_one();
        self.arrived.notify_one();
    }

    /// Whether nothing more is let in.
    pub fn is_stopped(&self) -> bool {
        self.state().stopped
    }

    /// Nobody wants any more messages.
    pub fn close(&self) {
        self.state().closed = true;
        self.said.notify_one();
        self.taken.notify_one();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
