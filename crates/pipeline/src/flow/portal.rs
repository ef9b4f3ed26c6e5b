//! The door: what comes in is read, checked and given an identity.

use groundrule_core::delivery::Message;
use groundrule_core::event::Event;
use xxhash_rust::xxh3::xxh3_64;

use super::ids::Ids;
use super::letter::{Refused, kept, letter};
use crate::archive::Entry;
use crate::part::Clock;

/// The door of a pipeline.
pub struct Portal {
    ids: Ids,
    clock: Clock,
    host: String,
    max_message: usize,
}

/// What came in, sorted.
#[derive(Default)]
pub struct Read {
    /// Events, in their order.
    pub entries: Vec<Entry>,
    /// What is no event, with the reason: as archive events.
    pub dead: Vec<Event>,
}

impl Portal {
    /// A door that takes messages up to a size, on a host of this name.
    #[must_use]
    pub fn new(clock: Clock, host: String, max_message: usize) -> Self {
        Self { ids: Ids::new(clock.clone()), clock, host, max_message }
    }

    /// Reads messages.
    #[must_use]
    pub fn read(&self, messages: Vec<Message>) -> Read {
        let now = (self.clock)();
        let mut read = Read { entries: Vec::with_capacity(messages.len()), ..Read::default() };
        for message in messages {
            match self.event(&message) {
                Ok(event) => {
                    let named = event.eventid().is_some();
                    let hash = xxh3_64(&message.body);
                    let event = event.identified(|| self.ids.next(), now);
                    read.entries.push(Entry {
                        event,
                        hash,
                        redelivered: message.redelivered,
                        named,
                    });
                }
                Err(reason) => read.dead.push(self.dead_letter(&message, &reason, now)),
            }
        }
        read
    }

    fn event(&self, message: &Message) -> Result<Event, String> {
        let size = message.cut.unwrap_or(message.body.len() as u64);
        if message.cut.is_some() || size > self.max_message as u64 {
            return Err(format!("{size} bytes are too many: at most {}", self.max_message));
        }
        Event::read(message.body.clone()).map_err(|invalid| invalid.to_string())
    }

    fn dead_letter(&self, message: &Message, reason: &str, now: f64) -> Event {
        let size = message.cut.unwrap_or(message.body.len() as u64);
        let text = format!("a message is no event: {reason}");
        let letter = letter("groundrule portal", &self.host, now).text(text).with("reason", reason);
        let event = letter.with("size", size).with("body", kept(&message.body)).event();
        event.identified(|| self.ids.next(), now)
    }

    /// A dead letter of an event that a destination will not have, however often it is tried.
    #[must_use]
    pub fn refused(&self, event: &Event, destination: &str, reason: &str) -> Event {
        let now = (self.clock)();
        let eventid = event.eventid().unwrap_or_default();
        let refused = Refused { body: event.raw(), eventid, destination, reason };
        refused.letter(&self.host, now).identified(|| self.ids.next(), now)
    }

    /// Gives an identity to an event that was made here.
    #[must_use]
    pub fn own(&self, event: Event) -> Entry {
        let hash = xxh3_64(event.raw());
        let named = event.eventid().is_some();
        let event = event.identified(|| self.ids.next(), (self.clock)());
        Entry { event, hash, redelivered: false, named }
    }
}
