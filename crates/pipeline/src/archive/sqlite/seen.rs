//! Which messages were archived lately.

use std::collections::{HashMap, VecDeque};

use rusqlite::{Connection, OptionalExtension as _};

use super::block::read_hashes;
use crate::archive::Entry;

/// How many are remembered.
const MOST: usize = 1 << 20;

/// The hashes of the entries that were archived last, by this process or another.
///
/// They are read only when a message comes that was redelivered or has a name. A content that was
/// archived twice takes two redeliveries for known, so that of two messages with the same content
/// none is lost.
#[derive(Default)]
pub(super) struct Seen {
    counts: HashMap<u64, u32>,
    order: VecDeque<u64>,
    /// The last block that was read, and how many events of it.
    upto: Option<(i64, u32)>,
}

impl Seen {
    /// Reads what was archived since the last time.
    pub fn catch_up(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let (from, mut known) = match self.upto {
            Some(upto) => upto,
            None => (first_to_read(connection)?, 0),
        };
        let mut statement = connection
            .prepare_cached("SELECT id, hashes FROM contents WHERE id >= ? ORDER BY id")?;
        let mut rows = statement.query([from])?;
        while let Some(row) = rows.next()? {
            let id: i64 = row.get(0)?;
            // Only the last block may have grown.
            let skipped = if id == from { std::mem::take(&mut known) } else { 0 };
            let hashes = row.get_ref(1)?.as_blob()?;
            self.upto = Some((id, u32::try_from(hashes.len() / 8).unwrap_or(u32::MAX)));
            read_hashes(hashes).skip(skipped as usize).for_each(|hash| self.add(hash));
        }
        Ok(())
    }

    /// Says up to where what was added stands in the file.
    pub fn stands(&mut self, block: i64, count: u32) {
        self.upto = Some((block, count));
    }

    pub fn add(&mut self, hash: u64) {
        *self.counts.entry(hash).or_default() += 1;
        self.order.push_back(hash);
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.take(oldest);
        }
    }

    /// Whether a message was archived. Where others may look the same, it was if one more was
    /// archived than came again.
    pub fn knows(&mut self, entry: &Entry) -> bool {
        if entry.unique { self.counts.contains_key(&entry.hash) } else { self.take(entry.hash) }
    }

    fn take(&mut self, hash: u64) -> bool {
        let Some(count) = self.counts.get_mut(&hash) else { return false };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(&hash);
        }
        true
    }
}

/// The block from which on there are enough hashes.
fn first_to_read(connection: &Connection) -> rusqlite::Result<i64> {
    let first = connection
        .query_row(
            "SELECT id FROM
                 (SELECT id, sum(count) OVER (ORDER BY id DESC) AS total FROM
                     (SELECT id, count FROM blocks ORDER BY id DESC LIMIT ?1))
             WHERE total >= ?1 ORDER BY id DESC LIMIT 1",
            [i64::try_from(MOST).unwrap_or(i64::MAX)],
            |row| row.get(0),
        )
        .optional()?;
    Ok(first.unwrap_or(0))
}
