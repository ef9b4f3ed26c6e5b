//! The status in an SQLite file, which several processes may share.

mod file;
mod notes;
mod table;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundrule_core::event::Event;
use groundrule_database::sqlite::inode;

use self::table::Table;
use super::{Change, Identity, Note, Query, Row, StatusError, StatusStore};

/// A table, and which file it is in, whatever its path means later.
struct Opened {
    table: Table,
    inode: Option<u64>,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, StatusError> {
        Ok(Self { table: Table::new(file::open(path)?), inode: inode(path) })
    }
}

/// The status in an SQLite file.
pub struct SqliteStatus {
    path: PathBuf,
    /// None after something went wrong: it is opened anew.
    table: Arc<Mutex<Option<Opened>>>,
    writable: bool,
}

impl SqliteStatus {
    /// Opens a status to write and to read; makes the file if there is none.
    ///
    /// # Errors
    /// When the file cannot be opened or holds something else.
    pub fn open(path: &Path) -> Result<Self, StatusError> {
        let table = Arc::new(Mutex::new(Some(Opened::new(path)?)));
        Ok(Self { path: path.to_owned(), table, writable: true })
    }

    /// Opens a status to read; there must be one.
    ///
    /// # Errors
    /// When the file cannot be opened or holds something else.
    pub fn read_only(path: &Path) -> Result<Self, StatusError> {
        file::read_only(path)?;
        Ok(Self { path: path.to_owned(), table: Arc::default(), writable: false })
    }

    /// Writes in a thread that may wait for the disk.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Table) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StatusError> {
        if !self.writable {
            return Err(StatusError::Refused(format!(
                "{}: opened to be read only",
                self.path.display()
            )));
        }
        let (path, shared) = (self.path.clone(), Arc::clone(&self.table));
        let writing = tokio::task::spawn_blocking(move || {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            let mut opened = match shared.take().filter(|opened| opened.inode == inode(&path)) {
                Some(opened) => opened,
                None => Opened::new(&path)?,
            };
            let result = work(&mut opened.table).map_err(|error| file::told(&path, &error))?;
            *shared = Some(opened);
            Ok(result)
        });
        writing.await.map_err(broken)?
    }
}

#[async_trait]
impl StatusStore for SqliteStatus {
    async fn apply(&self, events: &[Event]) -> Result<Vec<Change>, StatusError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let events = events.to_vec();
        self.write(move |table| table.apply(&events)).await
    }

    async fn expire(&self, now: f64, begun: f64) -> Result<Vec<Change>, StatusError> {
        self.write(move |table| table.expire(now, begun)).await
    }

    async fn rows(&self, query: &Query) -> Result<Vec<Row>, StatusError> {
        let (path, query) = (self.path.clone(), query.clone());
        let reading = tokio::task::spawn_blocking(move || {
            let connection = file::read_only(&path)?;
            file::rows(&connection, &query).map_err(|error| file::told(&path, &error))
        });
        reading.await.map_err(broken)?
    }

    async fn acknowledge(&self, of: &Identity, by: Option<&str>) -> Result<bool, StatusError> {
        let (of, by) = (of.clone(), by.map(str::to_owned));
        self.write(move |table| {
            // Nobody need know of what is well.
            table.alter(&of, &mut |row| {
                row.acknowledged = by.clone().filter(|_| row.severity.number() != 0);
            })
        })
        .await
    }

    async fn suppress(&self, of: &Identity, path: &[String]) -> Result<bool, StatusError> {
        let (of, path) = (of.clone(), path.to_vec());
        self.write(move |table| {
            table.alter(&of, &mut |row| {
                row.suppressed = if row.severity.number() == 0 { Vec::new() } else { path.clone() };
            })
        })
        .await
    }

    async fn flap(&self, of: &Identity, flapping: bool) -> Result<bool, StatusError> {
        let of = of.clone();
        self.write(move |table| table.alter(&of, &mut |row| row.flapping = flapping)).await
    }

    async fn clear(&self, of: &Identity) -> Result<bool, StatusError> {
        let of = of.clone();
        self.write(move |table| table.clear(&of)).await
    }

    async fn notes(&self, of: &[Identity]) -> Result<Vec<Note>, StatusError> {
        let of = of.to_vec();
        self.write(move |table| notes::read(table.connection(), &of)).await
    }

    async fn open_notes(&self) -> Result<Vec<(Identity, i64)>, StatusError> {
        self.write(|table| notes::open(table.connection())).await
    }

    async fn note(&self, notes: &[Note]) -> Result<Vec<bool>, StatusError> {
        let notes = notes.to_vec();
        self.write(move |table| notes::write(table.connection(), &notes)).await
    }

    async fn forget_notes(&self, before: f64) -> Result<(), StatusError> {
        self.write(move |table| notes::forget(table.connection(), before)).await
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it in")]
fn broken(error: tokio::task::JoinError) -> StatusError {
    StatusError::Away(format!("the status broke off: {error}"))
}
