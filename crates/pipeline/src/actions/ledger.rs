//! What alerts and callbacks must know after a restart: one small SQLite file for each of them.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use rusqlite::{Connection, params};

use crate::part::PartError;

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

/// Why a ledger cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{path}: {reason}")]
pub struct LedgerError {
    /// Which file.
    pub path: String,
    /// In words.
    pub reason: String,
}

/// Remembers marks, jobs that are to be done, and events that were said and may not have been
/// archived.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    file: Option<(Arc<str>, Arc<Mutex<Connection>>)>,
}

/// What changes at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Changes {
    /// Marks by key; those without a value are forgotten.
    pub(super) marks: Vec<(String, Option<String>)>,
    /// Jobs by number; those without a value are done.
    pub(super) jobs: Vec<(i64, Option<String>)>,
    /// Events that are said now, by identity.
    pub(super) said: Vec<(String, Bytes)>,
    /// Events that were said before and are archived.
    pub(super) archived: Vec<String>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self.marks.is_empty()
            && self.jobs.is_empty()
            && self.said.is_empty()
            && self.archived.is_empty()
    }
}

/// What a ledger remembers.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    /// Marks by key.
    pub(super) marks: Vec<(String, String)>,
    /// Jobs by number.
    pub(super) jobs: Vec<(i64, String)>,
    /// Events that may not have been archived.
    pub(super) said: Vec<Bytes>,
}

impl Ledger {
    /// Remembers in a file, which is made if it is not there.
    ///
    /// # Errors
    /// When the file cannot be used, or is another kind of file.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let name: Arc<str> = path.display().to_string().into();
        let connection =
            opened(path).map_err(|reason| LedgerError { path: name.to_string(), reason })?;
        Ok(Self { file: Some((name, Arc::new(Mutex::new(connection)))) })
    }

    /// Remembers nothing after the process.
    #[must_use]
    pub fn memory() -> Self {
        Self::default()
    }

    /// Whether it remembers anything after the process.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        self.file.is_some()
    }

    /// Everything that it remembers.
    pub(super) async fn load(&self) -> Result<Kept, PartError> {
        Ok(self.on_file(|connection| kept(connection)).await?.unwrap_or_default())
    }

    /// Remembers, and returns when it is on the disk.
    pub(super) async fn write(&self, changes: Changes) -> Result<(), PartError> {
        if self.file.is_none() || changes.is_empty() {
            return Ok(());
        }
        self.on_file(move |connection| write(connection, &changes)).await.map(|_| ())
    }

    async fn on_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Option<T>, PartError> {
        let Some((name, connection)) = self.file.clone() else { return Ok(None) };
        let worked = tokio::task::spawn_blocking(move || {
            work(&mut connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        let told = |error: &dyn std::fmt::Display| PartError::Away(format!("{name}: {error}"));
        worked.await.map_err(|error| told(&error))?.map(Some).map_err(|error| told(&error))
    }
}

fn opened(path: &Path) -> Result<Connection, String> {
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

fn kept(connection: &Connection) -> rusqlite::Result<Kept> {
    let mut kept = Kept::default();
    let mut marks = connection.prepare("SELECT key, value FROM mark")?;
    for row in marks.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        kept.marks.push(row?);
    }
    let mut jobs = connection.prepare("SELECT id, value FROM job ORDER BY id")?;
    for row in jobs.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))? {
        kept.jobs.push(row?);
    }
    let mut said = connection.prepare("SELECT event FROM said")?;
    for row in said.query_map([], |row| row.get::<_, Vec<u8>>(0))? {
        kept.said.push(row?.into());
    }
    Ok(kept)
}

fn write(connection: &mut Connection, changes: &Changes) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
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
    }
    transaction.commit()
}
