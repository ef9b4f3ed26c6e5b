//! How often simple counters came, by path and second: carbon keeps the last figure that it is sent
//! of a second, so that what is sent has to be the sum, whoever counted.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use groundrule_database::sqlite::{self, Format};
use rusqlite::{Connection, params};

use crate::part::PartError;

/// How long a count is remembered after its last change, in seconds.
const KEPT: f64 = 600.0;
/// How often old ones are looked for, in seconds.
const SWEPT: f64 = 60.0;

const FORMAT: Format = Format {
    what: "counts of groundrule",
    application: 0x6772_6363,
    version: 1,
    page: 4096,
    tables: "
        CREATE TABLE counts (
            path TEXT NOT NULL,
            second INTEGER NOT NULL,
            count INTEGER NOT NULL,
            changed REAL NOT NULL,
            PRIMARY KEY (path, second)
        ) WITHOUT ROWID;
        CREATE INDEX changes ON counts (changed);",
};

/// How many there were, by path and second.
pub(super) type Counts = BTreeMap<(String, u32), i64>;

/// Counts that processes share by a file, and that outlive them.
#[derive(Debug)]
pub struct Counters {
    connection: Arc<Mutex<Connection>>,
    swept: f64,
}

impl Counters {
    /// Counts in a file, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened, or is another kind of file.
    pub fn open(path: &Path) -> Result<Self, PartError> {
        let connection = sqlite::open(path, &FORMAT)?;
        // A count less after a crash of the machine is no reason to wait for the disk.
        let quicker = connection.execute_batch("PRAGMA synchronous = NORMAL");
        quicker.map_err(|error| PartError::from(sqlite::told(path, &FORMAT, &error)))?;
        Ok(Self::of(connection))
    }

    /// Counts that this process alone has.
    ///
    /// # Errors
    /// When there is no memory for them.
    pub fn memory() -> Result<Self, PartError> {
        let told = |error: rusqlite::Error| PartError::Refused(error.to_string());
        let connection = Connection::open_in_memory().map_err(told)?;
        connection.execute_batch(FORMAT.tables).map_err(told)?;
        Ok(Self::of(connection))
    }

    fn of(connection: Connection) -> Self {
        Self { connection: Arc::new(Mutex::new(connection)), swept: f64::NEG_INFINITY }
    }

    /// Counts, and says how many there are now. It holds with [`commit`](Self::commit) only: the
    /// same events may be handed in again before.
    pub(super) async fn add(&mut self, more: Counts, now: f64) -> Result<Counts, PartError> {
        let old = (!(0.0..SWEPT).contains(&(now - self.swept))).then_some(now - KEPT);
        let counts = self.on(move |connection| add(connection, more, now, old)).await?;
        self.swept = if old.is_some() { now } else { self.swept };
        Ok(counts)
    }

    /// What was counted has gone out.
    pub(super) async fn commit(&self) -> Result<(), PartError> {
        self.on(|connection| connection.execute_batch("COMMIT")).await
    }

    /// What was counted has not gone out.
    pub(super) async fn forget(&self) -> Result<(), PartError> {
        self.on(left).await
    }

    /// All that is remembered.
    pub(super) async fn all(&self) -> Result<Counts, PartError> {
        self.on(|connection| {
            left(connection)?;
            let mut rows = connection.prepare_cached("SELECT path, second, count FROM counts")?;
            let row = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), row.get(2)?));
            rows.query_map([], row)?.collect()
        })
        .await
    }

    async fn on<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, PartError> {
        let connection = Arc::clone(&self.connection);
        let told = |error: &dyn std::fmt::Display| {
            PartError::Away(format!("simple counters cannot be counted: {error}"))
        };
        let worked = tokio::task::spawn_blocking(move || {
            work(&connection.lock().unwrap_or_else(PoisonError::into_inner))
        });
        worked.await.map_err(|error| told(&error))?.map_err(|error| told(&error))
    }
}

/// What another attempt has begun is not to be done.
fn left(connection: &Connection) -> rusqlite::Result<()> {
    if connection.is_autocommit() { Ok(()) } else { connection.execute_batch("ROLLBACK") }
}

fn add(
    connection: &Connection,
    more: Counts,
    now: f64,
    old: Option<f64>,
) -> rusqlite::Result<Counts> {
    left(connection)?;
    connection.execute_batch("BEGIN IMMEDIATE")?;
    if let Some(old) = old {
        connection.prepare_cached("DELETE FROM counts WHERE changed < ?")?.execute([old])?;
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO counts VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE
         SET count = count + excluded.count, changed = excluded.changed RETURNING count",
    )?;
    let mut counts = Counts::new();
    for ((path, second), count) in more {
        let row = params![path, second, count, now];
        let count = statement.query_row(row, |row| row.get(0))?;
        counts.insert((path, second), count);
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts<const N: usize>(all: [(&str, u32, i64); N]) -> Counts {
        all.map(|(path, second, count)| ((path.to_owned(), second), count)).into()
    }

    #[tokio::test]
    async fn what_has_not_gone_out_is_not_counted() {
        let mut counters = Counters::memory().unwrap();
        for _ in 0..3 {
            let totals = counters.add(counts([("a", 5, 2)]), 0.0).await.unwrap();
            assert_eq!(totals, counts([("a", 5, 2)]));
        }
        counters.commit().await.unwrap();
        counters.add(counts([("a", 5, 9)]), 0.0).await.unwrap();
        counters.forget().await.unwrap();
        let totals = counters.add(counts([("a", 5, 1), ("a", 6, 1)]), 0.0).await.unwrap();
        assert_eq!(totals, counts([("a", 5, 3), ("a", 6, 1)]));
    }

    #[tokio::test]
    async fn processes_count_together_and_one_after_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("counts.db");
        let one = async |count| {
            let mut counters = Counters::open(&path).unwrap();
            for _ in 0..count {
                counters.add(counts([("a", 5, 1)]), 0.0).await.unwrap();
                counters.commit().await.unwrap();
            }
        };
        tokio::join!(one(20), one(30));
        assert_eq!(Counters::open(&path).unwrap().all().await.unwrap(), counts([("a", 5, 50)]));
    }

    #[tokio::test]
    async fn what_does_not_change_any_more_is_forgotten() {
        let mut counters = Counters::memory().unwrap();
        for (path, now) in [("a", 0.0), ("b", 0.0), ("a", 500.0), ("c", 700.0)] {
            counters.add(counts([(path, 5, 1)]), now).await.unwrap();
            counters.commit().await.unwrap();
        }
        assert_eq!(counters.all().await.unwrap(), counts([("a", 5, 2), ("c", 5, 1)]));
    }
}
