//! Dead letters: what is no event, and what a destination will not have, with the reason.

use groundrule_core::event::{Draft, Event, Kind};

/// How much of what becomes a dead letter is kept.
const KEPT: usize = 64 << 10;

/// An event that a destination will not have, however often it is tried.
pub struct Refused<'r> {
    /// The event as it was sent.
    pub body: &'r [u8],
    /// Its identity; empty where it has none.
    pub eventid: &'r str,
    /// Who will not have it.
    pub destination: &'r str,
    /// Why.
    pub reason: &'r str,
}

impl Refused<'_> {
    /// The dead letter, of a host at a time, without an identity.
    #[must_use]
    pub fn letter(&self, host: &str, now: f64) -> Event {
        let text = format!("an event is refused for good: {}", self.reason);
        letter("groundrule pipeline", host, now)
            .text(text)
            .with("reason", self.reason)
            .with("destination", self.destination)
            .with("eventid", self.eventid)
            .with("size", self.body.len() as u64)
            .with("body", kept(self.body))
            .event()
    }
}

/// The beginning of a dead letter.
pub fn letter(origin: &str, host: &str, now: f64) -> Draft {
    Draft::new(Kind::Archive, origin, host, "dead.letter", now)
}

/// As much of a message as a dead letter keeps.
pub fn kept(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(KEPT)]).into_owned()
}
