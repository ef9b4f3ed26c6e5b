//! Events that are made here.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Event, Kind, Severity};

/// An event that is put together.
#[derive(Clone, Debug, Serialize)]
pub struct Draft {
    #[serde(skip_serializing_if = "Option::is_none")]
    eventid: Option<String>,
    name: String,
    subject: String,
    origin: String,
    #[serde(rename = "type")]
    kind: Kind,
    severity: u8,
    text: String,
    eventtime: f64,
    metrics: Map<String, Value>,
    tags: Map<String, Value>,
    extended_data: Map<String, Value>,
}

impl Draft {
    /// An event of `origin` about `subject` at a time in seconds since 1970.
    #[must_use]
    pub fn new(kind: Kind, origin: &str, subject: &str, name: &str, time: f64) -> Self {
        Self {
            eventid: None,
            name: name.to_owned(),
            subject: subject.to_owned(),
            origin: origin.to_owned(),
            kind,
            severity: 0,
            text: String::new(),
            eventtime: if time.is_finite() { time } else { 0.0 },
            metrics: Map::new(),
            tags: Map::new(),
            extended_data: Map::new(),
        }
    }

    /// How bad it is.
    #[must_use]
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity.number();
        self
    }

    /// What is so, in words.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// A figure; one that is not finite is left out.
    #[must_use]
    pub fn metric(mut self, name: &str, value: f64) -> Self {
        if value.is_finite() {
            self.metrics.insert(name.to_owned(), Value::from(value));
        }
        self
    }

    /// A tag.
    #[must_use]
    pub fn tag(mut self, name: &str, value: impl Into<String>) -> Self {
        self.tags.insert(name.to_owned(), Value::String(value.into()));
        self
    }

    /// Something for machines.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.extended_data.insert(name.to_owned(), value.into());
        self
    }

    /// The event. A draft without a subject is about `-`, one without a name is `-`.
    #[must_use]
    pub fn event(mut self) -> Event {
        for required in [&mut self.name, &mut self.subject] {
            if required.trim().is_empty() {
                "-".clone_into(required);
            }
        }
        let raw = serde_json::to_vec(&self).unwrap_or_default();
        Event::read(Bytes::from(raw)).expect("a draft is a valid event")
    }
}
