//! The door: what comes in is read, checked and given an identity.

use groundrule_core::delivery::Message;
use groundrule_core::event::{Event, EventId};
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
    pub dead: Vec<Entry>,
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
                    let identity = message.identity.filter(|_| !named);
                    read.entries
                        .push(Entry { named, ..self.entry(event, &message, identity, now) });
                }
                Err(reason) => read.dead.push(self.dead_letter(&message, &reason, now)),
            }
        }
        read
    }

    /// What is archived of a message: under the identity of the event if it has one, else of the
    /// message, so that it has the same one whenever it comes.
    fn entry(&self, event: Event, message: &Message, identity: Option<EventId>, now: f64) -> Entry {
        let time = message.time.unwrap_or(now);
        Entry {
            hash: identity.map_or_else(|| xxh3_64(&message.body), |id| xxh3_64(&id.0)),
            event: event.identified(|| identity.unwrap_or_else(|| self.ids.next()), time),
            unique: identity.is_some(),
            redelivered: message.redelivered,
            named: false,
        }
    }

    fn event(&self, message: &Message) -> Result<Event, String> {
        let size = message.cut.unwrap_or(message.body.len() as u64);
        if message.cut.is_some() || size > self.max_message as u64 {
            return Err(format!("{size} bytes are too many: at most {}", self.max_message));
        }
        Event::read(message.body.clone()).map_err(|invalid| invalid.to_string())
    }

    fn dead_letter(&self, message: &Message, reason: &str, now: f64) -> Entry {
        let size = message.cut.unwrap_or(message.body.len() as u64);
        let text = format!("a message is no event: {reason}");
        let letter = letter("groundrule portal", &self.host, now).text(text).with("reason", reason);
        let letter = letter.with("size", size).with("body", kept(&message.body)).event();
        let of = |id: EventId| EventId::of(message.time.unwrap_or(now), &[&id.0, b"dead letter"]);
        self.entry(letter, message, message.identity.map(of), now)
    }

    /// A dead letter of an event that a destination will not have, however often it is tried.
    #[must_use]
    pub fn refused(&self, event: &Event, destination: &str, reason: &str) -> Entry {
        let now = (self.clock)();
        let eventid = event.eventid().unwrap_or_default();
        let refused = Refused { body: event.raw(), eventid, destination, reason };
        // The event may come again, after a crash: its letter is the same then.
        let of = [eventid.as_bytes(), destination.as_bytes(), event.raw()];
        let id = EventId::of(event.time().unwrap_or(now), &of);
        Entry {
            hash: xxh3_64(&id.0),
            event: refused.letter(&self.host, now).identified(|| id, now),
            unique: false,
            redelivered: false,
            named: true,
        }
    }

    /// Gives an identity to an event that was made here.
    #[must_use]
    pub fn own(&self, event: Event) -> Entry {
        let hash = xxh3_64(event.raw());
        let named = event.eventid().is_some();
        let event = event.identified(|| self.ids.next(), (self.clock)());
        Entry { event, hash, unique: false, redelivered: false, named }
    }
}
