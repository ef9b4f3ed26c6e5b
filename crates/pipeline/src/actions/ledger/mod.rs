//! What alerts and callbacks must know after a restart: one small SQLite file for each of them in
//! each process.

mod place;
mod tables;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use rusqlite::Connection;

use self::place::Place;
use self::tables::{apply, kept, opened, told, undone, write};
use crate::part::PartError;

/// Remembers marks, jobs that are to be done, and events that were said and may not have been
/// archived.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    file: Option<Arc<Held>>,
}

/// A file that this process has.
#[derive(Debug)]
struct Held {
    /// How all files of this name are called.
    name: PathBuf,
    place: Place,
    connection: Mutex<Connection>,
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
    /// Events that may not have been archived, by identity.
    pub(super) said: Vec<(String, Bytes)>,
}

impl Ledger {
    /// Remembers in a file, which is made if it is not there. Where another process has it, it is
    /// the first of `NAME-1.sqlite`, `NAME-2.sqlite`, ... that nobody has.
    ///
    /// # Errors
    /// When the file cannot be used, or is another kind of file.
    pub fn open(path: &Path) -> Result<Self, PartError> {
        let told = |reason| PartError::Refused(format!("{}: {reason}", path.display()));
        let place = Place::first_free(path).map_err(told)?;
        let connection = opened(&place.path)?;
        let (name, connection) = (path.to_owned(), Mutex::new(connection));
        Ok(Self { file: Some(Arc::new(Held { name, place, connection })) })
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

    /// Takes over what processes left that are no more, but for their marks. Their jobs get numbers
    /// from `next` on.
    pub(super) async fn adopt(&self, next: i64) -> Result<Kept, PartError> {
        let Some(file) = self.file.clone() else { return Ok(Kept::default()) };
        let adopted = self.on_file(move |connection| Ok(file.adopt(connection, next))).await?;
        Ok(adopted.unwrap_or_default())
    }

    async fn on_file<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<Option<T>, PartError> {
        let Some(file) = self.file.clone() else { return Ok(None) };
        let worked = tokio::task::spawn_blocking(move || {
            let worked = work(&mut file.connection.lock().unwrap_or_else(PoisonError::into_inner));
            worked.map(Some).map_err(|error| told(&file.place.path, &error))
        });
        worked.await.map_err(|error| PartError::Away(format!("the ledger broke off: {error}")))?
    }
}

impl Held {
    /// Takes over what is in the files that nobody has.
    fn adopt(&self, connection: &mut Connection, next: i64) -> Kept {
        let mut all = Kept::default();
        for place in Place::left(&self.name) {
            let first = all.jobs.last().map_or(next, |(last, _)| last + 1);
            match take_over(&place.path, connection, first) {
                Ok(taken) => {
                    all.jobs.extend(taken.jobs);
                    all.said.extend(taken.said);
                }
                Err(why) => {
                    tracing::warn!(%why, "what another process left cannot be taken over");
                }
            }
        }
        all
    }
}

/// What is in the file of another process is written to this one, and only then removed there: if
/// this process ends in between it is in both, and done twice.
fn take_over(path: &Path, connection: &mut Connection, first: i64) -> Result<Kept, PartError> {
    let told = |error: rusqlite::Error| told(path, &error);
    let mut theirs = opened(path)?;
    let mut left = undone(&theirs).map_err(told)?;
    if left.jobs.is_empty() && left.said.is_empty() {
        return Ok(left);
    }
    tracing::info!(path = %path.display(), jobs = left.jobs.len(), "another process left these");
    let gone = Changes {
        jobs: left.jobs.iter().map(|(id, _)| (*id, None)).collect(),
        archived: left.said.iter().map(|(id, _)| id.clone()).collect(),
        ..Changes::default()
    };
    let leaving = theirs.transaction().map_err(told)?;
    apply(&leaving, &gone).map_err(told)?;
    for ((id, _), number) in left.jobs.iter_mut().zip(first..) {
        *id = number;
    }
    let ours = Changes {
        jobs: left.jobs.iter().map(|(id, job)| (*id, Some(job.clone()))).collect(),
        said: left.said.clone(),
        ..Changes::default()
    };
    write(connection, &ours).map_err(told)?;
    leaving.commit().map_err(told)?;
    Ok(left)
}
