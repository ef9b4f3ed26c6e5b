//! Looks events up in the archive's file.

use std::path::Path;

use bytes::Bytes;
use groundrule_core::event::{Event, EventId};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::block::{bit, events, may_have, name_key, subject_key, unpacked};
use super::file;
use crate::archive::{ArchiveError, Query};

/// How many blocks are looked through before the file is let go of: who writes is not to wait.
const PAGE: usize = 512;

/// The events of an identity.
pub(super) fn get(path: &Path, id: EventId) -> Result<Vec<Bytes>, ArchiveError> {
    let connection = file::read_only(path)?;
    let told = |error: rusqlite::Error| file::told(path, &error);
    let blocks = blocks_with(&connection, id).map_err(told)?;
    let mut found = Vec::new();
    for block in blocks {
        let all = content(path, &connection, block)?;
        let is_it = |event: &Event| event.eventid().and_then(EventId::parse) == Some(id);
        found.extend(all.filter(is_it).map(|event| event.raw().clone()));
    }
    Ok(found)
}

fn blocks_with(connection: &Connection, id: EventId) -> rusqlite::Result<Vec<i64>> {
    connection
        .prepare(
            "SELECT id FROM blocks WHERE first <= ?1 AND last >= ?1
             UNION SELECT block FROM named WHERE eventid = ?1 ORDER BY 1",
        )?
        .query_map([id.0], |row| row.get(0))?
        .collect()
}

/// Hands out what matches, a block at a time, until told to stop.
pub(super) fn list(
    path: &Path,
    query: &Query,
    each: &mut dyn FnMut(Vec<Event>) -> bool,
) -> Result<(), ArchiveError> {
    let connection = file::read_only(path)?;
    let told = |error: rusqlite::Error| file::told(path, &error);
    let last: i64 = connection
        .query_row("SELECT coalesce(max(id), 0) FROM blocks", [], |row| row.get(0))
        .map_err(told)?;
    let matching = |block: i64| -> Result<Vec<Event>, ArchiveError> {
        Ok(content(path, &connection, block)?.filter(|event| matches(query, event)).collect())
    };
    let (mut after, mut skipped) = match query.limit {
        Some(limit) => newest(&connection, query, last, limit, path, &matching)?,
        None => (0, 0),
    };
    let mut left = query.limit.unwrap_or(usize::MAX);
    loop {
        let blocks = page(&connection, query, after, last).map_err(told)?;
        let Some(end) = blocks.last() else { return Ok(()) };
        after = *end;
        for block in blocks {
            let mut found = matching(block)?;
            found.drain(..std::mem::take(&mut skipped).min(found.len()));
            found.truncate(left);
            left -= found.len();
            if left == 0 && found.is_empty() || !found.is_empty() && !each(found) {
                return Ok(());
            }
        }
    }
}

/// After which block the newest `limit` events stand, and how many of the next one do not belong
/// to them. They are counted, not kept: they may be large.
fn newest(
    connection: &Connection,
    query: &Query,
    last: i64,
    limit: usize,
    path: &Path,
    matching: &dyn Fn(i64) -> Result<Vec<Event>, ArchiveError>,
) -> Result<(i64, usize), ArchiveError> {
    let (mut before, mut count) = (last + 1, 0);
    loop {
        let blocks = page_back(connection, query, before)
            .map_err(|error: rusqlite::Error| file::told(path, &error))?;
        let Some(end) = blocks.last() else { return Ok((0, 0)) };
        before = *end;
        for block in blocks {
            count += matching(block)?.len();
            if count >= limit {
                return Ok((block - 1, count - limit));
            }
        }
    }
}

const CANDIDATES: &str = "until >= ?1 AND since < ?2 AND kinds & ?3 <> 0";

/// Blocks that may have such events, the oldest first.
fn page(
    connection: &Connection,
    query: &Query,
    after: i64,
    last: i64,
) -> rusqlite::Result<Vec<i64>> {
    let text = format!(
        "SELECT id, keys FROM blocks WHERE {CANDIDATES} AND id > ?4 AND id <= ?5 ORDER BY id"
    );
    candidates(connection, query, &text, (after, last))
}

/// Likewise, the newest first.
fn page_back(connection: &Connection, query: &Query, before: i64) -> rusqlite::Result<Vec<i64>> {
    let text = format!(
        "SELECT id, keys FROM blocks WHERE {CANDIDATES} AND id < ?4 AND id > ?5 ORDER BY id DESC"
    );
    candidates(connection, query, &text, (before, 0))
}

fn candidates(
    connection: &Connection,
    query: &Query,
    text: &str,
    (from, to): (i64, i64),
) -> rusqlite::Result<Vec<i64>> {
    let kinds = query.kind.map_or(u8::MAX, bit);
    let keys: Vec<u32> = query
        .subject
        .iter()
        .map(|subject| subject_key(subject))
        .chain(query.name.iter().map(|name| name_key(name)))
        .collect();
    let since = query.since.unwrap_or(f64::NEG_INFINITY);
    let until = query.until.unwrap_or(f64::INFINITY);
    let mut statement = connection.prepare_cached(text)?;
    let mut rows = statement.query(params![since, until, kinds, from, to])?;
    let mut found = Vec::new();
    while found.len() < PAGE
        && let Some(row) = rows.next()?
    {
        let filter = row.get_ref(1)?.as_blob()?;
        if keys.iter().all(|key| may_have(filter, *key)) {
            found.push(row.get(0)?);
        }
    }
    Ok(found)
}

/// The events of a block; none if it has been removed meanwhile.
fn content(
    path: &Path,
    connection: &Connection,
    block: i64,
) -> Result<impl DoubleEndedIterator<Item = Event> + use<>, ArchiveError> {
    let packed: Option<(u32, Vec<u8>)> = connection
        .prepare_cached("SELECT bytes, events FROM contents WHERE id = ?")
        .and_then(|mut statement| {
            statement.query_row([block], |row| Ok((row.get(0)?, row.get(1)?))).optional()
        })
        .map_err(|error| file::told(path, &error))?;
    let Some((bytes, packed)) = packed else { return Ok(events(Vec::new())) };
    let text = unpacked(&packed, bytes).map_err(|why| {
        ArchiveError::Refused(format!("{}: block {block} is damaged: {why}", path.display()))
    })?;
    Ok(events(text))
}

fn matches(query: &Query, event: &Event) -> bool {
    let time = event.time().unwrap_or_default();
    query.subject.as_ref().is_none_or(|subject| subject == event.subject())
        && query.name.as_ref().is_none_or(|name| name == event.name())
        && query.kind.is_none_or(|kind| kind == event.kind())
        && query.since.is_none_or(|since| time >= since)
        && query.until.is_none_or(|until| time < until)
        && (query.tags.is_empty() || {
            let tags = event.tags();
            query.tags.iter().all(|tag| tags.contains(tag))
        })
}
