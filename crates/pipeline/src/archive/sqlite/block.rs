//! Blocks: some events that are kept together, compressed.

use bytes::Bytes;
use groundrule_core::event::{Event, EventId, Kind};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::archive::Entry;

/// A block with as many events is full.
const MOST: usize = 256;
/// As is one with as many bytes of text.
const MOST_BYTES: usize = 256 << 10;
/// A block with fewer events takes those of the next transaction in.
pub(super) const FEW: u32 = 64;

/// A block that is filled.
#[derive(Clone, Debug, Default)]
pub(super) struct Block {
    /// The events, each on a line.
    text: Vec<u8>,
    /// The hashes of the entries.
    hashes: Vec<u64>,
    /// The first and the last identity that the portal gave; they grow with time.
    pub ids: Option<(EventId, EventId)>,
    /// The first and the last time of an event.
    pub times: Option<(f64, f64)>,
    /// Which kinds there are: a bit each.
    pub kinds: u8,
    /// Subjects and names, hashed.
    keys: Vec<u32>,
}

/// What a block has beside its text.
pub(super) struct Sealed {
    pub keys: Vec<u8>,
    pub hashes: Vec<u8>,
    pub text: Vec<u8>,
    /// The bytes of the text before it was compressed.
    pub bytes: u32,
}

impl Block {
    /// A block that is in the file already, to be filled further.
    pub fn reopened(text: Vec<u8>, hashes: &[u8], keys: &[u8]) -> Self {
        let keys = keys.as_chunks().0.iter().map(|key| u32::from_le_bytes(*key)).collect();
        Self { text, hashes: read_hashes(hashes).collect(), keys, ..Self::default() }
    }

    pub fn add(&mut self, entry: &Entry) {
        let event = &entry.event;
        self.text.extend_from_slice(event.raw());
        self.text.push(b'\n');
        self.hashes.push(entry.hash);
        if !entry.named {
            let id = event.eventid().and_then(EventId::parse).unwrap_or(EventId([0; 12]));
            let (first, last) = self.ids.get_or_insert((id, id));
            (*first, *last) = ((*first).min(id), (*last).max(id));
        }
        let time = event.time().unwrap_or_default();
        let (first, last) = self.times.get_or_insert((time, time));
        (*first, *last) = (first.min(time), last.max(time));
        self.kinds |= bit(event.kind());
        self.keys.extend([subject_key(event.subject()), name_key(event.name())]);
    }

    /// How many events it has.
    pub fn count(&self) -> u32 {
        u32::try_from(self.hashes.len()).unwrap_or(u32::MAX)
    }

    pub fn is_full(&self) -> bool {
        self.hashes.len() >= MOST || self.text.len() >= MOST_BYTES
    }

    pub fn seal(&mut self) -> Sealed {
        self.keys.sort_unstable();
        self.keys.dedup();
        Sealed {
            keys: self.keys.iter().flat_map(|key| key.to_le_bytes()).collect(),
            hashes: self.hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect(),
            text: lz4_flex::compress(&self.text),
            bytes: u32::try_from(self.text.len()).unwrap_or(u32::MAX),
        }
    }
}

/// The text of a block.
pub(super) fn unpacked(text: &[u8], bytes: u32) -> Result<Vec<u8>, String> {
    let bytes = bytes as usize;
    match lz4_flex::decompress(text, bytes) {
        Ok(text) if text.len() == bytes => Ok(text),
        Ok(text) => Err(format!("{} bytes instead of {bytes}", text.len())),
        Err(error) => Err(error.to_string()),
    }
}

/// The events of a block's text.
pub(super) fn events(text: Vec<u8>) -> impl DoubleEndedIterator<Item = Event> {
    let text = Bytes::from(text);
    let ends: Vec<usize> = memchr_lines(&text).collect();
    let starts: Vec<usize> = std::iter::once(0).chain(ends.iter().map(|end| end + 1)).collect();
    let lines = starts.into_iter().zip(ends);
    // What was archived could be read; what cannot be read any more is no event.
    lines.filter_map(move |(start, end)| Event::read(text.slice(start..end)).ok())
}

fn memchr_lines(text: &[u8]) -> impl Iterator<Item = usize> {
    text.iter().enumerate().filter_map(|(at, byte)| (*byte == b'\n').then_some(at))
}

pub(super) fn read_hashes(hashes: &[u8]) -> impl Iterator<Item = u64> {
    hashes.as_chunks().0.iter().map(|hash| u64::from_le_bytes(*hash))
}

/// Whether a block may have events of this subject or name: the hashes are sorted.
pub(super) fn may_have(keys: &[u8], key: u32) -> bool {
    let keys: &[[u8; 4]] = keys.as_chunks().0;
    keys.binary_search_by_key(&key, |bytes| u32::from_le_bytes(*bytes)).is_ok()
}

pub(super) fn bit(kind: Kind) -> u8 {
    1 << kind as u8
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
pub(super) fn subject_key(subject: &str) -> u32 {
    xxh3_64(subject.as_bytes()) as u32
}

#[expect(clippy::cast_possible_truncation, reason = "a part of a hash is a hash")]
pub(super) fn name_key(name: &str) -> u32 {
    xxh3_64_with_seed(name.as_bytes(), 1) as u32
}
