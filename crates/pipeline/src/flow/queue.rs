//! Bounded queues before destinations, and receipts for what was put into them.

use groundrule_core::event::Event;
use tokio::sync::{mpsc, oneshot};

/// How many batches wait before a destination.
const WAITING: usize = 16;

/// Events for one destination, in their order.
pub struct Batch {
    /// The events, at least one.
    pub events: Vec<Event>,
    done: oneshot::Sender<()>,
}

impl Batch {
    /// The events, and what says that they are delivered: the far side has them, or they are safe
    /// on disk.
    pub fn split(self) -> (Vec<Event>, oneshot::Sender<()>) {
        (self.events, self.done)
    }
}

/// The end of a queue that events are put into.
#[derive(Clone)]
pub struct Queue {
    into: mpsc::Sender<Batch>,
}

/// The end of a queue that a destination takes from.
pub type Waiting = mpsc::Receiver<Batch>;

/// A queue.
pub fn queue() -> (Queue, Waiting) {
    let (into, waiting) = mpsc::channel(WAITING);
    (Queue { into }, waiting)
}

/// A destination has ended before it delivered.
#[derive(Debug, thiserror::Error)]
#[error("a destination ended before everything was delivered")]
pub struct Undelivered;

/// Comes true when everything that was put into queues together is delivered.
#[derive(Default)]
pub struct Receipt {
    parts: Vec<oneshot::Receiver<()>>,
}

impl Receipt {
    /// Waits.
    ///
    /// # Errors
    /// When a destination ended without having delivered.
    pub async fn wait(self) -> Result<(), Undelivered> {
        for part in self.parts {
            part.await.map_err(|_| Undelivered)?;
        }
        Ok(())
    }
}

impl Queue {
    /// Puts events into the queue as soon as there is room.
    ///
    /// # Errors
    /// When the destination has ended.
    pub async fn put(&self, events: Vec<Event>, receipt: &mut Receipt) -> Result<(), Undelivered> {
        let (done, part) = oneshot::channel();
        receipt.parts.push(part);
        self.into.send(Batch { events, done }).await.map_err(|_| Undelivered)
    }

    /// How many batches wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.into.max_capacity() - self.into.capacity()
    }
}
