//! Runs actions beside each other, only so many at once.

use std::collections::HashMap;
use std::sync::Arc;

use groundrule_core::event::Event;
use tokio::sync::Semaphore;
use tokio::task::{Id, JoinError, JoinSet};

use super::{Action, ActionError, Outcome};

/// How an action ended.
pub(crate) type Ending = Result<Outcome, ActionError>;

/// Actions that run, each under the number of its job.
#[derive(Default)]
pub(crate) struct Crew {
    tasks: JoinSet<Ending>,
    jobs: HashMap<Id, i64>,
}

impl Crew {
    /// Starts an action as soon as the gate lets it through.
    pub(crate) fn start(
        &mut self,
        job: i64,
        action: Arc<dyn Action>,
        event: Event,
        gate: Arc<Semaphore>,
    ) {
        let task = self.tasks.spawn(async move {
            // A gate is never closed.
            let _pass = gate.acquire_owned().await;
            action.run(&event).await
        });
        self.jobs.insert(task.id(), job);
    }

    /// The next action that has ended already.
    pub(crate) fn ended(&mut self) -> Option<(i64, Ending)> {
        let ended = self.tasks.try_join_next_with_id()?;
        Some(self.told(ended))
    }

    /// Waits for the next action to end; none if nothing runs.
    pub(crate) async fn next(&mut self) -> Option<(i64, Ending)> {
        let ended = self.tasks.join_next_with_id().await?;
        Some(self.told(ended))
    }

    fn told(&mut self, ended: Result<(Id, Ending), JoinError>) -> (i64, Ending) {
        let (id, ending) = match ended {
            Ok(ended) => ended,
            Err(error) => (error.id(), Err(ActionError::refused(format!("it broke: {error}")))),
        };
        (self.jobs.remove(&id).unwrap_or_default(), ending)
    }
}
