//! The rows of the file, with those that were used lately in memory.

use groundrule_core::event::Event;
use groundrule_database::sqlite::number;
use hashbrown::hash_map::EntryRef;
use hashbrown::{Equivalent, HashMap};
use rusqlite::{Connection, TransactionBehavior};

use super::file::{self, Stored, Writing};
use crate::status::rules::{Entry, moved};
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
        self.tell(|work, changes| {
            changes.reserve(events.len());
            for event in events {
                let of = Of { subject: event.subject(), name: event.name() };
                let stored = work.stored(&of)?;
                let before = stored.as_ref().map(|stored| &stored.entry);
                let Some(entry) = moved(before, event) else { continue };
                let after = entry.row.clone();
                let (before, first) = put(stored, entry);
                if first {
                    work.changed.push(after.identity.clone());
                }
                changes.push(Change { before, after });
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
        self.tell(|work, changes| {
            for stored in file::due(work.connection, now)? {
                // What this transaction has changed is not in the file yet.
                let identity = stored.entry.row.identity.clone();
                let stored = work.known.entry(identity.clone()).or_insert(Some(stored));
                let Some(stored) = stored else { continue };
                let Some(after) = stored.entry.expired(now) else { continue };
                changes.push(Entry::change(Some(&stored.entry), &after));
                stored.entry = after;
                if stored.change() {
                    work.changed.push(identity);
                }
            }
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
                Some(rows) => told(work, rows)?,
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
            let Some(stored) = work.stored(&Of::from(of))? else { return Ok(false) };
            let before = stored.entry.row.clone();
            alter(&mut stored.entry.row);
            if stored.entry.row != before && stored.change() {
                work.changed.push(of.clone());
            }
            Ok(true)
        })
    }

    pub fn clear(&mut self, of: &Identity) -> rusqlite::Result<bool> {
        self.write(|work| {
            work.known.remove(of);
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
        let Work { mut known, changed, .. } = work;
        let mut writing = Writing::new(&transaction)?;
        for identity in &changed {
            if let Some(Some(stored)) = known.get_mut(identity) {
                stored.id = Some(writing.store(stored)?);
                stored.changed = false;
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
    /// The rows that are to be written, each once.
    changed: Vec<Identity>,
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
    /// The row of an identity, if there is one.
    fn stored(&mut self, of: &Of<'_>) -> rusqlite::Result<&mut Option<Stored>> {
        match self.known.entry_ref(of) {
            EntryRef::Occupied(known) => Ok(known.into_mut()),
            EntryRef::Vacant(unknown) => {
                let identity = Identity::from(of);
                let stored = file::load(self.connection, &identity)?;
                Ok(unknown.insert_entry_with_key(identity, stored).into_mut())
            }
        }
    }
}

impl Stored {
    /// Notes that it is to be written; says whether that is news.
    fn change(&mut self) -> bool {
        !std::mem::replace(&mut self.changed, true)
    }
}

/// Notes that changes were told, where nobody has changed the severity since.
fn told(work: &mut Work<'_>, rows: Vec<Row>) -> rusqlite::Result<()> {
    for row in rows {
        let stored = work.stored(&Of::from(&row.identity))?;
        if let Some(stored) = stored
            && (stored.entry.row.severity, stored.entry.row.since) == (row.severity, row.since)
            && stored.entry.untold.take().is_some()
            && stored.change()
        {
            work.changed.push(row.identity);
        }
    }
    Ok(())
}

/// Puts an entry in its place; returns the row before, and whether this is the first change.
fn put(place: &mut Option<Stored>, entry: Entry) -> (Option<Row>, bool) {
    match place {
        Some(stored) => {
            let before = std::mem::replace(&mut stored.entry, entry);
            (Some(before.row), stored.change())
        }
        None => {
            *place = Some(Stored { id: None, entry, changed: true });
            (None, true)
        }
    }
}
