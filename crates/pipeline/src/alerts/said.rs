//! What an event says of its place among others.

use groundrule_core::event::Event;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use crate::status;

/// What an event says of its place among others.
pub(super) struct Said {
    /// What tells it from others of its time.
    pub(super) id: String,
    /// Which of two events is newer: the greater one.
    pub(super) order: f64,
    /// Whether the status knew nothing before.
    pub(super) is_first: bool,
}

impl Said {
    /// What an event of a time says.
    pub(super) fn of(event: &Event, time: f64) -> Self {
        let value = event.value();
        let data = value.get("extended_data").unwrap_or(&Value::Null);
        // Those that are made of a status have its identity in them: they may be made a second time
        // after a crash, with another identity of their own.
        let id = match data["eventid"].as_str().or(event.eventid()) {
            Some(id) => format!("{id} {}", event.severity()),
            None => format!("{:016x}", xxh3_64(event.raw())),
        };
        if event.origin() != status::ORIGIN {
            return Self { id, order: time, is_first: false };
        }
        // When a status runs out, what is heard later may have happened before that.
        let order = data["heard"].as_f64().unwrap_or(time);
        // With more than one it may be told a second time, after a crash.
        let is_first =
            data.get("previous").is_some_and(Value::is_null) && data["count"].as_u64() == Some(1);
        Self { id, order, is_first }
    }
}
