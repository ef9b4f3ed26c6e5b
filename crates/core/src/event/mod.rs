//! Events: what monitoring is told, as one JSON object each.
//!
//! An [`Event`] keeps the text that it was read from and knows where its fields are, so that an
//! event which is only passed on is never written anew, and fields that nobody here knows stay.

mod draft;
mod id;
mod read;
mod values;

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};

pub use draft::{Draft, depth};
pub use id::EventId;
pub use read::{Invalid, MAX_DEPTH};
pub use values::{Kind, Severity};

/// A valid event. A copy of it is the same event in memory.
#[derive(Clone, Debug)]
pub struct Event(Arc<Whole>);

#[derive(Clone, Debug)]
struct Whole {
    raw: Bytes,
    head: Head,
}

/// The fields that decide what becomes of an event.
#[derive(Clone, Debug)]
struct Head {
    name: Piece,
    subject: Piece,
    origin: Option<Piece>,
    text: Option<Piece>,
    eventid: Option<Piece>,
    kind: Kind,
    severity: Severity,
    time: Option<f64>,
    ttl: Option<f64>,
    /// The text of the object `metrics`, if it has members.
    metrics: Option<Piece>,
    /// The text of the object `tags`, if it has members.
    tags: Option<Piece>,
}

/// A string: where it stands in the text, or its own copy where the text has it escaped.
#[derive(Clone, Debug)]
enum Piece {
    At { start: u32, len: u32 },
    Own(Box<str>),
}

impl Piece {
    fn of<'t>(&'t self, raw: &'t [u8]) -> &'t str {
        match self {
            Self::Own(text) => text,
            Self::At { start, len } => {
                let (start, len) = (*start as usize, *len as usize);
                raw.get(start..start + len)
                    .and_then(|part| std::str::from_utf8(part).ok())
                    .unwrap_or_default()
            }
        }
    }

    /// From `start` to `end` of a text of an event, which is smaller than 4 GiB.
    fn between(start: usize, end: usize) -> Option<Self> {
        let start = u32::try_from(start).ok()?;
        Some(Self::At { start, len: u32::try_from(end).ok()? - start })
    }

    fn shift(&mut self, by: u32) {
        if let Self::At { start, .. } = self {
            *start += by;
        }
    }
}

impl Head {
    /// The same where so many bytes were put before the first field.
    fn shift(&mut self, by: u32) {
        let Self { name, subject, origin, text, eventid, metrics, tags, .. } = self;
        name.shift(by);
        subject.shift(by);
        let others = [origin, text, eventid, metrics, tags];
        others.into_iter().flatten().for_each(|piece| piece.shift(by));
    }
}

impl Event {
    /// Its name: what is observed, such as `load` or `policy.mysql-zones`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.head.name.of(&self.0.raw)
    }

    /// Whom it is about, such as a machine's name. Subject and name are the event's identity.
    #[must_use]
    pub fn subject(&self) -> &str {
        self.0.head.subject.of(&self.0.raw)
    }

    /// Who observed it; empty if it does not say.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.head.origin.as_ref().map_or("", |piece| piece.of(&self.0.raw))
    }

    /// What was observed, in words; empty if it does not say.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.head.text.as_ref().map_or("", |piece| piece.of(&self.0.raw))
    }

    /// Which kind of event it is.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.head.kind
    }

    /// How bad it is; OK where it does not say and need not.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.0.head.severity
    }

    /// When it happened, in seconds since 1970; none before the portal gave it one.
    #[must_use]
    pub fn time(&self) -> Option<f64> {
        self.0.head.time
    }

    /// For how many seconds from its time it counts, if it says so: after that nothing is known.
    #[must_use]
    pub fn ttl(&self) -> Option<f64> {
        self.0.head.ttl
    }

    /// Its identity, 24 hexadecimal digits; none before the portal gave it one.
    #[must_use]
    pub fn eventid(&self) -> Option<&str> {
        self.0.head.eventid.as_ref().map(|piece| piece.of(&self.0.raw))
    }

    /// Whether it has metrics.
    #[must_use]
    pub fn has_metrics(&self) -> bool {
        self.0.head.metrics.is_some()
    }

    /// Its metrics by name, in the order of the text.
    #[must_use]
    pub fn metrics(&self) -> Vec<(String, f64)> {
        let metrics = self.0.head.metrics.as_ref().map(|piece| piece.of(&self.0.raw));
        let members: Map<String, Value> =
            metrics.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        members.into_iter().filter_map(|(name, value)| Some((name, value.as_f64()?))).collect()
    }

    /// Its tags by name; what is no string is written as JSON.
    #[must_use]
    pub fn tags(&self) -> Vec<(String, String)> {
        let tags = self.0.head.tags.as_ref().map(|piece| piece.of(&self.0.raw));
        let members: Map<String, Value> =
            tags.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let text = |value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        members.into_iter().map(|(name, value)| (name, text(value))).collect()
    }

    /// Its metrics as the text has them, a JSON object with members; none if it has no metrics.
    #[must_use]
    pub fn metrics_json(&self) -> Option<&str> {
        self.0.head.metrics.as_ref().map(|piece| piece.of(&self.0.raw))
    }

    /// Its tags as the text has them, a JSON object with members; none if it has no tags.
    #[must_use]
    pub fn tags_json(&self) -> Option<&str> {
        self.0.head.tags.as_ref().map(|piece| piece.of(&self.0.raw))
    }

    /// The whole event as JSON, on one line, without a line feed.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.0.raw
    }

    /// The whole event, every field of it.
    #[must_use]
    pub fn value(&self) -> Map<String, Value> {
        serde_json::from_slice(&self.0.raw).unwrap_or_default()
    }

    /// The same event with an identity and a time, where it has none.
    #[must_use]
    pub fn identified(mut self, id: impl FnOnce() -> EventId, now: f64) -> Self {
        use std::io::Write as _;
        const ROOM: usize = 96;
        if self.0.head.eventid.is_some() && self.0.head.time.is_some() {
            return self;
        }
        let Whole { raw: bare, head } = Arc::make_mut(&mut self.0);
        let mut raw = Vec::with_capacity(bare.len() + ROOM);
        raw.push(b'{');
        let mut given = None;
        if head.eventid.is_none() {
            raw.extend_from_slice(b"\"eventid\":\"");
            let start = raw.len();
            raw.extend_from_slice(&id().digits());
            given = Piece::between(start, raw.len());
            raw.extend_from_slice(b"\",");
        }
        if head.time.is_none() {
            // Writing to memory does not fail.
            let _ = write!(raw, "\"eventtime\":{now},");
            head.time = Some(now);
        }
        let added = raw.len() - 1;
        raw.extend_from_slice(&bare[1..]);
        head.shift(u32::try_from(added).unwrap_or_default());
        if given.is_some() {
            head.eventid = given;
        }
        *bare = raw.into();
        self
    }
}
