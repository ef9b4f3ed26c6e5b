//! A status store that a test can see into.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use groundrule_core::event::{Event, Severity};
use groundrule_pipeline::alerts::Causes;
use groundrule_pipeline::status::{Change, Identity, Note, Query, Row, StatusError, StatusStore};

use crate::alerting::lines;

/// The rows and notes, in memory.
#[derive(Default)]
pub struct Rows(Mutex<Memory>);

#[derive(Default)]
struct Memory {
    rows: BTreeMap<Identity, Row>,
    notes: BTreeMap<Identity, Note>,
    away: bool,
    /// Whether the next notes are written, and an error is all that is heard of it.
    breaks: Option<bool>,
    /// What another process writes before the next notes.
    faster: Option<Note>,
}

impl Rows {
    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the store answers.
    pub fn away(&self, away: bool) {
        self.lock().away = away;
    }

    /// It breaks off before it says that it has written notes.
    pub fn breaks_off(&self) {
        self.lock().breaks = Some(true);
    }

    /// It does not write the next notes.
    pub fn refuses(&self) {
        self.lock().breaks = Some(false);
    }

    /// Another process is faster with its note than the next one.
    pub fn overtakes(&self, note: Note) {
        self.lock().faster = Some(note);
    }

    /// The row of a subject, whose name is `load`.
    pub fn row(&self, subject: &str) -> Row {
        self.lock().rows[&load(subject)].clone()
    }

    fn with<T>(
        &self,
        work: impl FnOnce(&mut BTreeMap<Identity, Row>) -> T,
    ) -> Result<T, StatusError> {
        self.with_all(|all| work(&mut all.rows))
    }

    fn with_all<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> Result<T, StatusError> {
        let mut all = self.lock();
        if all.away {
            return Err(StatusError::Away("the store is away".to_owned()));
        }
        Ok(work(&mut all))
    }

    fn alter(&self, of: &Identity, work: impl FnOnce(&mut Row)) -> Result<bool, StatusError> {
        self.with(|rows| rows.get_mut(of).map(work).is_some())
    }
}

pub fn load(subject: &str) -> Identity {
    Identity { subject: subject.to_owned(), name: "load".to_owned() }
}

#[async_trait]
impl StatusStore for Rows {
    async fn apply(&self, events: &[Event]) -> Result<Vec<Change>, StatusError> {
        self.with(|rows| {
            for event in events {
                let identity = load(event.subject());
                let severity = event.severity();
                let before = rows.get(&identity).filter(|_| severity != Severity::Ok);
                let row = Row {
                    identity: identity.clone(),
                    severity,
                    since: 0.0,
                    last: 0.0,
                    count: 1,
                    text: String::new(),
                    origin: String::new(),
                    eventid: String::new(),
                    ttl: None,
                    acknowledged: before.and_then(|row| row.acknowledged.clone()),
                    suppressed: before.map(|row| row.suppressed.clone()).unwrap_or_default(),
                    flapping: rows.get(&identity).is_some_and(|row| row.flapping),
                };
                rows.insert(identity, row);
            }
            Vec::new()
        })
    }

    async fn expire(&self, _: f64, _: f64) -> Result<Vec<Change>, StatusError> {
        Ok(Vec::new())
    }

    async fn rows(&self, query: &Query) -> Result<Vec<Row>, StatusError> {
        self.with(|rows| {
            let wanted = |row: &&Row| {
                query.subject.as_ref().is_none_or(|subject| *subject == row.identity.subject)
                    && (!query.problems || row.severity != Severity::Ok)
            };
            rows.values().filter(wanted).cloned().collect()
        })
    }

    async fn acknowledge(&self, of: &Identity, by: Option<&str>) -> Result<bool, StatusError> {
        self.alter(of, |row| row.acknowledged = by.map(str::to_owned))
    }

    async fn suppress(&self, of: &Identity, path: &[String]) -> Result<bool, StatusError> {
        self.alter(of, |row| row.suppressed = path.to_vec())
    }

    async fn flap(&self, of: &Identity, flapping: bool) -> Result<bool, StatusError> {
        self.alter(of, |row| row.flapping = flapping)
    }

    async fn clear(&self, of: &Identity) -> Result<bool, StatusError> {
        self.with(|rows| rows.remove(of).is_some())
    }

    async fn notes(&self, of: &[Identity]) -> Result<Vec<Note>, StatusError> {
        self.with_all(|all| of.iter().filter_map(|of| all.notes.get(of).cloned()).collect())
    }

    async fn open_notes(&self) -> Result<Vec<(Identity, i64)>, StatusError> {
        let version = |note: &Note| (note.of.clone(), note.version);
        self.with_all(|all| all.notes.values().filter(|note| note.open).map(version).collect())
    }

    async fn note(&self, notes: &[Note]) -> Result<Vec<bool>, StatusError> {
        self.with_all(|all| {
            let faster = all.faster.take().map(|note| (note.of.clone(), note));
            all.notes.extend(faster);
            let (mut won, breaks) = (Vec::new(), all.breaks.take());
            for note in notes.iter().filter(|_| breaks != Some(false)) {
                let version = all.notes.get(&note.of).map_or(0, |known| known.version);
                won.push(version == note.version);
                if version == note.version {
                    let note = Note { version: version + 1, ..note.clone() };
                    all.notes.insert(note.of.clone(), note);
                }
            }
            match breaks {
                Some(_) => Err(StatusError::Away("the store broke off".to_owned())),
                None => Ok(won),
            }
        })?
    }

    async fn forget_notes(&self, before: f64) -> Result<(), StatusError> {
        self.with_all(|all| all.notes.retain(|_, note| note.open || note.heard >= before))
    }
}

/// Who depends on whom, by name.
#[derive(Clone, Default)]
pub struct Needs(pub Arc<Vec<(&'static str, &'static str)>>);

impl Needs {
    fn find(&self, failed: &[Identity], from: &str, path: &mut Vec<String>) -> bool {
        for (_, to) in self.0.iter().filter(|(subject, _)| *subject == from) {
            let hop = format!("{from} needs {to}");
            if path.contains(&hop) {
                continue;
            }
            path.push(hop);
            if failed.contains(&load(to)) || self.find(failed, to, path) {
                return true;
            }
            path.pop();
        }
        false
    }
}

impl Causes for Needs {
    fn cause(&self, failed: &[Identity], of: &Identity) -> Option<Vec<String>> {
        assert!(!failed.contains(of));
        let mut path = Vec::new();
        self.find(failed, &of.subject, &mut path).then_some(path)
    }
}

/// What a queue was told since this was asked last, a line each.
pub fn news(file: &Path) -> Vec<String> {
    let news = lines(file).into_iter().map(|line| {
        let event = Event::read(line.into()).unwrap();
        let reason = event.value()["extended_data"]["notification"]["reason"].clone();
        format!("{} {} {}", event.subject(), event.severity(), reason.as_str().unwrap())
    });
    let news = news.collect();
    let _ = std::fs::remove_file(file);
    news
}
