//! Reservations in an SQLite file, for the gates of one machine.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundrule_core::ports::{Answer, Reservations, StoreError};
use groundrule_core::reservation::{Held, Reservation};
use groundrule_database::sqlite::{self, Format};
use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::told;

/// `until` is in milliseconds since 1970.
const FORMAT: Format = Format {
    what: "a file of reservations of groundrule",
    application: 0x6772_7276,
    version: 1,
    page: 4096,
    tables: "
        CREATE TABLE reservations (
            id TEXT PRIMARY KEY,
            until INTEGER NOT NULL,
            content TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE state (version INTEGER NOT NULL) STRICT;
        INSERT INTO state VALUES (0);
    ",
};

pub(crate) async fn open(url: &str) -> Answer<Arc<dyn Reservations>> {
    let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url));
    let opened = blocking(move || {
        let connection = sqlite::open(&path, &FORMAT).map_err(told)?;
        Ok(File { path, connection: Mutex::new(connection) })
    });
    Ok(Arc::new(Shared(Arc::new(opened.await?))))
}

struct File {
    path: PathBuf,
    connection: Mutex<Connection>,
}

struct Shared(Arc<File>);

/// Another process may write for seconds: no other question waits for that.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(StoreError(error.to_string().into())))
}

impl Shared {
    /// Does something in a transaction.
    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<T> {
        let file = Arc::clone(&self.0);
        blocking(move || {
            let mut connection = file.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let done = || {
                let all = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let done = work(&all)?;
                all.commit()?;
                Ok(done)
            };
            done().map_err(|error| explained(&file.path, &error))
        })
        .await
    }
}

fn explained(path: &Path, error: &rusqlite::Error) -> StoreError {
    told(sqlite::told(path, &FORMAT, error))
}

#[async_trait]
impl Reservations for Shared {
    async fn held(&self, now: Timestamp) -> Answer<Held> {
        let file = Arc::clone(&self.0);
        let read = blocking(move || {
            let mut connection = file.connection.lock().unwrap_or_else(PoisonError::into_inner);
            let mut read = || {
                let all = connection.transaction()?;
                read(&all)
            };
            read().map_err(|error| explained(&file.path, &error))
        });
        let (version, all) = read.await?;
        let ahead: Vec<_> = all.iter().filter_map(|held| held.made_now(now)).collect();
        if ahead.is_empty() {
            let all = all.into_iter().filter(|held| held.counts(now)).collect();
            return Ok(Held { all, version });
        }
        self.write(move |all| ahead.iter().try_for_each(|held| put(all, held))).await?;
        self.held(now).await
    }

    async fn reserve(&self, new: &[Reservation], version: u64) -> Answer<bool> {
        let new = new.to_vec();
        self.write(move |all| {
            let changed = "UPDATE state SET version = version + 1 WHERE version = ?";
            if all.execute(changed, [version.cast_signed()])? == 0 {
                return Ok(false);
            }
            let (_, known) = read(all)?;
            let now = new.iter().map(|held| held.made).min().unwrap_or(Timestamp::MIN);
            for past in known.iter().filter(|held| held.is_past(now)) {
                all.execute("DELETE FROM reservations WHERE id = ?", [&past.id])?;
            }
            new.iter().try_for_each(|held| put(all, held))?;
            Ok(true)
        })
        .await
    }

    async fn release(&self, id: &str, now: Timestamp) -> Answer<bool> {
        let id = id.to_owned();
        self.write(move |all| {
            let removed = "DELETE FROM reservations WHERE id = ? AND until > ?";
            let removed = all.execute(removed, params![id, now.as_millisecond()])? > 0;
            if removed {
                all.execute("UPDATE state SET version = version + 1", [])?;
            }
            Ok(removed)
        })
        .await
    }
}

fn read(all: &Transaction<'_>) -> rusqlite::Result<(u64, Vec<Reservation>)> {
    let version: i64 = all.query_row("SELECT version FROM state", [], |row| row.get(0))?;
    let mut rows = all.prepare_cached("SELECT content FROM reservations ORDER BY id")?;
    let rows = rows.query_map([], |row| {
        let content = row.get_ref(0)?.as_str()?;
        serde_json::from_str(content).map_err(|error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
        })
    })?;
    Ok((version.cast_unsigned(), rows.collect::<Result<_, _>>()?))
}

fn put(all: &Transaction<'_>, held: &Reservation) -> rusqlite::Result<()> {
    let content = serde_json::to_string(held).unwrap_or_default();
    let put = "INSERT OR REPLACE INTO reservations (id, until, content) VALUES (?, ?, ?)";
    all.execute(put, params![held.id, held.until.as_millisecond(), content])?;
    Ok(())
}
