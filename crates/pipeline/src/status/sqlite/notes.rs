//! The notes of the file.

use rusqlite::{Connection, TransactionBehavior, params};

use crate::status::{Identity, Note};

/// Made where it is missing: files of earlier versions have none.
const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS notes (
        id INTEGER PRIMARY KEY,
        subject TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        open INTEGER NOT NULL,
        heard REAL NOT NULL,
        text TEXT NOT NULL,
        UNIQUE (subject, name)
    ) STRICT;
    CREATE INDEX IF NOT EXISTS by_open ON notes (id) WHERE open;
";

pub(super) fn make(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)
}

/// The notes of these identities, as far as there are any.
pub(super) fn read(connection: &mut Connection, of: &[Identity]) -> rusqlite::Result<Vec<Note>> {
    let transaction = connection.transaction()?;
    let mut notes = Vec::new();
    {
        let mut select = transaction.prepare_cached(
            "SELECT text, version, open, heard FROM notes WHERE subject = ? AND name = ?",
        )?;
        for of in of {
            let found = select.query_map([&of.subject, &of.name], |columns| {
                Ok(Note {
                    of: of.clone(),
                    text: columns.get(0)?,
                    version: columns.get(1)?,
                    open: columns.get(2)?,
                    heard: columns.get(3)?,
                })
            })?;
            for note in found {
                notes.push(note?);
            }
        }
    }
    transaction.commit()?;
    Ok(notes)
}

/// The versions of those that are open.
pub(super) fn open(connection: &Connection) -> rusqlite::Result<Vec<(Identity, i64)>> {
    connection
        .prepare_cached("SELECT subject, name, version FROM notes WHERE open")?
        .query_map([], |columns| {
            let of = Identity { subject: columns.get(0)?, name: columns.get(1)? };
            Ok((of, columns.get(2)?))
        })?
        .collect()
}

/// Writes those that are as they were read.
pub(super) fn write(connection: &mut Connection, notes: &[Note]) -> rusqlite::Result<Vec<bool>> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut won = Vec::with_capacity(notes.len());
    {
        let mut insert = transaction.prepare_cached(
            "INSERT OR IGNORE INTO notes (subject, name, version, open, heard, text)
             VALUES (?1, ?2, ?3 + 1, ?4, ?5, ?6)",
        )?;
        let mut update = transaction.prepare_cached(
            "UPDATE notes SET version = ?3 + 1, open = ?4, heard = ?5, text = ?6
             WHERE subject = ?1 AND name = ?2 AND version = ?3",
        )?;
        for Note { of, text, version, open, heard } in notes {
            let write = if *version == 0 { &mut insert } else { &mut update };
            let written =
                write.execute(params![of.subject, of.name, version, open, heard, text])?;
            won.push(written == 1);
        }
    }
    transaction.commit()?;
    Ok(won)
}

pub(super) fn forget(connection: &Connection, before: f64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM notes WHERE NOT open AND heard < ?")?
        .execute([before])?;
    Ok(())
}
