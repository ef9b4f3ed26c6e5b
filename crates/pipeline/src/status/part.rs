//! The part of the pipeline that knows what is so now, and says what somebody should know.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::event::{Draft, Event, EventId, Kind, Severity};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Change, Row, StatusError, StatusStore};
use crate::part::{Clock, Part, PartError};

/// The origin of the alert events that are made here.
pub const ORIGIN: &str = "groundrule status";

/// How many bytes an alert may have though its event has fewer.
const SMALL: usize = 512 * 1024;

/// How far ahead a clock may be, in seconds: what is said to be so later than that is so now. Else
/// one event of a wrong clock, or in milliseconds, would make late ones of all that follow.
const AHEAD: f64 = 86_400.0;

/// Takes status and alert events in, and makes alert events of transitions and of everything that
/// is not OK.
pub struct StatusPart {
    store: Arc<dyn StatusStore>,
    clock: Clock,
    /// Since when it listens.
    begun: f64,
}

impl StatusPart {
    /// A part that keeps what is so in a store.
    #[must_use]
    pub fn new(store: Arc<dyn StatusStore>, clock: Clock) -> Self {
        let begun = clock();
        Self { store, clock, begun }
    }
}

#[async_trait]
impl Part for StatusPart {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        let now = (self.clock)();
        let told: Cow<'_, [Event]> = match events.iter().all(|e| tells(e) && !is_ahead(e, now)) {
            true => events.into(),
            false => events.iter().filter(|e| tells(e)).map(|e| timely(e, now)).collect(),
        };
        let changes = self.store.apply(&told).await?;
        let by = |change: &Change| told.get(change.by?);
        Ok(changes.iter().map(|change| alert(change, by(change))).collect())
    }

    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        let now = (self.clock)();
        // A clock that was set back does not keep anything from running out.
        self.begun = self.begun.min(now);
        let changes = self.store.expire(now, self.begun).await?;
        Ok(changes.iter().map(|change| alert(change, None)).collect())
    }

    async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        // Nothing ran out before all time; but what was returned last is noted as told.
        let changes = self.store.expire(f64::NEG_INFINITY, f64::NEG_INFINITY).await?;
        Ok(changes.iter().map(|change| alert(change, None)).collect())
    }
}

/// Whether an event tells what is so. Alerts that were made here come back where a route says so;
/// they tell nothing new.
fn tells(event: &Event) -> bool {
    match event.kind() {
        Kind::Status => true,
        Kind::Alert => event.origin() != ORIGIN,
        _ => false,
    }
}

fn is_ahead(event: &Event, now: f64) -> bool {
    event.time().is_some_and(|time| time > now + AHEAD)
}

/// An event that is not ahead of its time: of when it came, which its identity says, whenever it
/// comes again.
fn timely(event: &Event, now: f64) -> Event {
    if !is_ahead(event, now) {
        return event.clone();
    }
    let given = event.eventid().and_then(EventId::parse).map(EventId::seconds);
    // An identity that somebody else gave may say anything.
    let came = given.filter(|given| (0.0..AHEAD).contains(&(now - given))).unwrap_or(now);
    let mut value = event.value();
    value.insert("eventtime".to_owned(), came.into());
    let raw = serde_json::to_vec(&value).unwrap_or_default();
    Event::read(raw.into()).unwrap_or_else(|_| event.clone())
}

/// What somebody should know of a change.
fn alert(change: &Change, event: Option<&Event>) -> Event {
    let after = &change.after;
    let before = change.before.as_ref().map_or(Severity::Ok, |before| before.severity);
    let transition = before != after.severity;
    let (subject, name) = (&after.identity.subject, &after.identity.name);
    let mut draft = Draft::new(Kind::Alert, ORIGIN, subject, name, after.last)
        .severity(after.severity)
        .text(&after.text)
        .with("previous", change.before.as_ref().map_or(Value::Null, previous))
        .with("transition", transition)
        .with("since", after.since)
        .with("count", after.count)
        .with("eventid", after.eventid.as_str())
        .with("origin", after.origin.as_str());
    if change.heard < after.last {
        draft = draft.with("heard", change.heard);
    }
    if let Some(event) = event {
        for (name, value) in event.metrics() {
            draft = draft.metric(&name, value);
        }
        for (name, value) in event.tags() {
            draft = draft.tag(&name, value);
        }
        let extended: Extended = serde_json::from_slice(event.raw()).unwrap_or_default();
        draft = draft.with("event", extended.extended_data.unwrap_or_else(|| Map::new().into()));
    }
    // An alert is no larger than what it is made of, so that it passes where that passed.
    draft.at_most(event.map_or(SMALL, |event| event.raw().len().max(SMALL)))
}

/// What an event carries for machines; its other fields are passed over.
#[derive(Default, Deserialize)]
struct Extended {
    extended_data: Option<Value>,
}

fn previous(row: &Row) -> Value {
    json!({
        "severity": row.severity.number(),
        "since": row.since,
        "last": row.last,
        "count": row.count,
        "text": row.text,
    })
}

impl From<StatusError> for PartError {
    fn from(error: StatusError) -> Self {
        match error {
            StatusError::Away(words) => Self::Away(words),
            StatusError::Refused(words) => Self::Refused(words),
        }
    }
}
