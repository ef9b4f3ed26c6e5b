//! The spools of one address: each process writes to one of its own.
//!
//! They are directories beside each other, `0`, `1` and so on, of which a process has the first that
//! no other one holds. The locks of the spools decide that, and they end with the process. A
//! directory is never removed: whoever just opened its lock would hold one that nobody else sees.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use groundrule_core::delivery::{Backlog, CarryError, Message};

use super::{Spool, SpoolError};

/// How many processes at a time may have messages for one address.
const SLOTS: u32 = 64;

/// The spool of this process, and those that were taken over from processes that are gone.
pub struct Slots {
    directory: PathBuf,
    limit: u64,
    own: Spool,
    /// None of them is empty. They come before what is our own.
    adopted: VecDeque<Spool>,
    /// Whether the messages that were looked at last are our own: what was adopted since comes
    /// behind them, or others than those that were sent would be forgotten.
    own_first: bool,
    /// Those that are damaged, as they were then: each is read and told once.
    damaged: Vec<(SystemTime, PathBuf)>,
}

impl Slots {
    /// Takes the first spool in a directory that no other process holds. It will hold no more than
    /// `limit_bytes` on the disk.
    ///
    /// # Errors
    /// When others hold all of them, or it cannot be opened.
    pub fn open(directory: &Path, limit_bytes: u64) -> Result<Self, SpoolError> {
        let mut slot = 0;
        let own = loop {
            match Spool::open(&directory.join(slot.to_string()), limit_bytes) {
                Err(SpoolError::Locked { .. }) if slot + 1 < SLOTS => slot += 1,
                opened => break opened?,
            }
        };
        let (directory, adopted) = (directory.to_owned(), VecDeque::new());
        let (own_first, damaged) = (false, Vec::new());
        Ok(Self { directory, limit: limit_bytes, own, adopted, own_first, damaged })
    }

    /// Takes over what waits in the spools that nobody holds any more. One that cannot be opened
    /// keeps no other from being taken over.
    ///
    /// Nothing more is taken over until that is sent. While the far side is away, whoever starts
    /// has the slot that the last one left; else there would be one more after every start.
    ///
    /// # Errors
    /// The first thing that is wrong with one of them.
    pub fn adopt(&mut self) -> Result<(), SpoolError> {
        if !self.adopted.is_empty() {
            return Ok(());
        }
        let mut wrong = None;
        for (written, slot) in self.left()? {
            match Spool::open(&slot, self.limit) {
                // What was sent to its end, and not removed any more, is removed by that.
                Ok(spool) if spool.is_empty() => {}
                Ok(spool) => {
                    tracing::info!(directory = %slot.display(), waiting = spool.len(), "what a process left is taken over");
                    self.adopted.push_back(spool);
                }
                Err(SpoolError::Locked { .. }) => {}
                Err(error) => {
                    if matches!(error, SpoolError::Damaged { .. }) {
                        self.damaged.push((written, slot));
                    }
                    wrong = wrong.or(Some(error));
                }
            }
        }
        wrong.map_or(Ok(()), Err)
    }

    /// The other slots in which something is: the one first that was written to the longest ago.
    fn left(&self) -> Result<Vec<(SystemTime, PathBuf)>, SpoolError> {
        let at = |what| SpoolError::at(what, &self.directory);
        let mut left = Vec::new();
        for entry in fs::read_dir(&self.directory).map_err(at("read"))? {
            let slot = entry.map_err(at("read"))?.path();
            let number = slot.file_name().and_then(|name| name.to_str()?.parse::<u32>().ok());
            if number.is_some()
                && self.own.directory != slot
                && let Some(written) = written(&slot)
            {
                left.push((written, slot));
            }
        }
        left.retain(|slot| !self.damaged.contains(slot));
        left.sort();
        Ok(left)
    }

    /// The spool with the first messages.
    fn front(&mut self) -> &mut Spool {
        match self.adopted.front_mut() {
            Some(adopted) if !self.own_first => adopted,
            _ => &mut self.own,
        }
    }

    /// Gives up what is empty.
    fn give_up(&mut self) {
        self.own_first &= !self.own.is_empty();
        while self.adopted.front().is_some_and(Spool::is_empty) {
            self.adopted.pop_front();
        }
    }
}

/// When a spool was last written to; none where nothing waits in it, or it cannot be looked at.
fn written(slot: &Path) -> Option<SystemTime> {
    let files = fs::read_dir(slot).ok()?.flatten();
    let segments = files.filter(|file| file.path().extension().is_some_and(|e| e == "segment"));
    let written = segments.filter_map(|file| file.metadata().ok()).filter(|meta| meta.len() > 0);
    written.filter_map(|meta| meta.modified().ok()).max()
}

impl Backlog for Slots {
    fn append(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        Ok(self.own.append(messages)?)
    }

    /// Those of one spool, so that there may be fewer than wait.
    fn first(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        self.own_first = self.adopted.is_empty();
        Ok(self.front().peek(max)?)
    }

    fn forget(&mut self, n: usize) -> Result<(), CarryError> {
        let mut left = n;
        while left > 0 && self.waiting() > 0 {
            let front = self.front();
            let some = left.min(front.len());
            let done = front.advance(some);
            self.give_up();
            done?;
            left -= some;
        }
        self.own_first = false;
        Ok(())
    }

    fn waiting(&self) -> u64 {
        self.adopted.iter().chain([&self.own]).map(|spool| spool.len).sum()
    }

    fn adopt(&mut self) -> Result<(), CarryError> {
        Ok(self.adopt()?)
    }
}
