//! How events and time change a status: the same for every store.

use std::time::Duration;

use groundrule_core::event::{Event, Severity};

use super::{Change, Identity, Row};

/// A row with what it was before time ran out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// As everybody sees it.
    pub row: Row,
    /// What was heard last, where the row says that nothing was heard for too long.
    pub heard: Option<Heard>,
}

/// What the last event said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Heard {
    pub severity: Severity,
    pub since: f64,
    pub last: f64,
    pub count: u64,
}

/// Of two that were observed at one time, the worse counts, whichever comes first.
fn rank(severity: Severity) -> u8 {
    match severity {
        Severity::Ok => 0,
        Severity::Warning => 1,
        Severity::Unknown => 2,
        Severity::Critical => 3,
    }
}

/// The entry after an event; none if it is late, or came before.
pub(super) fn moved(entry: Option<&Entry>, event: &Event) -> Option<Entry> {
    let time = event.time().unwrap_or_default();
    let severity = event.severity();
    let heard = entry.map(|entry| entry.heard.unwrap_or_else(|| Heard::of(&entry.row)));
    let newer = heard.is_none_or(|heard| {
        time > heard.last || time == heard.last && rank(severity) > rank(heard.severity)
    });
    if !newer {
        return None;
    }
    // What came before time ran out, and only arrived after that, is as if it had not run out.
    let shown = entry.map(|entry| Heard::of(&entry.row)).filter(|shown| time > shown.last);
    let (since, count) = match shown.or(heard) {
        Some(before) if before.severity == severity => (before.since, before.count + 1),
        _ => (time, 1),
    };
    let ok = severity == Severity::Ok;
    let before = entry.map(|entry| &entry.row).filter(|_| !ok);
    let row = Row {
        identity: identity(event),
        severity,
        since,
        last: time,
        count,
        text: event.text().to_owned(),
        origin: event.origin().to_owned(),
        eventid: event.eventid().unwrap_or_default().to_owned(),
        ttl: event.ttl(),
        acknowledged: before.and_then(|row| row.acknowledged.clone()),
        suppressed: before.map(|row| row.suppressed.clone()).unwrap_or_default(),
        flapping: entry.is_some_and(|entry| entry.row.flapping),
    };
    Some(Entry { row, heard: None })
}

impl Entry {
    /// When nothing will be known any more, if nothing is heard until then.
    pub fn due(&self) -> Option<f64> {
        match self.heard {
            None => self.row.ttl.map(|ttl| self.row.last + ttl),
            Some(_) => None,
        }
    }

    /// The entry when that time is over.
    pub fn expired(&self, now: f64) -> Option<Self> {
        let due = self.due().filter(|due| *due < now)?;
        let heard = Heard::of(&self.row);
        let unknown = Severity::Unknown;
        let (since, count) = match heard.severity == unknown {
            true => (heard.since, heard.count + 1),
            false => (due, 1),
        };
        let text = format!("not heard of for {}", seconds(due - heard.last));
        let row = Row { severity: unknown, since, count, last: due, text, ..self.row.clone() };
        Some(Self { row, heard: Some(heard) })
    }

    /// What is told of the step to the next entry.
    pub fn change(before: Option<&Self>, after: &Self) -> Change {
        Change { before: before.map(|entry| entry.row.clone()), after: after.row.clone() }
    }
}

impl Heard {
    fn of(row: &Row) -> Self {
        Self { severity: row.severity, since: row.since, last: row.last, count: row.count }
    }
}

/// Of whom and what an event tells.
pub(super) fn identity(event: &Event) -> Identity {
    Identity { subject: event.subject().to_owned(), name: event.name().to_owned() }
}

fn seconds(seconds: f64) -> String {
    let duration = Duration::try_from_secs_f64(seconds.round().max(1.0)).unwrap_or(Duration::MAX);
    humantime::format_duration(duration).to_string()
}
