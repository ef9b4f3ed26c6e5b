//! Removes the oldest blocks where an archive has become too large or too old.

use rusqlite::{Connection, params};

use crate::archive::Limits;

/// How many blocks are removed at a time.
const STEP: i64 = 16;

/// Makes room for `more` bytes of text. The newest block stays, whatever the limits say.
pub(super) fn trim(
    connection: &Connection,
    limits: Limits,
    now: f64,
    more: usize,
) -> rusqlite::Result<()> {
    if let Some(age) = limits.age {
        let before = now - age.as_secs_f64();
        let step = "SELECT id FROM blocks WHERE archived < ?2 ORDER BY id LIMIT ?1";
        // Only from the beginning on: after the clock jumped, an older one may stand behind a
        // newer one.
        while oldest_archived(connection)?.is_some_and(|at| at < before)
            && remove(connection, step, before)?
        {}
    }
    if let Some(most) = limits.bytes {
        // Text becomes less than half as long.
        let room = most.saturating_sub(more as u64 / 2);
        let step = "SELECT id FROM blocks WHERE ?2 = ?2 ORDER BY id LIMIT ?1";
        while used(connection)? > room && remove(connection, step, 0.0)? {}
    }
    Ok(())
}

fn oldest_archived(connection: &Connection) -> rusqlite::Result<Option<f64>> {
    connection
        .prepare_cached(
            "SELECT min(archived) FROM (SELECT archived FROM blocks ORDER BY id LIMIT 1)",
        )?
        .query_row([], |row| row.get(0))
}

/// The bytes of the file that hold something.
fn used(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma| connection.pragma_query_value(None, pragma, |row| row.get::<_, u32>(0));
    let pages = number("page_count")?.saturating_sub(number("freelist_count")?);
    Ok(u64::from(pages) * u64::from(number("page_size")?))
}

fn remove(connection: &Connection, step: &str, before: f64) -> rusqlite::Result<bool> {
    let ids: Vec<i64> = connection
        .prepare_cached(&format!(
            "SELECT id FROM ({step}) WHERE id < (SELECT max(id) FROM blocks)"
        ))?
        .query_map(params![STEP, before], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in &ids {
        for table in ["named WHERE block", "contents WHERE id", "blocks WHERE id"] {
            connection.prepare_cached(&format!("DELETE FROM {table} = ?"))?.execute([id])?;
        }
    }
    Ok(!ids.is_empty())
}
