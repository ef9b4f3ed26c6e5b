//! Keeps a ledger for a part: what changes is written at once, and what a part says is said again
//! if it may not have been archived.

use bytes::Bytes;
use groundrule_core::event::{Draft, Event, EventId};
use serde::Serialize;

use super::ledger::{Changes, Ledger};
use crate::part::PartError;

/// After which time what was handed out is archived for certain, in seconds. To say it again does no
/// harm: it has its identity.
const ARCHIVED: f64 = 60.0;

/// What changed since the ledger was written last.
pub(crate) struct Book {
    ledger: Ledger,
    changes: Changes,
    says: Vec<Event>,
    /// How many of these are in the ledger.
    kept: usize,
    /// What was handed out and is in the ledger, and when.
    handed: Vec<(f64, String)>,
}

/// What a part remembered: its marks, and its jobs by number.
pub(crate) type Remembered = (Vec<(String, String)>, Vec<(i64, String)>);

impl Book {
    /// Opens the book.
    pub(crate) async fn open(ledger: Ledger) -> Result<(Self, Remembered), PartError> {
        let kept = ledger.load().await?;
        let says = said(kept.said);
        let (changes, handed) = (Changes::default(), Vec::new());
        let book = Self { ledger, changes, kept: says.len(), says, handed };
        Ok((book, (kept.marks, kept.jobs)))
    }

    /// Whether it lasts longer than the process.
    pub(crate) fn is_durable(&self) -> bool {
        self.ledger.is_durable()
    }

    /// Changes a mark, or forgets it.
    pub(crate) fn mark<T: Serialize>(&mut self, key: &str, value: Option<&T>) {
        if self.is_durable() {
            self.changes.marks.push((key.to_owned(), value.map(written)));
        }
    }

    /// Changes a job, or says that it is done.
    pub(crate) fn job<T: Serialize>(&mut self, id: i64, value: Option<&T>) {
        if self.is_durable() {
            self.changes.jobs.push((id, value.map(written)));
        }
    }

    /// Says something, which is archived once even if it is said again after a crash. Returns its
    /// identity.
    pub(crate) fn say(&mut self, draft: Draft, now: f64) -> String {
        let event = draft.event();
        let id = EventId::of(now, &[event.raw()]);
        let event = event.identified(|| id, now);
        let name = name(&event);
        self.says.push(event);
        name
    }

    /// Does not say it after all.
    pub(crate) fn unsay(&mut self, id: &str) {
        let Some(at) = self.says.iter().position(|event| name(event) == id) else { return };
        self.says.remove(at);
        if at < self.kept {
            self.kept -= 1;
            self.changes.archived.push(id.to_owned());
        }
    }

    /// Takes over what processes left that are no more: their jobs, under numbers from `next` on,
    /// and what they said, which is said again.
    pub(crate) async fn adopt(&mut self, next: i64) -> Result<Vec<(i64, String)>, PartError> {
        let adopted = self.ledger.adopt(next).await?;
        let says = said(adopted.said);
        let count = says.len();
        self.says.splice(self.kept..self.kept, says);
        self.kept += count;
        Ok(adopted.jobs)
    }

    /// Writes everything.
    pub(crate) async fn write(&mut self, now: f64) -> Result<(), PartError> {
        if !self.is_durable() {
            return Ok(());
        }
        let mut changes = self.changes.clone();
        let is_kept = |at: f64| (0.0..ARCHIVED).contains(&(now - at));
        let old = self.handed.iter().filter(|(at, _)| !is_kept(*at));
        changes.archived.extend(old.map(|(_, name)| name.clone()));
        let said = |event: &Event| (name(event), event.raw().clone());
        changes.said = self.says[self.kept..].iter().map(said).collect();
        self.ledger.write(changes).await?;
        self.changes = Changes::default();
        self.handed.retain(|(at, _)| is_kept(*at));
        self.kept = self.says.len();
        Ok(())
    }

    /// Writes everything, and hands out what is to be archived.
    pub(crate) async fn close(&mut self, now: f64) -> Result<Vec<Event>, PartError> {
        self.write(now).await?;
        let says = std::mem::take(&mut self.says);
        self.kept = 0;
        if self.is_durable() {
            self.handed.extend(says.iter().map(|event| (now, name(event))));
        }
        Ok(says)
    }
}

fn said(kept: Vec<(String, Bytes)>) -> Vec<Event> {
    kept.into_iter().filter_map(|(_, raw)| Event::read(raw).ok()).collect()
}

fn name(event: &Event) -> String {
    event.eventid().unwrap_or_default().to_owned()
}

fn written<T: Serialize>(value: &T) -> String {
    // What is written here has only texts as keys.
    serde_json::to_string(value).unwrap_or_default()
}
