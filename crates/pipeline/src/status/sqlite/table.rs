//! The rows of the file, with those that were used lately in memory.

use groundrule_core::event::Event;
use groundrule_database::sqlite::number;
use hashbrown::DefaultHashBuilder;
use indexmap::{Equivalent, IndexMap};
use rusqlite::{Connection, TransactionBehavior};

use super::file::{self, Stored, Writing};
use crate::status::rules::Entry;
use crate::status::{Change, Identity, Row};

/// How many rows are kept in memory.
const MOST: usize = 100_000;

type Known = IndexMap<Identity, Option<Stored>, DefaultHashBuilder>;

/// An open file.
pub(super) struct Table {
    connection: Connection,
    /// As the file has them, as long as nobody else has written to it.
    known: Known,
    /// What SQLite calls the state of the file: another one when another process has written.
    state: Option<i32>,
    /// The rows whose changes of severity were returned last, as they were then: they count as
    /// told when somebody asks for more. None before the first time.
    returned: Option<Vec<Row>>,
}

impl Table {
    pub fn new(connection: Connection) -> Self {
        Self { connection, known: Known::default(), state: None, returned: None }
    }

    /// The file, for what stands beside the rows: they are not to be changed there.
    pub fn connection(&mut self) -> &mut Connection {
        &mut self.connection
    }

    /// Takes events in; what changed is in the file when it returns.
    pub fn apply(&mut self, events: &[Event]) -> rusqlite::Result<Vec<Change>> {
        self.tell(|work, changes| {
            for (nth, event) in events.iter().enumerate() {
                let of = Of { subject: event.subject(), name: event.name() };
                let at = work.place(&of)?;
                let told = match work.stored(at) {
                    Some(stored) => stored.entry.hear(event),
                    none => Some(none.insert(Stored::new(Entry::first(event))).entry.begun()),
                };
                let Some(told) = told else { continue };
                changes.extend(told.map(|change| Change { by: Some(nth), ..*change }));
                work.change(at);
            }
            Ok(())
        })
    }

    pub fn expire(&mut self, now: f64, begun: f64) -> rusqlite::Result<Vec<Change>> {
        // As a rule there is nothing to do: nobody is kept waiting for that.
        let idle = self.returned.as_ref().is_some_and(Vec::is_empty);
        if idle && file::due(&self.connection, now, begun)?.is_empty() {
            return Ok(Vec::new());
        }
        self.tell(|work, changes| {
            let before = changes.len();
            // What was heard in the meantime has moved the time on.
            for identity in file::due(work.connection, now, begun)? {
                let at = work.place(&Of::from(&identity))?;
                let Some(stored) = work.stored(at) else { continue };
                stored.asked = true;
                if let Some(after) = stored.entry.expired(now, begun) {
                    changes.push(Entry::change(&stored.entry, &after));
                    stored.entry = after;
                }
                work.change(at);
            }
            changes[before..].sort_by(|a, b| a.after.last.total_cmp(&b.after.last));
            Ok(())
        })
    }

    /// Does something that is told, once what was told before is noted. The first time, it also
    /// tells what a process before this one may not have told.
    fn tell(
        &mut self,
        act: impl FnOnce(&mut Work<'_>, &mut Vec<Change>) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<Vec<Change>> {
        let returned = self.returned.take();
        let changes = self.write(|work| {
            let mut changes = Vec::new();
            match returned {
                Some(rows) => told(work, &rows)?,
                None => {
                    let left = file::untold(work.connection)?;
                    changes.extend(left.iter().filter_map(|stored| stored.entry.left_untold()));
                }
            }
            act(work, &mut changes)?;
            Ok(changes)
        })?;
        let severity = |row: &Option<Row>| row.as_ref().map(|row| row.severity);
        let changed = changes.iter().filter(|c| severity(&c.before) != Some(c.after.severity));
        self.returned = Some(changed.map(|change| change.after.clone()).collect());
        Ok(changes)
    }

    /// Changes what is said of a row; returns whether there is one.
    pub fn alter(
        &mut self,
        of: &Identity,
        alter: &mut dyn FnMut(&mut Row),
    ) -> rusqlite::Result<bool> {
        self.write(|work| {
            let at = work.place(&Of::from(of))?;
            let Some(stored) = work.stored(at) else { return Ok(false) };
            let before = stored.entry.row.clone();
            alter(&mut stored.entry.row);
            if stored.entry.row != before {
                work.change(at);
            }
            Ok(true)
        })
    }

    pub fn clear(&mut self, of: &Identity) -> rusqlite::Result<bool> {
        self.write(|work| {
            work.known.swap_remove(of);
            file::remove(work.connection, of)
        })
    }

    /// Does something in one transaction, and writes the rows that it changed.
    fn write<T>(
        &mut self,
        act: impl FnOnce(&mut Work<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        // Taken out: after an error nothing is known.
        let mut known = std::mem::take(&mut self.known);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = number(&transaction, "data_version")?;
        if self.state.replace(state) != Some(state) || known.len() > MOST {
            known.clear();
        }
        let mut work = Work { connection: &transaction, known, changed: Vec::new() };
        let result = act(&mut work)?;
        let Work { mut known, mut changed, .. } = work;
        // In the file's order: neighbours are on one page.
        changed.sort_by_cached_key(|at| {
            known.get_index(*at).and_then(|(_, stored)| stored.as_ref()?.id)
        });
        let mut writing = Writing::new(&transaction)?;
        for at in changed {
            if let Some((_, Some(stored))) = known.get_index_mut(at) {
                writing.store(stored)?;
            }
        }
        drop(writing);
        transaction.commit()?;
        self.known = known;
        Ok(result)
    }
}

/// What a transaction works on.
struct Work<'c> {
    connection: &'c Connection,
    known: Known,
    /// Which rows are to be written, each once.
    changed: Vec<usize>,
}

/// An identity that is somebody else's.
#[derive(Hash)]
struct Of<'e> {
    subject: &'e str,
    name: &'e str,
}

impl<'e> From<&'e Identity> for Of<'e> {
    fn from(of: &'e Identity) -> Self {
        Self { subject: &of.subject, name: &of.name }
    }
}

impl Equivalent<Identity> for Of<'_> {
    fn equivalent(&self, other: &Identity) -> bool {
        self.subject == other.subject && self.name == other.name
    }
}

impl From<&Of<'_>> for Identity {
    fn from(of: &Of<'_>) -> Self {
        Self { subject: of.subject.to_owned(), name: of.name.to_owned() }
    }
}

impl Work<'_> {
    /// Where the row of an identity is known, if there is one.
    fn place(&mut self, of: &Of<'_>) -> rusqlite::Result<usize> {
        if let Some(at) = self.known.get_index_of(of) {
            return Ok(at);
        }
        let identity = Identity::from(of);
        let stored = file::load(self.connection, &identity)?;
        Ok(self.known.insert_full(identity, stored).0)
    }

    /// The row that is known there.
    fn stored(&mut self, at: usize) -> &mut Option<Stored> {
        &mut self.known[at]
    }

    /// Notes that a row is to be written.
    fn change(&mut self, at: usize) {
        if let Some(stored) = self.stored(at)
            && !std::mem::replace(&mut stored.changed, true)
        {
            self.changed.push(at);
        }
    }
}

/// Notes that changes were told, where nobody has changed the severity since.
fn told(work: &mut Work<'_>, rows: &[Row]) -> rusqlite::Result<()> {
    for row in rows {
        let at = work.place(&Of::from(&row.identity))?;
        if let Some(stored) = work.stored(at)
            && (stored.entry.row.severity, stored.entry.row.since) == (row.severity, row.since)
            && stored.entry.untold.take().is_some()
        {
            work.change(at);
        }
    }
    Ok(())
}
