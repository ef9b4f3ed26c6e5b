//! A destination that only carries: a queue of a broker, a file, another pipeline.

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use groundrule_core::event::Event;

use crate::part::{Part, PartError};

/// Sends events as they are.
pub struct Sending(pub Box<dyn Sink>);

#[async_trait]
impl Part for Sending {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        let messages: Vec<_> = events.iter().map(|event| Message::new(event.raw().clone())).collect();
        self.0.send(&messages).await.map(|()| Vec::new()).map_err(|error| match error {
            CarryError::Away(why) => PartError::Away(why),
            CarryError::Refused(why) => PartError::Refused(why),
        })
    }
}
