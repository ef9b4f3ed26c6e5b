//! The archive in an SQLite file.
//!
//! Events stand in compressed blocks in the order in which they came. A thread of its own writes
//! them: all appends that wait go into one transaction, so that they share one wait for the disk.
//! Several processes may write to one file. The pages of blocks that are removed are used again:
//! the file grows to its limit and stays there.

mod block;
mod file;
mod put;
mod reader;
mod seen;
mod trim;
mod writer;

use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::event::{Event, EventId};
use tokio::sync::{mpsc, oneshot};

use self::writer::{Job, Writer};
use super::{Archive, ArchiveError, Entry, Limits, Query};
use crate::part::Clock;

/// How long its end is waited for.
const ENDING: Duration = Duration::from_secs(2);

/// How many appends wait at most for the thread that writes.
const WAITING: usize = 64;

/// An archive in an SQLite file.
#[derive(Debug)]
pub struct SqliteArchive {
    path: PathBuf,
    /// None where it is only read.
    writer: Option<Hand>,
}

/// What hands jobs to the thread that writes.
#[derive(Debug)]
struct Hand {
    jobs: mpsc::Sender<Job>,
    thread: JoinHandle<()>,
}

impl SqliteArchive {
    /// Opens an archive to write and to read; makes the file if there is none.
    ///
    /// # Errors
    /// When the file cannot be opened or is no archive.
    pub fn open(path: &Path, limits: Limits, clock: Clock) -> Result<Self, ArchiveError> {
        let writer = Writer::open(path, limits, clock)?;
        let (jobs, queue) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new()
            .name("archive".to_owned())
            .spawn(move || writer.run(queue))
            .map_err(|error| ArchiveError::Away(format!("no thread for the archive: {error}")))?;
        Ok(Self { path: path.to_owned(), writer: Some(Hand { jobs, thread }) })
    }

    /// Opens an archive to read; there must be one.
    ///
    /// # Errors
    /// When the file cannot be opened or is no archive.
    pub fn read_only(path: &Path) -> Result<Self, ArchiveError> {
        file::read_only(path)?;
        Ok(Self { path: path.to_owned(), writer: None })
    }
}

impl Drop for SqliteArchive {
    fn drop(&mut self) {
        if let Some(Hand { jobs, thread }) = self.writer.take() {
            drop(jobs);
            // It ends when it has done what was handed to it; or with the process, if it waits for
            // another one, and what it does then does not count.
            let until = Instant::now() + ENDING;
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
    }
}

#[async_trait]
impl Archive for SqliteArchive {
    async fn append(&self, entries: Vec<Entry>) -> Result<usize, ArchiveError> {
        let Some(writer) = &self.writer else {
            return Err(ArchiveError::Refused(format!(
                "{}: opened to be read only",
                self.path.display()
            )));
        };
        let (reply, result) = oneshot::channel();
        let ended = || ArchiveError::Away(format!("{}: its thread ended", self.path.display()));
        writer.jobs.send(Job { entries, reply }).await.map_err(|_| ended())?;
        result.await.map_err(|_| ended())?
    }

    async fn get(&self, eventid: &str) -> Result<Vec<Bytes>, ArchiveError> {
        let id = EventId::parse(eventid).ok_or_else(|| {
            ArchiveError::Refused(format!("{eventid:?} is no eventid: 24 hexadecimal digits"))
        })?;
        let path = self.path.clone();
        tokio::task::spawn_blocking(move || reader::get(&path, id)).await.map_err(broken)?
    }

    async fn list(
        &self,
        query: &Query,
        each: &mut (dyn for<'e> FnMut(&'e Event) -> bool + Send),
    ) -> Result<(), ArchiveError> {
        let (path, query) = (self.path.clone(), query.clone());
        // A block at a time: who is slow to take them does not make it read ahead.
        let (events, mut found) = mpsc::channel::<Vec<Event>>(2);
        let reading = tokio::task::spawn_blocking(move || {
            reader::list(&path, &query, &mut |block| events.blocking_send(block).is_ok())
        });
        while let Some(block) = found.recv().await {
            if !block.iter().all(&mut *each) {
                break;
            }
        }
        drop(found);
        reading.await.map_err(broken)?
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it in")]
fn broken(error: tokio::task::JoinError) -> ArchiveError {
    ArchiveError::Away(format!("reading the archive broke off: {error}"))
}
