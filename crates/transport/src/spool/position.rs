//! From where on a spool is still to be sent.
//!
//! The file has two places for it, written in turn: when the process ends while one is written, the
//! other one holds, and some messages are sent twice.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::xxh3_64;

use super::{SpoolError, segment};

/// How far apart the two places are: in different sectors of the disk.
const APART: u64 = 4096;

/// A byte of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub segment: u64,
    pub offset: u64,
}

/// The position, and the file that it is in.
pub struct Position {
    pub place: Place,
    file: File,
    path: PathBuf,
    turn: u64,
}

impl Position {
    pub fn open(directory: &Path) -> Result<Self, SpoolError> {
        let path = directory.join("position");
        let file = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(SpoolError::at("open", &path))?;
        let slots = [0, 1].map(|slot| read(&file, slot));
        let newest = slots.into_iter().flatten().max_by_key(|(turn, _)| *turn);
        let (turn, place) = newest.unwrap_or_default();
        let mut position = Self { place, file, path, turn };
        if newest.is_none() {
            // Both are written now, so that later nothing but writing over them is needed: that
            // works on a full disk too.
            position.write(place)?;
            position.write(place)?;
            segment::sync_directory(directory)?;
        }
        Ok(position)
    }

    /// Moves it, and returns when that is on the disk.
    pub fn write(&mut self, place: Place) -> Result<(), SpoolError> {
        self.place = place;
        self.turn += 1;
        let mut slot = [0; 32];
        for (bytes, number) in slot.chunks_mut(8).zip([self.turn, place.segment, place.offset]) {
            bytes.copy_from_slice(&number.to_le_bytes());
        }
        let sum = xxh3_64(&slot[..24]);
        slot[24..].copy_from_slice(&sum.to_le_bytes());
        self.file
            .write_all_at(&slot, self.turn % 2 * APART)
            .and_then(|()| self.file.sync_data())
            .map_err(SpoolError::at("write", &self.path))
    }
}

fn read(file: &File, slot: u64) -> Option<(u64, Place)> {
    let mut bytes = [0; 32];
    file.read_exact_at(&mut bytes, slot * APART).ok()?;
    let number = |at: usize| bytes[at..at + 8].try_into().map(u64::from_le_bytes).ok();
    let place = Place { segment: number(8)?, offset: number(16)? };
    (number(24)? == xxh3_64(&bytes[..24])).then_some((number(0)?, place))
}
