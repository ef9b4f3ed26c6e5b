//! The thread that writes to the archive's file.

use std::path::{Path, PathBuf};

use groundrule_database::sqlite::inode;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

use super::put::Put;
use super::seen::Seen;
use super::{file, trim};
use crate::archive::{ArchiveError, Entry, Limits};
use crate::part::Clock;

/// At most as many events go into one transaction, if the appends are not larger themselves.
const EVENTS: usize = 32 << 10;
/// And as many bytes.
const BYTES: usize = 32 << 20;

/// Entries to be kept, and whom to tell.
pub(super) struct Job {
    pub entries: Vec<Entry>,
    pub reply: oneshot::Sender<Result<usize, ArchiveError>>,
}

pub(super) struct Writer {
    path: PathBuf,
    limits: Limits,
    clock: Clock,
    /// None after something went wrong: it is opened anew for the next job.
    open: Option<Open>,
}

struct Open {
    connection: Connection,
    seen: Seen,
    /// Which file it is, whatever its path means later.
    inode: Option<u64>,
}

impl Writer {
    pub fn open(path: &Path, limits: Limits, clock: Clock) -> Result<Self, ArchiveError> {
        let open = Some(Open::new(path)?);
        Ok(Self { path: path.to_owned(), limits, clock, open })
    }

    /// Works until nobody hands in jobs any more.
    pub fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.blocking_recv() {
            let mut group = vec![first];
            let (mut events, mut bytes) = size(&group[0]);
            while events < EVENTS
                && bytes < BYTES
                && let Ok(job) = jobs.try_recv()
            {
                let (more, larger) = size(&job);
                (events, bytes) = (events + more, bytes + larger);
                group.push(job);
            }
            let mut kept = self.keep(&group, bytes).map(Vec::into_iter);
            for job in group {
                let new = match &mut kept {
                    Ok(kept) => Ok(kept.next().unwrap_or_default()),
                    Err(error) => Err(error.clone()),
                };
                // Who does not wait any more need not know.
                let _ = job.reply.send(new);
            }
        }
    }

    /// Keeps what is to be kept, and says how many entries of each job are new.
    fn keep(&mut self, group: &[Job], bytes: usize) -> Result<Vec<usize>, ArchiveError> {
        // A file that was moved away would take events which nobody finds again.
        if self.open.as_ref().is_some_and(|open| open.inode != inode(&self.path)) {
            self.open = None;
        }
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open::new(&self.path)?,
        };
        let now = (self.clock)();
        let kept = open
            .keep(group, bytes, self.limits, now)
            .map_err(|error| file::told(&self.path, &error))?;
        self.open = Some(open);
        Ok(kept)
    }
}

impl Open {
    fn new(path: &Path) -> Result<Self, ArchiveError> {
        let connection = file::open(path)?;
        Ok(Self { connection, seen: Seen::default(), inode: inode(path) })
    }

    fn keep(
        &mut self,
        group: &[Job],
        bytes: usize,
        limits: Limits,
        now: f64,
    ) -> rusqlite::Result<Vec<usize>> {
        let transaction =
            self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        trim::trim(&transaction, limits, now, bytes)?;
        // What is unique may have come before also where nobody says so: another process may have
        // it from the same source since, or this one before it came to this.
        let entries = group.iter().flat_map(|job| &job.entries);
        let again = entries.into_iter().any(|entry| entry.redelivered || entry.unique);
        let mut seen = again.then_some(&mut self.seen);
        if let Some(seen) = &mut seen {
            seen.catch_up(&transaction)?;
        }
        let mut put = Put::new(&transaction, now)?;
        let mut kept = Vec::with_capacity(group.len());
        for job in group {
            kept.push(put.entries(&job.entries, seen.as_deref_mut())?);
        }
        let (block, count) = put.finish()?;
        transaction.commit()?;
        if let Some(seen) = seen {
            seen.stands(block, count);
        }
        Ok(kept)
    }
}

fn size(job: &Job) -> (usize, usize) {
    (job.entries.len(), job.entries.iter().map(|entry| entry.event.raw().len()).sum())
}
