//! The tables of a ledger's file.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, Transaction, params};

use super::{Changes, Kept};

/// Tells these files from others: "grl" and a version.
const APPLICATION: i32 = 0x0067_726c;
const VERSION: i32 = 1;

/// How long another process may hold the file.
const BUSY: Duration = Duration::from_secs(5);

const TABLES: &str = "
CREATE TABLE mark (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE job (id INTEGER PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE said (id TEXT PRIMARY KEY, event BLOB NOT NULL) WITHOUT ROWID;
";

pub(super) fn opened(path: &Path) -> Result<Connection, String> {
    let told = |error: rusqlite::Error| error.to_string();
    let mut connection = Connection::open(path).map_err(told)?;
    connection.busy_timeout(BUSY).map_err(told)?;
    connection
        .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
        .map_err(told)?;
    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(told)?;
    let number = |name: &str| -> Result<i32, String> {
        transaction.pragma_query_value(None, name, |row| row.get(0)).map_err(told)
    };
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, VERSION) => {}
        (APPLICATION, other) => {
            return Err(format!("is of version {other}, and this program knows {VERSION}"));
        }
        (0, 0) if number("schema_version")? == 0 => {
            transaction.execute_batch(TABLES).map_err(told)?;
            transaction.pragma_update(None, "application_id", APPLICATION).map_err(told)?;
            transaction.pragma_update(None, "user_version", VERSION).map_err(told)?;
        }
        _ => return Err("is a database of something else: name another file".to_owned()),
    }
    transaction.commit().map_err(told)?;
    Ok(connection)
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
    let mut keep = transaction.prepare_cached("REPLACE INTO mark VALUES (?1, ?2)")?;
    let mut forget = transaction.prepare_cached("DELETE FROM mark WHERE key = ?1")?;
    for (key, value) in &changes.marks {
        match value {
            Some(value) => keep.execute(params![key, value])?,
            None => forget.execute(params![key])?,
        };
    }
    let mut add = transaction.prepare_cached("REPLACE INTO job VALUES (?1, ?2)")?;
    let mut done = transaction.prepare_cached("DELETE FROM job WHERE id = ?1")?;
    for (id, value) in &changes.jobs {
        match value {
            Some(value) => add.execute(params![id, value])?,
            None => done.execute(params![id])?,
        };
    }
    let mut say = transaction.prepare_cached("REPLACE INTO said VALUES (?1, ?2)")?;
    for (id, event) in &changes.said {
        say.execute(params![id, event.as_ref()])?;
    }
    Ok(())
}
