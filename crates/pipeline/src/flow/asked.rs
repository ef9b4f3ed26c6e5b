//! A part that is asked, and found out when it does not answer.

use std::time::Duration;

use groundrule_core::event::Event;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::overdue;
use super::stats::Stats;
use crate::part::{Part, PartError};

/// For how long a destination that does not answer is slow, and not away.
const SLOW: Duration = Duration::from_secs(10);

/// How long a destination may hang when the pipeline is to end.
const HANGS: Duration = Duration::from_secs(5);

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
        let away = || Err(PartError::Away("it does not answer".to_owned()));
        if self.hangs {
            return away();
        }
        let taking = self.part.take(events);
        tokio::pin!(taking);
        let mut is_slow = false;
        loop {
            tokio::select! {
                taken = &mut taking => return taken,
                () = overdue(&self.ending, HANGS), if can_wait => break,
                () = sleep(SLOW), if !is_slow => {
                    is_slow = true;
                    if self.stats.trouble(&self.name, Some("it does not answer")) {
                        tracing::warn!(destination = %self.name, "does not answer; events wait");
                    }
                }
            }
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
