//! The tables of the archive's file.

use std::path::Path;

use groundrule_database::Trouble;
use groundrule_database::sqlite::{self, Format};
use rusqlite::Connection;

use crate::archive::ArchiveError;

/// `blocks` has what is needed to pass over a block, and is small; `contents` has the rest. Both
/// grow in the order in which events came. `named` has those events that came with an identity:
/// one that comes again is not kept twice.
pub(super) const FORMAT: Format = Format {
    what: "an archive of groundrule",
    application: 0x6772_6561,
    version: 1,
    page: 8192,
    tables: "
        CREATE TABLE blocks (
            id INTEGER PRIMARY KEY,
            archived REAL NOT NULL,
            count INTEGER NOT NULL,
            first BLOB,
            last BLOB,
            since REAL NOT NULL,
            until REAL NOT NULL,
            kinds INTEGER NOT NULL,
            keys BLOB NOT NULL
        ) STRICT;
        CREATE INDEX identities ON blocks (first, last) WHERE first IS NOT NULL;
        CREATE TABLE contents (
            id INTEGER PRIMARY KEY,
            bytes INTEGER NOT NULL,
            hashes BLOB NOT NULL,
            events BLOB NOT NULL
        ) STRICT;
        CREATE TABLE named (
            eventid BLOB NOT NULL,
            hash INTEGER NOT NULL,
            block INTEGER NOT NULL,
            PRIMARY KEY (eventid, hash)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX blocks_of_named ON named (block);
    ",
};

pub(super) fn open(path: &Path) -> Result<Connection, ArchiveError> {
    Ok(sqlite::open(path, &FORMAT)?)
}

pub(super) fn read_only(path: &Path) -> Result<Connection, ArchiveError> {
    Ok(sqlite::read_only(path, &FORMAT)?)
}

pub(super) fn told(path: &Path, error: &rusqlite::Error) -> ArchiveError {
    sqlite::told(path, &FORMAT, error).into()
}

impl From<Trouble> for ArchiveError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Away(words) => Self::Away(words),
            Trouble::Refused(words) => Self::Refused(words),
        }
    }
}
