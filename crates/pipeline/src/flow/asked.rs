//! A part that is asked, and found out when it does not answer.

use std::time::Duration;

use groundrule_core::event::Event;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::overdue;
use super::stats::Stats;
use crate::part::{Part, PartError};

/// For how long a destination that does not answer is slow, and not away.
const SLOW: Duration = Duration::from_secs(10);

/// How long a destination may hang when the pipeline is to end.
const HANGS: Duration = Duration::from_secs(5);

/// What is wrong with whoever is slow.
pub const SILENT: &str = "it does not answer";

/// Waits for an answer, however long that takes; once it takes longer than usual, that is told.
pub async fn answered<T>(
    answer: impl Future<Output = T>,
    usual: Duration,
    slow: impl FnOnce(),
) -> T {
    tokio::pin!(answer);
    match timeout(usual, &mut answer).await {
        Ok(answer) => answer,
        Err(_) => {
            slow();
            answer.await
        }
    }
}

/// A part that is asked.
pub struct Asked {
    name: String,
    part: Box<dyn Part>,
    stats: Stats,
    ending: CancellationToken,
    /// Whether it has hung when the pipeline was to end: it is not asked any more.
    hangs: bool,
}

impl Asked {
    /// A part of this name; `ending` says that the pipeline is to end.
    pub fn new(name: String, part: Box<dyn Part>, stats: Stats, ending: CancellationToken) -> Self {
        Self { name, part, stats, ending, hangs: false }
    }

    /// Hands events to the part. One that hangs when the pipeline is to end is away, if they can
    /// wait on disk.
    ///
    /// # Errors
    /// As [`Part::take`].
    pub async fn take(
        &mut self,
        events: &[Event],
        can_wait: bool,
    ) -> Result<Vec<Event>, PartError> {
        let away = || Err(PartError::Away(SILENT.to_owned()));
        if self.hangs {
            return away();
        }
        let slow = || {
            if self.stats.trouble(&self.name, Some(SILENT)) {
                tracing::warn!(destination = %self.name, "does not answer; events wait");
            }
        };
        tokio::select! {
            taken = answered(self.part.take(events), SLOW, slow) => return taken,
            () = overdue(&self.ending, HANGS), if can_wait => {}
        }
        self.hangs = true;
        away()
    }

    /// Has the part do what time asks for.
    ///
    /// # Errors
    /// As [`Part::tick`].
    pub async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        self.part.tick().await
    }

    /// Has the part write out what it still holds.
    ///
    /// # Errors
    /// As [`Part::finish`].
    pub async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        self.part.finish().await
    }
}
