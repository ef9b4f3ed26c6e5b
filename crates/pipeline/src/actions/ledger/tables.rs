//! The tables of a ledger's file.

use std::path::Path;

use groundrule_database::sqlite::{self, Format};
use rusqlite::{Connection, ToSql, Transaction, params};

use super::{Changes, Kept};
use crate::part::PartError;

const FORMAT: Format = Format {
    what: "a ledger of groundrule",
    // "grl" and a version.
    application: 0x0067_726c,
    version: 1,
    page: 4096,
    tables: "
        CREATE TABLE mark (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
        CREATE TABLE job (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
        CREATE TABLE said (id TEXT PRIMARY KEY, event BLOB NOT NULL) WITHOUT ROWID;
    ",
};

pub(super) fn opened(path: &Path) -> Result<Connection, PartError> {
    Ok(sqlite::open(path, &FORMAT)?)
}

pub(super) fn told(path: &Path, error: &rusqlite::Error) -> PartError {
    sqlite::told(path, &FORMAT, error).into()
}

/// Everything that a file has.
pub(super) fn kept(connection: &Connection) -> rusqlite::Result<Kept> {
    let mut kept = undone(connection)?;
    let mut marks = connection.prepare("SELECT key, value FROM mark")?;
    for row in marks.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        kept.marks.push(row?);
    }
    Ok(kept)
}

/// The same without the marks.
pub(super) fn undone(connection: &Connection) -> rusqlite::Result<Kept> {
    let mut kept = Kept::default();
    let mut jobs = connection.prepare("SELECT id, value FROM job ORDER BY id")?;
    for row in jobs.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        kept.jobs.push(row?);
    }
    let mut said = connection.prepare("SELECT id, event FROM said")?;
    for row in said.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?)))? {
        let (id, event) = row?;
        kept.said.push((id, event.into()));
    }
    Ok(kept)
}

pub(super) fn write(connection: &mut Connection, changes: &Changes) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    apply(&transaction, changes)?;
    transaction.commit()
}

/// Writes changes into a transaction.
pub(super) fn apply(transaction: &Transaction<'_>, changes: &Changes) -> rusqlite::Result<()> {
    let mut archived = transaction.prepare_cached("DELETE FROM said WHERE id = ?1")?;
    for id in &changes.archived {
        archived.execute(params![id])?;
    }
    let mark = ["REPLACE INTO mark VALUES (?1, ?2)", "DELETE FROM mark WHERE key = ?1"];
    put(transaction, mark, &changes.marks)?;
    let job = ["REPLACE INTO job VALUES (?1, ?2)", "DELETE FROM job WHERE id = ?1"];
    put(transaction, job, &changes.jobs)?;
    let mut say = transaction.prepare_cached("REPLACE INTO said VALUES (?1, ?2)")?;
    for (id, event) in &changes.said {
        say.execute(params![id, event.as_ref()])?;
    }
    Ok(())
}

/// Keeps values by key, and forgets those keys that have none.
fn put<K: ToSql>(
    transaction: &Transaction<'_>,
    [keep, forget]: [&str; 2],
    values: &[(K, Option<String>)],
) -> rusqlite::Result<()> {
    let mut keep = transaction.prepare_cached(keep)?;
    let mut forget = transaction.prepare_cached(forget)?;
    for (key, value) in values {
        match value {
            Some(value) => keep.execute(params![key, value])?,
            None => forget.execute(params![key])?,
        };
    }
    Ok(())
}
