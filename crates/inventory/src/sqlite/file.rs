//! The file: its tables, and what goes wrong in words.

use std::path::{Path, PathBuf};

use groundrule_core::ports::StoreError;
use groundrule_database::Trouble;
use groundrule_database::sqlite::{self, Format};
use rusqlite::Connection;

use crate::source::SourceError;

const FORMAT: Format = Format {
    what: "an estate",
    // "gren"
    application: 0x6772_656e,
    version: 1,
    page: 4096,
    tables: "
CREATE TABLE loads (kind TEXT PRIMARY KEY, run TEXT NOT NULL, source TEXT NOT NULL, began TEXT NOT NULL,
    complete INTEGER NOT NULL, there INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE gaps (kind TEXT NOT NULL, why TEXT NOT NULL);
CREATE TABLE undeclared (why TEXT NOT NULL);
CREATE TABLE beside (node TEXT NOT NULL, line INTEGER NOT NULL, dependency TEXT NOT NULL);
CREATE TABLE documents (kind TEXT NOT NULL, node TEXT NOT NULL, at INTEGER, fault TEXT, document TEXT,
    PRIMARY KEY (kind, node));
CREATE TABLE parameters (node TEXT NOT NULL, position INTEGER NOT NULL, document TEXT NOT NULL,
    PRIMARY KEY (node, position)) WITHOUT ROWID;
",
};

/// An open file.
pub(super) struct File {
    path: PathBuf,
    pub connection: Connection,
}

impl File {
    /// Opens a file to write, and makes it if there is none.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let connection = sqlite::open(path, &FORMAT).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    /// Opens a file to read; nothing is made.
    pub fn read_only(path: &Path) -> Result<Self, SourceError> {
        let connection = sqlite::read_only(path, &FORMAT).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), connection })
    }

    /// What went wrong, in words, with the file's name.
    pub fn told(&self, error: &rusqlite::Error) -> String {
        words(sqlite::told(&self.path, &FORMAT, error))
    }

    /// Why there is no answer.
    pub fn failed(&self, error: &rusqlite::Error) -> StoreError {
        StoreError(self.told(error).into())
    }

    /// Why it cannot be used, where it holds what it should not.
    pub fn wrong(&self, why: &str) -> String {
        format!("{}: {why}", self.path.display())
    }
}

fn words(trouble: Trouble) -> String {
    match trouble {
        Trouble::Away(why) | Trouble::Refused(why) => why,
    }
}

fn unusable(trouble: Trouble) -> SourceError {
    SourceError::new(words(trouble), "write sqlite:FILE, which groundrule load fills")
}
