//! Strings that occur many times, each stored once under a number.

use std::io;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::dump::Dump;

/// Marks an empty place of the hash table, and "no string" for those who refer to one.
pub const NONE: u32 = u32::MAX;

/// A set of strings by number. It is three arrays, so that a snapshot can hold it as it is.
#[derive(Clone, Debug)]
pub struct Strings {
    seed: u64,
    bytes: Vec<u8>,
    ends: Vec<u64>,
    table: Vec<u32>,
}

impl Strings {
    /// An empty set; a seed that nobody foresees keeps hostile input from slowing it down.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, bytes: Vec::new(), ends: Vec::new(), table: vec![NONE; 1024] }
    }

    /// How many strings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The string of a number; empty for [`NONE`].
    #[must_use]
    pub fn get(&self, id: u32) -> &str {
        std::str::from_utf8(self.bytes(id)).unwrap_or_default()
    }

    fn bytes(&self, id: u32) -> &[u8] {
        let id = id as usize;
        let Some(&end) = self.ends.get(id) else {
            return &[];
        };
        let start = id.checked_sub(1).map_or(0, |before| self.ends[before]);
        let (Ok(start), Ok(end)) = (usize::try_from(start), usize::try_from(end)) else {
            return &[];
        };
        self.bytes.get(start..end).unwrap_or_default()
    }

    /// The number of a string, which is added if it is new.
    pub fn intern(&mut self, text: &str) -> u32 {
        let place = match self.probe(text) {
            Ok(id) => return id,
            Err(place) => place,
        };
        let id = u32::try_from(self.ends.len()).unwrap_or(NONE);
        self.bytes.extend_from_slice(text.as_bytes());
        self.ends.push(self.bytes.len() as u64);
        self.table[place] = id;
        if self.ends.len() * 4 > self.table.len() * 3 {
            self.grow();
        }
        id
    }

    /// The number of a string, if it is there.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        self.probe(text).ok()
    }

    /// Numbers and strings, in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..self.len()).map(|id| {
            let id = u32::try_from(id).unwrap_or(NONE);
            (id, self.get(id))
        })
    }

    fn probe(&self, text: &str) -> Result<u32, usize> {
        let mask = self.table.len() - 1;
        let mut place = self.hash(text.as_bytes(), mask);
        loop {
            match self.table[place] {
                NONE => return Err(place),
                id if self.bytes(id) == text.as_bytes() => return Ok(id),
                _ => place = (place + 1) & mask,
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "masked to the table's size")]
    fn hash(&self, bytes: &[u8], mask: usize) -> usize {
        xxh3_64_with_seed(bytes, self.seed) as usize & mask
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![NONE; mask + 1];
        for id in 0..self.ends.len() {
            let id = u32::try_from(id).unwrap_or(NONE);
            let mut place = self.hash(self.bytes(id), mask);
            while table[place] != NONE {
                place = (place + 1) & mask;
            }
            table[place] = id;
        }
        self.table = table;
    }

    /// Writes or fills the arrays.
    ///
    /// # Errors
    /// Those of the dump.
    pub fn dump(&mut self, dump: &mut impl Dump) -> io::Result<()> {
        dump.number(&mut self.seed)?;
        dump.array(&mut self.bytes)?;
        dump.array(&mut self.ends)?;
        dump.array(&mut self.table)
    }

    /// Whether the arrays fit together.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let Ok(text) = std::str::from_utf8(&self.bytes) else {
            return false;
        };
        let mut start = 0;
        let ends = self.ends.iter().all(|end| {
            let after = *end >= start;
            start = *end;
            after && usize::try_from(start).is_ok_and(|start| text.is_char_boundary(start))
        });
        ends && start == self.bytes.len() as u64
            && self.table.len().is_power_of_two()
            && self.table.contains(&NONE)
            && self.table.iter().all(|id| *id == NONE || (*id as usize) < self.ends.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_string_has_one_number() {
        let mut strings = Strings::new(7);
        assert!(strings.is_sound());
        let ids: Vec<_> = (0..5000).map(|n| strings.intern(&format!("s{}", n % 1700))).collect();
        assert_eq!(strings.len(), 1700);
        assert_eq!(ids[0], ids[1700]);
        assert_eq!(strings.get(ids[1699]), "s1699");
        assert_eq!((strings.find("s3"), strings.find("x")), (Some(3), None));
        assert!(strings.is_sound());
        strings.ends[0] = strings.ends[1] + 1;
        assert!(!strings.is_sound());
    }
}
