//! One file of a spool: records behind one another.

use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use groundrule_core::delivery::Message;

use super::{SpoolError, record};

/// How much of a segment is read at once.
const READ_BYTES: u64 = 1 << 20;

/// A segment.
pub struct Segment {
    pub number: u64,
    /// Where the next record goes.
    pub end: u64,
    file: File,
    path: PathBuf,
    /// Whether a group that could not be written may still stand behind the end.
    torn: bool,
}

/// How far a walk came.
pub struct Walked {
    pub at: u64,
    pub count: u64,
}

impl Segment {
    /// Makes a segment with nothing in it.
    pub fn create(directory: &Path, number: u64) -> Result<Self, SpoolError> {
        let path = path(directory, number);
        let file = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(SpoolError::at("make", &path))?;
        sync_directory(directory)?;
        Ok(Self { number, end: 0, file, path, torn: false })
    }

    /// Opens a segment; says how many messages it has from an offset on. From the last one, what
    /// was being written when the process ended is cut off.
    pub fn open(
        directory: &Path,
        number: u64,
        from: u64,
        last: bool,
    ) -> Result<(Self, u64), SpoolError> {
        let path = path(directory, number);
        let io = |what| SpoolError::at(what, &path);
        let file = File::options().read(true).write(true).open(&path).map_err(io("open"))?;
        let size = file.metadata().map_err(io("read"))?.len();
        let mut segment = Self { number, end: size, file, path: path.clone(), torn: false };
        let from = from.min(size);
        let walked = segment.try_walk(from, u64::MAX, u64::MAX, &mut |_| {})?;
        if walked.at < size && !last {
            return Err(SpoolError::Damaged { file: path, offset: walked.at });
        }
        if walked.at < size {
            tracing::warn!(file = %path.display(), bytes = size - walked.at, "a record that was not written to its end is cut off");
            segment.file.set_len(walked.at).map_err(io("cut"))?;
            segment.file.sync_data().map_err(io("write"))?;
        }
        segment.end = walked.at;
        Ok((segment, walked.count))
    }

    /// Writes a group of records, and returns when it is on the disk.
    pub fn append(&mut self, group: &[u8]) -> Result<(), SpoolError> {
        if self.torn {
            self.file.set_len(self.end).map_err(SpoolError::at("cut", &self.path))?;
            self.torn = false;
        }
        let written = self.file.write_all_at(group, self.end).and_then(|()| self.file.sync_data());
        if let Err(error) = written {
            self.torn = self.file.set_len(self.end).is_err();
            return Err(SpoolError::at("write", &self.path)(error));
        }
        self.end += group.len() as u64;
        Ok(())
    }

    /// Shows at most `max` messages, until they have `bytes`.
    pub fn walk(
        &self,
        from: u64,
        max: u64,
        bytes: u64,
        each: &mut impl FnMut(Message),
    ) -> Result<Walked, SpoolError> {
        let walked = self.try_walk(from, max, bytes, each)?;
        let complete = walked.at == self.end || walked.count == max || walked.at - from >= bytes;
        match complete {
            true => Ok(walked),
            false => Err(SpoolError::Damaged { file: self.path.clone(), offset: walked.at }),
        }
    }

    /// The same, up to the first bytes that are no record.
    fn try_walk(
        &self,
        from: u64,
        max: u64,
        bytes: u64,
        each: &mut impl FnMut(Message),
    ) -> Result<Walked, SpoolError> {
        let mut walked = Walked { at: from, count: 0 };
        let mut wanted = READ_BYTES.min(max.saturating_mul(4096));
        loop {
            let mut read = self.read(walked.at, wanted)?;
            let begun = walked.at;
            while walked.count < max
                && walked.at - from < bytes
                && let Some(message) = record::read(&read)
            {
                let size = record::HEADER + message.body.len();
                read = read.slice(size..);
                walked.at += size as u64;
                walked.count += 1;
                each(message);
            }
            let more = walked.count < max && walked.at - from < bytes && walked.at < self.end;
            if !more {
                return Ok(walked);
            }
            if walked.at == begun {
                // Nothing came of it: either the record is larger than what was read, or none.
                let needed = record::length(&read).unwrap_or(u64::MAX);
                if needed <= read.len() as u64 || needed > self.end - walked.at {
                    return Ok(walked);
                }
                wanted = needed;
            }
        }
    }

    fn read(&self, at: u64, wanted: u64) -> Result<Bytes, SpoolError> {
        let size = usize::try_from(wanted.min(self.end - at)).unwrap_or(usize::MAX);
        let mut buffer = vec![0; size];
        self.file.read_exact_at(&mut buffer, at).map_err(SpoolError::at("read", &self.path))?;
        Ok(buffer.into())
    }
}

/// The numbers of the segments in a directory, in order.
pub fn numbers(directory: &Path) -> Result<Vec<u64>, SpoolError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(directory).map_err(SpoolError::at("read", directory))? {
        let name = entry.map_err(SpoolError::at("read", directory))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".segment"));
        numbers.extend(number.and_then(|number| u64::from_str_radix(number, 16).ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes a segment.
pub fn remove(directory: &Path, number: u64) -> Result<(), SpoolError> {
    let path = path(directory, number);
    fs::remove_file(&path).map_err(SpoolError::at("remove", &path))
}

/// Returns when the names in a directory are on the disk.
pub fn sync_directory(directory: &Path) -> Result<(), SpoolError> {
    File::open(directory)
        .and_then(|directory| directory.sync_all())
        .map_err(SpoolError::at("write", directory))
}

fn path(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{number:016x}.segment"))
}
