//! How messages come in and go out: the ports of everything that carries events.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;

use crate::event::EventId;

/// Something that came in, or that goes out.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The content: one event as JSON, or whatever came instead.
    pub body: Bytes,
    /// Whether it may have come before: its broker has no acknowledgement of an earlier delivery.
    pub redelivered: bool,
    /// How many bytes it had, where it was too large and `body` is only its beginning.
    pub cut: Option<u64>,
    /// Made of what its broker calls it: the same whenever it comes, and of no other message. None
    /// where the broker has no such name.
    pub identity: Option<EventId>,
    /// When its broker took it, in seconds since 1970, where it says so.
    pub time: Option<f64>,
}

impl Message {
    /// A message that goes out.
    #[must_use]
    pub fn new(body: Bytes) -> Self {
        Self { body, ..Self::default() }
    }
}

/// Why nothing can be carried.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CarryError {
    /// The far side is away or slow; trying again may help.
    #[error("{0}")]
    Away(String),
    /// It will not work however often it is tried. Where a message is sent: this one is never taken.
    #[error("{0}")]
    Refused(String),
}

/// Whether a source can be reached: shared between it and whoever shows it.
#[derive(Clone, Debug, Default)]
pub struct Health(Arc<Mutex<Option<String>>>);

impl Health {
    /// It is away, and why.
    pub fn fails(&self, why: impl Into<String>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(why.into());
    }

    /// All is well.
    pub fn works(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Why it is away, if it is.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Where messages come from.
///
/// A source numbers its messages from 1. What was received and not settled comes again, to this
/// process or another, when the source can do that.
#[async_trait]
pub trait Source: Send {
    /// Waits for messages and takes at most `max`; an empty list at the end of the source. It
    /// reconnects by itself. May be dropped while it waits: nothing is lost by that.
    ///
    /// # Errors
    /// When it will not work again.
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError>;

    /// Says that all messages up to this number, the first one being 1, are dealt with.
    ///
    /// # Errors
    /// When that cannot be said; the messages may come again.
    async fn settle(&mut self, upto: u64) -> Result<(), CarryError>;

    /// Whether it can be reached, now and later.
    fn health(&self) -> Health {
        Health::default()
    }

    /// Takes nothing in any more. Returns whether messages came in that nobody would send again:
    /// they are still to be received, and the source ends after them.
    fn stop(&mut self) -> bool {
        false
    }

    /// Takes leave, and returns when the far side knows of everything that was settled and has back
    /// what was not, or cannot be told.
    async fn close(&mut self) {}
}

/// Where messages go.
#[async_trait]
pub trait Sink: Send {
    /// Sends messages in their order, and returns when the far side has all of them. It connects
    /// anew where it must. After an error any of them may have arrived, and all may be sent again.
    ///
    /// # Errors
    /// When the far side does not have them all.
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError>;
}

/// Messages that wait on disk, in their order, for a far side that is away.
pub trait Backlog: Send {
    /// Adds messages at the end, and returns when they will be there after a crash.
    ///
    /// # Errors
    /// When the disk does not take them all; none is added then.
    fn append(&mut self, messages: &[Message]) -> Result<(), CarryError>;

    /// The first messages, at most `max`.
    ///
    /// # Errors
    /// When they cannot be read.
    fn first(&mut self, max: usize) -> Result<Vec<Message>, CarryError>;

    /// Forgets the first `n` messages.
    ///
    /// # Errors
    /// When that cannot be written down; they will come again.
    fn forget(&mut self, n: usize) -> Result<(), CarryError>;

    /// How many wait.
    fn waiting(&self) -> u64;

    /// Takes over what processes left for the same far side that are gone.
    ///
    /// # Errors
    /// When it cannot be had; it stays where it is.
    fn adopt(&mut self) -> Result<(), CarryError> {
        Ok(())
    }
}
