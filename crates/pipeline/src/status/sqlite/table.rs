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

/// An open file.
pub(super) struct Table {
    connection: Connection,
    /// As the file has them, as long as nobody else has written to it.
    known: HashMap<Identity, Option<Stored>>,
    /// What SQLite calls the state of the file: another one when another process has written.
    state: Option<i32>,
}

impl Table {
    pub fn new(connection: Connection) -> Self {
        Self { connection, known: HashMap::new(), state: None }
    }

    /// Takes events in; what changed is in the file when it returns.
    pub fn apply(&mut self, events: &[Event]) -> rusqlite::Result<Vec<Change>> {
        self.write(|connection, known, changed| {
            let mut changes = Vec::with_capacity(events.len());
            for event in events {
                let identity = identity(event);
                let stored = looked_up(connection, known, &identity)?;
                let before = stored.as_ref().map(|stored| &stored.entry);
                let Some(entry) = moved(before, event) else { continue };
                changes.push(Entry::change(before, &entry));
                put(stored, entry);
                changed.insert(identity);
            }
            Ok(changes)
        })
    }

    pub fn expire(&mut self, now: f64) -> rusqlite::Result<Vec<Change>> {
        // As a rule there is none: nobody is kept waiting for that.
        if file::due(&self.connection, now)?.is_empty() {
            return Ok(Vec::new());
        }
        self.write(|connection, known, changed| {
            let mut changes = Vec::new();
            for stored in file::due(connection, now)? {
                let Some(entry) = stored.entry.expired(now) else { continue };
                changes.push(Entry::change(Some(&stored.entry), &entry));
                let identity = entry.row.identity.clone();
                known.insert(identity.clone(), Some(Stored { id: stored.id, entry }));
                changed.insert(identity);
            }
            Ok(changes)
        })
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
        work: impl FnOnce(
            &Connection,
            &mut HashMap<Identity, Option<Stored>>,
            &mut HashSet<Identity>,
        ) -> rusqlite::Result<T>,
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

fn put(stored: &mut Option<Stored>, entry: Entry) {
    match stored {
        Some(stored) => stored.entry = entry,
        None => *stored = Some(Stored { id: None, entry }),
    }
}

fn looked_up<'k>(
    connection: &Connection,
    known: &'k mut HashMap<Identity, Option<Stored>>,
    of: &Identity,
) -> rusqlite::Result<&'k mut Option<Stored>> {
    if !known.contains_key(of) {
        known.insert(of.clone(), file::load(connection, of)?);
    }
    Ok(known.entry(of.clone()).or_default())
}
