//! The rows of the file, with those that were used lately in memory.

use std::collections::{HashMap, HashSet};

use groundrule_core::event::Event;
use rusqlite::{Connection, TransactionBehavior};

use super::file::{self, Stored};
use crate::sqlite::number;
use crate::status::rules::{Entry, identity, moved};
use crate::status::{Change, Identity, Row};

/// How many rows are kept in memory.
const MOST: usize = 100_000;

type Known = HashMap<Identity, Option<Stored>>;

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
        Self { connection, known: HashMap::new(), state: None, returned: None }
    }

    /// Takes events in; what changed is in the file when it returns.
    pub fn apply(&mut self, events: &[Event]) -> rusqlite::Result<Vec<Change>> {
        self.tell(|connection, known, changed, changes| {
            changes.reserve(events.len());
            for event in events {
                let identity = identity(event);
                let stored = looked_up(connection, known, &identity)?;
                let before = stored.as_ref().map(|stored| &stored.entry);
                let Some(entry) = moved(before, event) else { continue };
                changes.push(Entry::change(before, &entry));
                put(stored, entry);
                changed.insert(identity);
            }
            Ok(())
        })
    }

    pub fn expire(&mut self, now: f64) -> rusqlite::Result<Vec<Change>> {
        // As a rule there is nothing to do: nobody is kept waiting for that.
        let idle = self.returned.as_ref().is_some_and(Vec::is_empty);
        if idle && file::due(&self.connection, now)?.is_empty() {
            return Ok(Vec::new());
        }
        self.tell(|connection, known, changed, changes| {
            for stored in file::due(connection, now)? {
                // What this transaction has changed is not in the file yet.
                let identity = stored.entry.row.identity.clone();
                let stored = known.entry(identity.clone()).or_insert(Some(stored));
                let Some(Stored { entry, .. }) = stored else { continue };
                let Some(after) = entry.expired(now) else { continue };
                changes.push(Entry::change(Some(entry), &after));
                *entry = after;
                changed.insert(identity);
            }
            Ok(())
        })
    }

    /// Does something that is told, once what was told before is noted. The first time, it also
    /// tells what a process before this one may not have told.
    fn tell(
        &mut self,
        work: impl FnOnce(
            &Connection,
            &mut Known,
            &mut HashSet<Identity>,
            &mut Vec<Change>,
        ) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<Vec<Change>> {
        let returned = self.returned.take();
        let changes = self.write(|connection, known, changed| {
            let mut changes = Vec::new();
            match returned {
                Some(rows) => told(connection, known, changed, rows)?,
                None => {
                    let left = file::untold(connection)?;
                    changes.extend(left.iter().filter_map(|stored| stored.entry.left_untold()));
                }
            }
            work(connection, known, changed, &mut changes)?;
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
        self.write(|connection, known, changed| {
            let Some(stored) = looked_up(connection, known, of)? else { return Ok(false) };
            let before = stored.entry.row.clone();
            alter(&mut stored.entry.row);
            if stored.entry.row != before {
                changed.insert(of.clone());
            }
            Ok(true)
        })
    }

    pub fn clear(&mut self, of: &Identity) -> rusqlite::Result<bool> {
        self.write(|connection, known, _| {
            known.remove(of);
            file::remove(connection, of)
        })
    }

    /// Does something in one transaction, and writes the rows that it changed.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Connection, &mut Known, &mut HashSet<Identity>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        // Taken out: after an error nothing is known.
        let mut known = std::mem::take(&mut self.known);
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let state = number(&transaction, "data_version")?;
        if self.state.replace(state) != Some(state) || known.len() > MOST {
            known.clear();
        }
        let mut changed = HashSet::new();
        let result = work(&transaction, &mut known, &mut changed)?;
        for identity in &changed {
            if let Some(Some(stored)) = known.get_mut(identity) {
                stored.id = Some(file::store(&transaction, stored)?);
            }
        }
        transaction.commit()?;
        self.known = known;
        Ok(result)
    }
}

/// Notes that changes were told, where nobody has changed the severity since.
fn told(
    connection: &Connection,
    known: &mut Known,
    changed: &mut HashSet<Identity>,
    rows: Vec<Row>,
) -> rusqlite::Result<()> {
    for row in rows {
        let stored = looked_up(connection, known, &row.identity)?;
        if let Some(Stored { entry, .. }) = stored
            && (entry.row.severity, entry.row.since) == (row.severity, row.since)
            && entry.untold.take().is_some()
        {
            changed.insert(row.identity);
        }
    }
    Ok(())
}

fn put(stored: &mut Option<Stored>, entry: Entry) {
    match stored {
        Some(stored) => stored.entry = entry,
        None => *stored = Some(Stored { id: None, entry }),
    }
}

fn looked_up<'k>(
    connection: &Connection,
    known: &'k mut Known,
    of: &Identity,
) -> rusqlite::Result<&'k mut Option<Stored>> {
    if !known.contains_key(of) {
        known.insert(of.clone(), file::load(connection, of)?);
    }
    Ok(known.entry(of.clone()).or_default())
}
