//! What every part has in common.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::Event;
use groundrule_database::Trouble;

/// The time, in seconds since 1970: handed down, so that tests can set it.
pub type Clock = Arc<dyn Fn() -> f64 + Send + Sync>;

/// How long a part may take to finish where it says nothing else.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a part could not do its work.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PartError {
    /// Something that it needs is away (a store, a server): the same events will be handed in
    /// again.
    #[error("{0}")]
    Away(String),
    /// It will not work however often it is tried.
    #[error("{0}")]
    Refused(String),
}

impl From<Trouble> for PartError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(words) => Self::Away(words),
            Trouble::Refused(words) => Self::Refused(words),
        }
    }
}

/// A part of the pipeline: status, metrics, alerts or callbacks.
///
/// A part runs in a task of its own with a bounded queue before it.
#[async_trait]
pub trait Part: Send {
    /// Takes events in, in their order, and returns when what it must remember of them is durable.
    /// What it returns is archived and routed from this part's place. It may be handed the same
    /// events again after an error or a crash, and does no harm then.
    ///
    /// # Errors
    /// When it could not.
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError>;

    /// Does what time asks for: is called about once a second. What it returns is archived and
    /// routed likewise.
    ///
    /// # Errors
    /// When it could not.
    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        Ok(Vec::new())
    }

    /// Writes out what it still holds, before the process ends.
    ///
    /// # Errors
    /// When it could not.
    async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        Ok(Vec::new())
    }

    /// How long [`finish`](Self::finish) may take: the process waits no longer.
    fn patience(&self) -> Duration {
        PATIENCE
    }
}
