//! Events that wait on disk for a far side that is away.
//!
//! A [`Spool`] is a directory: segments `0000000000000000.segment` with records behind one another,
//! `position` that says from where on they are still to be sent, and `lock`. What `append` returned
//! for is on the disk, whatever ends the process; a record that was being written when it ended is
//! cut off when the spool is opened again. Several processes for one address have [`Slots`].

mod error;
mod position;
mod record;
mod segment;
mod slots;

use std::collections::VecDeque;
use std::fs::{self, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use groundrule_core::delivery::{Backlog, CarryError, Message};

pub use error::SpoolError;
use position::{Place, Position};
use segment::Segment;
pub use slots::Slots;

/// From this size on, a segment is not appended to any more.
const SEGMENT_BYTES: u64 = 16 << 20;
/// How many bytes of messages are taken up at once, unless one alone has more.
const PEEK_BYTES: u64 = 16 << 20;

/// Messages in a directory, first in, first out.
pub struct Spool {
    directory: PathBuf,
    limit: u64,
    /// Held as long as the spool is open.
    _lock: File,
    position: Position,
    /// In the order of their numbers; the position is in the first.
    segments: VecDeque<Segment>,
    len: u64,
    bytes: u64,
    /// How many were looked at last, and where the one behind them begins.
    peeked: (u64, Place),
}

impl Spool {
    /// Opens the spool in a directory, which is made if need be, for this process alone. It will
    /// hold no more than `limit_bytes` on the disk.
    ///
    /// # Errors
    /// When another process has it open, when it cannot be read, and when a part of it is damaged
    /// that had been written as a whole.
    pub fn open(directory: &Path, limit_bytes: u64) -> Result<Self, SpoolError> {
        let io = |what, path: &Path| SpoolError::at(what, path);
        make(directory)?;
        let path = directory.join("lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(io("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(SpoolError::Locked { directory: directory.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(io("lock", &path)(error)),
        }
        let position = Position::open(directory)?;
        let mut spool = Self {
            directory: directory.to_owned(),
            limit: limit_bytes,
            _lock: lock,
            segments: VecDeque::new(),
            len: 0,
            bytes: 0,
            peeked: (0, position.place),
            position,
        };
        spool.take_stock()?;
        Ok(spool)
    }

    /// Finds out what there is, and removes what was sent.
    fn take_stock(&mut self) -> Result<(), SpoolError> {
        let numbers = segment::numbers(&self.directory)?;
        let (sent, waiting): (Vec<_>, Vec<_>) =
            numbers.into_iter().partition(|number| *number < self.position.place.segment);
        for number in sent {
            segment::remove(&self.directory, number)?;
        }
        let place = &mut self.position.place;
        match waiting.first() {
            Some(first) if *first == place.segment => {}
            Some(first) => *place = Place { segment: *first, offset: 0 },
            None => place.offset = 0,
        }
        for number in &waiting {
            let last = waiting.last() == Some(number);
            let from = if *number == place.segment { place.offset } else { 0 };
            let (segment, count) = Segment::open(&self.directory, *number, from, last)?;
            let from = from.min(segment.end);
            if *number == place.segment {
                place.offset = from;
            }
            self.len += count;
            self.bytes += segment.end - from;
            self.segments.push_back(segment);
        }
        self.peeked = (0, *place);
        Ok(())
    }

    /// Puts messages behind the others, all of them or none, and returns when they are on the disk.
    ///
    /// # Errors
    /// When they would go over the limit, or cannot be written: the disk is full. The spool is then
    /// as it was.
    pub fn append(&mut self, messages: &[Message]) -> Result<(), SpoolError> {
        if messages.is_empty() {
            return Ok(());
        }
        let mut group = Vec::with_capacity(
            messages.iter().map(|message| record::HEADER + message.body.len()).sum(),
        );
        for message in messages {
            record::write(message, &mut group)?;
        }
        let size = group.len() as u64;
        if self.bytes + size > self.limit {
            let (directory, limit) = (self.directory.clone(), self.limit);
            return Err(SpoolError::Full { directory, limit });
        }
        self.writable()?.append(&group)?;
        self.len += messages.len() as u64;
        self.bytes += size;
        Ok(())
    }

    /// The segment to append to: a new one where the last is large enough.
    fn writable(&mut self) -> Result<&mut Segment, SpoolError> {
        let next = match self.segments.back() {
            Some(last) if last.end < SEGMENT_BYTES => None,
            Some(last) => Some(last.number + 1),
            None => Some(self.position.place.segment),
        };
        if let Some(number) = next {
            self.segments.push_back(Segment::create(&self.directory, number)?);
        }
        Ok(self.segments.back_mut().expect("there is a segment: one was just made if need be"))
    }

    /// The first messages, at most `max`, which stay. Fewer where they are large.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn peek(&mut self, max: usize) -> Result<Vec<Message>, SpoolError> {
        let mut messages = Vec::new();
        let place = self.walk(max as u64, PEEK_BYTES, |message| messages.push(message))?;
        self.peeked = (messages.len() as u64, place);
        Ok(messages)
    }

    /// Removes the first `n` messages, and returns when that is on the disk.
    ///
    /// # Errors
    /// When that cannot be written; they may come again then.
    pub fn advance(&mut self, n: usize) -> Result<(), SpoolError> {
        let n = (n as u64).min(self.len);
        if n == 0 {
            return Ok(());
        }
        let mut place = match self.peeked {
            (peeked, place) if peeked == n => place,
            _ => self.walk(n, u64::MAX, |_| {})?,
        };
        if n == self.len {
            // Nothing is left: what comes next begins a new segment, and the disk gets all back.
            let last = self.segments.back().map_or(place.segment, |segment| segment.number);
            place = Place { segment: last + 1, offset: 0 };
        }
        self.bytes -= self.between(place);
        self.len -= n;
        self.peeked = (0, place);
        self.position.write(place)?;
        while self.segments.front().is_some_and(|segment| segment.number < place.segment) {
            let sent = self.segments.pop_front();
            sent.map_or(Ok(()), |sent| segment::remove(&self.directory, sent.number))?;
        }
        Ok(())
    }

    /// How many bytes stand between the position and another one behind it.
    fn between(&self, place: Place) -> u64 {
        let from = self.position.place;
        if from.segment == place.segment {
            return place.offset - from.offset;
        }
        let whole: u64 =
            self.segments.iter().take_while(|s| s.number < place.segment).map(|s| s.end).sum();
        whole - from.offset + place.offset
    }

    /// Shows the first messages; returns where the one behind them begins.
    fn walk(
        &self,
        max: u64,
        bytes: u64,
        mut each: impl FnMut(Message),
    ) -> Result<Place, SpoolError> {
        let mut place = self.position.place;
        let (mut left, mut budget) = (max, bytes);
        for segment in &self.segments {
            if segment.number != place.segment {
                place = Place { segment: segment.number, offset: 0 };
            }
            let walked = segment.walk(place.offset, left, budget, &mut each)?;
            left -= walked.count;
            budget = budget.saturating_sub(walked.at - place.offset);
            place.offset = walked.at;
            if left == 0 || budget == 0 || walked.at < segment.end {
                break;
            }
        }
        Ok(place)
    }

    /// How many messages wait.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX)
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many bytes of the disk they take.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

/// Makes a directory, and returns when its name is on the disk.
fn make(directory: &Path) -> Result<(), SpoolError> {
    let missing: Vec<_> = directory.ancestors().take_while(|above| !above.exists()).collect();
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(SpoolError::at("make", directory))?;
    for made in missing {
        let above = made.parent().filter(|above| !above.as_os_str().is_empty());
        segment::sync_directory(above.unwrap_or(Path::new(".")))?;
    }
    Ok(())
}

impl Backlog for Spool {
    fn append(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        Ok(self.append(messages)?)
    }

    fn first(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        Ok(self.peek(max)?)
    }

    fn forget(&mut self, n: usize) -> Result<(), CarryError> {
        Ok(self.advance(n)?)
    }

    fn waiting(&self) -> u64 {
        self.len
    }
}
