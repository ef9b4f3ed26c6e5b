//! Events that are made here.

use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Event, Kind, MAX_DEPTH, Severity};

/// How many bytes of a name are kept; three such fit into an event, however they are written.
const LONGEST: usize = 64 << 20;

/// What an event that lacks something says of that, in its `extended_data`.
const LEFT_OUT: &str = "left_out";

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

    /// The event. A draft without a subject is about `-`, one without a name is `-`. What is nested
    /// too deeply is left out, as [`at_most`](Self::at_most) does it.
    #[must_use]
    pub fn event(self) -> Event {
        self.at_most(u32::MAX as usize)
    }

    /// The event, in no more bytes than that as far as its names allow: what is nested too deeply,
    /// or makes it too large, is left out, the largest first and of the text its end, and `left_out`
    /// in `extended_data` names it.
    #[must_use]
    pub fn at_most(mut self, bytes: usize) -> Event {
        for required in [&mut self.name, &mut self.subject] {
            if required.trim().is_empty() {
                "-".clone_into(required);
            }
        }
        for name in [&mut self.name, &mut self.subject, &mut self.origin] {
            name.truncate(name.floor_char_boundary(LONGEST));
        }
        let too_deep = |value: &Value| depth(value) + 2 > MAX_DEPTH;
        let deep = self.extended_data.iter().filter(|(_, value)| too_deep(value));
        for name in deep.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.leave_out_data(&name);
        }
        let mut raw = written(&self);
        while raw.len() > bytes && self.leave_out_largest() {
            raw = written(&self);
        }
        Event::read(Bytes::from(raw)).expect("a draft that is neither deep nor large is an event")
    }

    /// Leaves out what takes the most room; returns whether there was anything.
    fn leave_out_largest(&mut self) -> bool {
        let data = self.extended_data.iter().filter(|(name, _)| *name != LEFT_OUT);
        let data = data.map(|(name, value)| (written(value).len(), name.clone()));
        let largest = data.max().unwrap_or_default();
        let fields = [
            (if self.text.is_empty() { 0 } else { written(&self.text).len() }, "text"),
            (if self.metrics.is_empty() { 0 } else { written(&self.metrics).len() }, "metrics"),
            (if self.tags.is_empty() { 0 } else { written(&self.tags).len() }, "tags"),
        ];
        let field = fields.into_iter().max().unwrap_or_default();
        if largest.0 == 0 && field.0 == 0 {
            // Nothing but its names is left, and there is no room to say so.
            return self.extended_data.shift_remove(LEFT_OUT).is_some();
        }
        if largest.0 >= field.0 {
            self.leave_out_data(&largest.1);
            return true;
        }
        match field.1 {
            // Its beginning says the most.
            "text" => self.text.truncate(self.text.floor_char_boundary(self.text.len() / 2)),
            "metrics" => self.metrics.clear(),
            _ => self.tags.clear(),
        }
        self.note(field.1);
        true
    }

    fn leave_out_data(&mut self, name: &str) {
        self.extended_data.shift_remove(name);
        self.note(&format!("extended_data.{name}"));
    }

    /// Says that something is left out.
    fn note(&mut self, what: &str) {
        let noted = self.extended_data.entry(LEFT_OUT).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(noted) = noted
            && !noted.iter().any(|known| known == what)
        {
            noted.push(what.into());
        }
    }
}

fn written(value: &impl Serialize) -> Vec<u8> {
    // What is written here has only texts as keys.
    serde_json::to_vec(value).unwrap_or_default()
}

/// How many objects and arrays stand inside each other.
#[must_use]
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(values) => 1 + values.iter().map(depth).max().unwrap_or_default(),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or_default(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
    }

    fn draft() -> Draft {
        Draft::new(Kind::Archive, "o", "s", "n", 1.0).text("t").with("small", 1)
    }

    #[test]
    fn what_is_too_deep_is_left_out() {
        let data = |levels| {
            let event = draft().with("deep", nested(levels)).event();
            event.value()["extended_data"].clone()
        };
        assert_eq!(data(98)["deep"], nested(98));
        assert_eq!(data(99), serde_json::json!({"small": 1, "left_out": ["extended_data.deep"]}));
    }

    #[test]
    fn what_is_too_large_is_left_out_the_largest_first() {
        let large = || draft().tag("tag", "t".repeat(300)).with("large", "l".repeat(500));
        let data = |event: &Event| event.value()["extended_data"].clone();
        let event = large().at_most(600);
        assert_eq!(event.tags().len(), 1);
        let left_out = serde_json::json!({"small": 1, "left_out": ["extended_data.large"]});
        assert_eq!(data(&event), left_out);
        let event = large().at_most(250);
        assert!(event.tags().is_empty() && event.raw().len() <= 250);
        // What has no room at all is as small as can be.
        let event = large().at_most(0);
        assert_eq!((event.subject(), event.text()), ("s", ""));
        assert_eq!(data(&event), Value::Object(Map::new()));
        let text = Draft::new(Kind::Archive, "o", "s", "n", 1.0).text("é".repeat(999)).at_most(999);
        assert!(text.text().len() > 300 && text.raw().len() <= 999);
    }
}
