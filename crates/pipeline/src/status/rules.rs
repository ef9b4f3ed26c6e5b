//! How events and time change a status: the same for every store.

use std::time::Duration;

use groundrule_core::event::{Event, Severity};
use serde::{Deserialize, Serialize};

use super::{Change, Identity, Row};

/// A row with what it was before time ran out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    /// As everybody sees it.
    pub row: Row,
    /// What was heard last, where the row says that nothing was heard for too long.
    pub heard: Option<Heard>,
    /// What was so before the severity changed, as long as it is not certain that this was told.
    pub untold: Option<Untold>,
}

/// What was so before: nothing, if there was no row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Untold {
    pub before: Option<(Heard, String)>,
}

/// What the last event said.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Heard {
    #[serde(with = "number")]
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

/// What an event that moved an entry leaves to be told: every change of severity, and everything
/// that is not OK.
pub(super) type Told = Option<Box<Change>>;

/// Takes an event in; none if it is late, or came before.
pub(super) fn hear(place: &mut Option<Entry>, event: &Event) -> Option<Told> {
    match place {
        Some(entry) => entry.hear(event),
        None => Some(place.insert(Entry::first(event)).begun()),
    }
}

impl Entry {
    /// The entry that a first event makes.
    pub fn first(event: &Event) -> Self {
        let severity = event.severity();
        let time = event.time().unwrap_or_default();
        let row = Row {
            identity: identity(event),
            severity,
            since: time,
            last: time,
            count: 1,
            text: event.text().to_owned(),
            origin: event.origin().to_owned(),
            eventid: event.eventid().unwrap_or_default().to_owned(),
            ttl: event.ttl(),
            acknowledged: None,
            suppressed: Vec::new(),
            flapping: false,
        };
        Self { row, heard: None, untold: untold(None, severity) }
    }

    /// What is told of an entry's beginning.
    pub fn begun(&self) -> Told {
        let told = self.row.severity != Severity::Ok;
        told.then(|| Box::new(self.came_from(None)))
    }

    /// Takes an event in; none if it is late, or came before.
    pub fn hear(&mut self, event: &Event) -> Option<Told> {
        let time = event.time().unwrap_or_default();
        let severity = event.severity();
        let shown = Heard::of(&self.row);
        let heard = self.heard.unwrap_or(shown);
        let newer =
            time > heard.last || time == heard.last && rank(severity) > rank(heard.severity);
        if !newer {
            return None;
        }
        // What came before time ran out, and only arrived after that, is as if it had not run out.
        let before = if time > shown.last { shown } else { heard };
        let (since, count) = match before.severity == severity {
            true => (before.since, before.count + 1),
            false => (time, 1),
        };
        let told = severity != Severity::Ok || shown.severity != severity;
        let before = told.then(|| self.row.clone());
        if shown.severity != severity {
            self.untold = untold(Some(self), severity);
        }
        self.heard = None;
        let row = &mut self.row;
        (row.severity, row.since, row.last, row.count) = (severity, since, time, count);
        row.ttl = event.ttl();
        for (ours, theirs) in [
            (&mut row.text, event.text()),
            (&mut row.origin, event.origin()),
            (&mut row.eventid, event.eventid().unwrap_or_default()),
        ] {
            ours.clear();
            ours.push_str(theirs);
        }
        if severity == Severity::Ok {
            row.acknowledged = None;
            row.suppressed.clear();
        }
        Some(before.map(|before| Box::new(self.came_from(Some(before)))))
    }

    /// When nothing will be known any more, if nothing is heard until then.
    pub fn due(&self) -> Option<f64> {
        match self.heard {
            None => self.row.ttl.map(|ttl| self.row.last + ttl),
            Some(_) => None,
        }
    }

    /// The entry when that time is over, and as much has passed since `begun`.
    pub fn expired(&self, now: f64, begun: f64) -> Option<Self> {
        let due = self.due().filter(|due| *due < now)?;
        self.row.ttl.filter(|ttl| *ttl < now - begun)?;
        let heard = Heard::of(&self.row);
        let unknown = Severity::Unknown;
        let (since, count) = match heard.severity == unknown {
            true => (heard.since, heard.count + 1),
            false => (due, 1),
        };
        let text = format!("not heard of for {}", seconds(due - heard.last));
        let row = Row { severity: unknown, since, count, last: due, text, ..self.row.clone() };
        let untold = untold(Some(self), unknown);
        Some(Self { row, heard: Some(heard), untold })
    }

    /// The change that is not certain to have been told.
    pub fn left_untold(&self) -> Option<Change> {
        let before = self.untold.as_ref()?.before.as_ref().map(|(heard, text)| {
            let Heard { severity, since, last, count } = *heard;
            Row { severity, since, last, count, text: text.clone(), ..self.row.clone() }
        });
        Some(self.came_from(before))
    }

    /// What is told of the step to the entry after a time that ran out.
    pub fn change(before: &Self, after: &Self) -> Change {
        after.came_from(Some(before.row.clone()))
    }

    fn came_from(&self, before: Option<Row>) -> Change {
        let heard = self.heard.map_or(self.row.last, |heard| heard.last);
        Change { before, after: self.row.clone(), by: None, heard }
    }
}

impl Heard {
    fn of(row: &Row) -> Self {
        Self { severity: row.severity, since: row.since, last: row.last, count: row.count }
    }
}

/// What has to be told of the step to this severity: what did not change it leaves to be told what
/// was.
fn untold(before: Option<&Entry>, severity: Severity) -> Option<Untold> {
    match before {
        Some(entry) if entry.row.severity == severity => entry.untold.clone(),
        Some(entry) => {
            Some(Untold { before: Some((Heard::of(&entry.row), entry.row.text.clone())) })
        }
        // That something is well from the beginning is nothing to tell.
        None => (severity != Severity::Ok).then_some(Untold { before: None }),
    }
}

/// Severities as their numbers.
mod number {
    use groundrule_core::event::Severity;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(of: &Severity, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(of.number())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Severity, D::Error> {
        Ok(Severity::of(u8::deserialize(from)?).unwrap_or(Severity::Unknown))
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
