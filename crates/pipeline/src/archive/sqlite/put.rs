//! Puts entries into blocks, and blocks into the file.

use groundrule_core::event::EventId;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::block::{Block, FEW, unpacked};
use super::seen::Seen;
use crate::archive::Entry;

/// Fills the last block of the file, and those after it, within a transaction.
pub(super) struct Put<'c> {
    connection: &'c Connection,
    now: f64,
    id: i64,
    block: Block,
    /// Whether the block has something that the file has not.
    fresh: bool,
}

impl<'c> Put<'c> {
    pub fn new(connection: &'c Connection, now: f64) -> rusqlite::Result<Self> {
        let last = connection
            .prepare_cached("SELECT id, count FROM blocks ORDER BY id DESC LIMIT 1")?
            .query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, u32>(1)?)))
            .optional()?;
        let (id, block) = match last {
            Some((id, count)) if count < FEW => (id, reopened(connection, id)?),
            Some((id, _)) => (id + 1, None),
            None => (1, None),
        };
        // A small block that cannot be read is left as it is.
        let (id, block) = match block {
            Some(block) if !block.is_full() => (id, block),
            Some(_) => (id + 1, Block::default()),
            None => (last.map_or(1, |(id, _)| id + 1), Block::default()),
        };
        Ok(Self { connection, now, id, block, fresh: false })
    }

    /// Keeps those entries of one append that are not there, and says how many. Two of them that
    /// were redelivered are two messages, even if they look the same: the one is not taken for the
    /// other.
    pub fn entries(
        &mut self,
        entries: &[Entry],
        mut seen: Option<&mut Seen>,
    ) -> rusqlite::Result<usize> {
        let mut redelivered = Vec::new();
        let mut new = 0;
        for entry in entries {
            if let Some(seen) = seen.as_deref_mut()
                && (entry.redelivered || entry.unique)
                && seen.knows(entry)
            {
                continue;
            }
            if entry.named && !self.name(entry)? {
                continue;
            }
            match seen.as_deref_mut() {
                Some(_) if entry.redelivered && !entry.unique => redelivered.push(entry.hash),
                Some(seen) => seen.add(entry.hash),
                None => {}
            }
            new += 1;
            self.block.add(entry);
            self.fresh = true;
            if self.block.is_full() {
                self.write()?;
            }
        }
        if let Some(seen) = seen {
            redelivered.into_iter().for_each(|hash| seen.add(hash));
        }
        Ok(new)
    }

    /// Writes what is left, and returns the last block that has events, and how many.
    pub fn finish(mut self) -> rusqlite::Result<(i64, u32)> {
        let stands = match self.block.count() {
            0 => self.connection.query_row(
                "SELECT coalesce(max(id), 0), coalesce(max(count), 0) FROM
                     (SELECT id, count FROM blocks ORDER BY id DESC LIMIT 1)",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?,
            count => (self.id, count),
        };
        if self.fresh {
            self.write()?;
        }
        Ok(stands)
    }

    /// Whether an event that came with its identity is new.
    fn name(&self, entry: &Entry) -> rusqlite::Result<bool> {
        let id = entry.event.eventid().and_then(EventId::parse).unwrap_or(EventId([0; 12]));
        let added = self
            .connection
            .prepare_cached("INSERT OR IGNORE INTO named (eventid, hash, block) VALUES (?, ?, ?)")?
            .execute(params![id.0.as_slice(), entry.hash.cast_signed(), self.id])?;
        Ok(added == 1)
    }

    fn write(&mut self) -> rusqlite::Result<()> {
        let block = &mut self.block;
        let sealed = block.seal();
        let (since, until) = block.times.unwrap_or_default();
        let (first, last) = block.ids.unzip();
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO blocks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)")?
            .execute(params![
                self.id,
                self.now,
                block.count(),
                first.map(|id| id.0),
                last.map(|id| id.0),
                since,
                until,
                block.kinds,
                sealed.keys,
            ])?;
        self.connection
            .prepare_cached("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)")?
            .execute(params![self.id, sealed.bytes, sealed.hashes, sealed.text])?;
        self.block = Block::default();
        self.fresh = false;
        self.id += 1;
        Ok(())
    }
}

/// The last block, if it can be read.
fn reopened(connection: &Connection, id: i64) -> rusqlite::Result<Option<Block>> {
    let mut statement = connection.prepare_cached(
        "SELECT first, last, since, until, kinds, keys, bytes, hashes, events
         FROM blocks JOIN contents USING (id) WHERE id = ?",
    )?;
    statement
        .query_row([id], |row| {
            let bytes = row.get(6)?;
            let Ok(text) = unpacked(row.get_ref(8)?.as_blob()?, bytes) else { return Ok(None) };
            let (hashes, keys) = (row.get_ref(7)?.as_blob()?, row.get_ref(5)?.as_blob()?);
            let mut block = Block::reopened(text, hashes, keys);
            let ids: (Option<[u8; 12]>, Option<[u8; 12]>) = (row.get(0)?, row.get(1)?);
            block.ids = ids.0.map(EventId).zip(ids.1.map(EventId));
            block.times = Some((row.get(2)?, row.get(3)?));
            block.kinds = row.get(4)?;
            Ok(Some(block))
        })
        .optional()
        .map(Option::flatten)
}
