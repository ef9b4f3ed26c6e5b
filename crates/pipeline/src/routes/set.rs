//! What a rule changes of an event.

use bytes::Bytes;
use groundrule_core::event::{Draft, Event, Invalid, Kind};
use serde_json::{Map, Value};

/// The fields that become something else; null removes one. Tags are changed one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changes(Map<String, Value>);

impl Changes {
    /// Reads what a rule file says under `set`.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub(super) fn read(value: &Value) -> Result<Self, (String, String)> {
        let Value::Object(fields) = value else {
            return Err((format!("set is {value}"), "give fields and their values".to_owned()));
        };
        if fields.is_empty() {
            return Err(("set is empty".to_owned(), "name a field, or leave it out".to_owned()));
        }
        if fields.contains_key("eventid") {
            return Err((
                "set changes eventid".to_owned(),
                "leave it: the archive knows the event by it".to_owned(),
            ));
        }
        if fields.get("tags").is_some_and(|tags| !tags.is_object() && !tags.is_null()) {
            return Err((
                "set has tags that are no map".to_owned(),
                "give tags by name".to_owned(),
            ));
        }
        let changes = Self(fields.clone());
        // What spoils an event that has every field spoils them all.
        let sample = Draft::new(Kind::Status, "o", "s", "n", 0.0).metric("m", 0.0).event();
        match changes.apply(&sample) {
            Ok(_) => Ok(changes),
            Err(invalid) => Err((
                format!("set makes of every event one that is not valid: {invalid}"),
                "give another value".to_owned(),
            )),
        }
    }

    /// Changes an event.
    ///
    /// # Errors
    /// When that is no valid event.
    pub(super) fn apply(&self, event: &Event) -> Result<Event, Invalid> {
        let mut value = event.value();
        for (name, new) in &self.0 {
            match (name.as_str(), new) {
                ("tags", Value::Object(tags)) => merge(&mut value, tags),
                (_, Value::Null) => {
                    value.shift_remove(name);
                }
                _ => {
                    value.insert(name.clone(), new.clone());
                }
            }
        }
        let raw = serde_json::to_vec(&value)
            .map_err(|error| Invalid { reasons: vec![error.to_string()] })?;
        Event::read(Bytes::from(raw))
    }
}

fn merge(value: &mut Map<String, Value>, tags: &Map<String, Value>) {
    let old = value.entry("tags").or_insert_with(|| Value::Object(Map::new()));
    if !old.is_object() {
        *old = Value::Object(Map::new());
    }
    let Some(old) = old.as_object_mut() else { return };
    for (name, new) in tags {
        if new.is_null() {
            old.shift_remove(name);
        } else {
            old.insert(name.clone(), new.clone());
        }
    }
}
