//! Runs actions beside each other, only so many at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use groundrule_core::event::Event;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};

use super::{Action, ActionError, Outcome};

/// How long actions still begin when the process is to end.
const BEGUN: Duration = Duration::from_secs(5);

/// How much longer an action may take than its limit, until its end is written down.
const MORE: Duration = Duration::from_secs(2);

/// How an action ended.
pub(crate) type Ending = Result<Outcome, ActionError>;

/// Actions that run, each under the number of its job.
#[derive(Default)]
pub(crate) struct Crew {
    tasks: JoinSet<Option<Ending>>,
    jobs: HashMap<Id, i64>,
    /// Whether no more begin.
    closed: Arc<AtomicBool>,
}

impl Crew {
    /// From when on actions no more begin, if the process is to end now.
    pub(crate) fn closing() -> Instant {
        Instant::now() + BEGUN
    }

    /// How long it takes until all have ended then, if none takes longer than `limit`.
    pub(crate) fn patience(limit: Duration) -> Duration {
        BEGUN + limit + MORE
    }

    /// Starts an action as soon as the gate lets it through.
    pub(crate) fn start(
        &mut self,
        job: i64,
        action: Arc<dyn Action>,
        event: Event,
        gate: Arc<Semaphore>,
    ) {
        let closed = Arc::clone(&self.closed);
        let task = self.tasks.spawn(async move {
            // A gate is never closed.
            let _pass = gate.acquire_owned().await;
            if closed.load(Ordering::Relaxed) {
                return None;
            }
            Some(action.run(&event).await)
        });
        self.jobs.insert(task.id(), job);
    }

    /// The next action that has ended already.
    pub(crate) fn ended(&mut self) -> Option<(i64, Ending)> {
        let ended = self.tasks.try_join_next_with_id()?;
        let (job, ending) = self.told(ended);
        // What has not begun only ends where that is waited for.
        Some((job, ending?))
    }

    /// Waits for the next action to end; none if nothing runs.
    pub(crate) async fn next(&mut self) -> Option<(i64, Ending)> {
        let (job, ending) = self.last(None).await?;
        Some((job, ending?))
    }

    /// The same before the process ends: those that have not begun at a time do not, and have no
    /// ending.
    pub(crate) async fn last(&mut self, until: Option<Instant>) -> Option<(i64, Option<Ending>)> {
        if let Some(until) = until.filter(|until| Instant::now() < *until)
            && let Ok(ended) = timeout_at(until, self.tasks.join_next_with_id()).await
        {
            return Some(self.told(ended?));
        }
        self.closed.store(until.is_some(), Ordering::Relaxed);
        let ended = self.tasks.join_next_with_id().await;
        if ended.is_none() {
            self.closed.store(false, Ordering::Relaxed);
        }
        Some(self.told(ended?))
    }

    fn told(&mut self, ended: Result<(Id, Option<Ending>), JoinError>) -> (i64, Option<Ending>) {
        let (id, ending) = match ended {
            Ok(ended) => ended,
            Err(error) => {
                (error.id(), Some(Err(ActionError::refused(format!("it broke: {error}")))))
            }
        };
        (self.jobs.remove(&id).unwrap_or_default(), ending)
    }
}
