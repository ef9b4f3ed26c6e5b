//! Sends the event to any transport.

use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use groundrule_core::event::Event;
use serde::Deserialize;
use tokio::sync::Mutex;
use tokio::time::timeout;

use super::{Action, ActionError, Means, Outcome, Plan, Sinks};

/// The options of `queue`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Queue {
    /// The address of a transport.
    to: String,
}

impl std::fmt::Debug for Queue {
    /// An address can have a password in it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

impl Plan for Queue {
    fn build(&self, means: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        // A wrong address is told now, and not at the cost of every event.
        let sink = (means.sinks)(&self.to).map_err(told)?;
        let send = Send {
            to: self.to.clone(),
            sinks: means.sinks.clone(),
            sink: Mutex::new(Some(sink)),
            limit,
        };
        Ok(Box::new(send))
    }
}

struct Send {
    to: String,
    sinks: Sinks,
    /// None before the first event, and after something went wrong.
    sink: Mutex<Option<Box<dyn Sink>>>,
    limit: Duration,
}

#[async_trait]
impl Action for Send {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        let mut place = self.sink.lock().await;
        let mut sink = match place.take() {
            Some(sink) => sink,
            None => (self.sinks)(&self.to).map_err(told)?,
        };
        let messages = [Message::new(event.raw().clone())];
        timeout(self.limit, sink.send(&messages))
            .await
            .map_err(|_| ActionError::away("the queue did not take it in time"))?
            .map_err(told)?;
        *place = Some(sink);
        Ok(Outcome::default())
    }
}

fn told(error: CarryError) -> ActionError {
    match error {
        CarryError::Away(reason) => ActionError::away(reason),
        CarryError::Refused(reason) => ActionError::refused(reason),
    }
}
