//! Reservations in an SQLite file, for the gates of one machine.

use std::collections::BTreeMap;
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

/// Whoever made the file, what ended is found without reading all.
const INDEX: &str = "CREATE INDEX IF NOT EXISTS ends ON reservations (until)";

const VERSION: &str = "SELECT version FROM state";
const CHANGED: &str = "UPDATE state SET version = version + 1";

pub(crate) async fn open(url: &str) -> Answer<Arc<dyn Reservations>> {
    let path = PathBuf::from(url.strip_prefix("sqlite:").unwrap_or(url));
    let opened = blocking(move || {
        let connection = sqlite::open(&path, &FORMAT).map_err(told)?;
        connection.execute_batch(INDEX).map_err(|error| explained(&path, &error))?;
        Ok(File { path, open: Mutex::new(Open { connection, known: None }) })
    });
    Ok(Arc::new(Shared(Arc::new(opened.await?))))
}

struct File {
    path: PathBuf,
    open: Mutex<Open>,
}

struct Open {
    connection: Connection,
    /// What was read last.
    known: Option<Known>,
}

/// The reservations by id, without those that had lapsed at a moment: what counts from then on is
/// among them as long as the version is the same.
struct Known {
    version: u64,
    at: Timestamp,
    all: BTreeMap<String, Reservation>,
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
    /// Does something with the file.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Open) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<T> {
        let file = Arc::clone(&self.0);
        blocking(move || {
            let mut open = file.open.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut open).map_err(|error| explained(&file.path, &error))
        })
        .await
    }
}

impl Open {
    /// Does something in a transaction that writes.
    fn write<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<T> {
        let all = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let done = work(&all)?;
        all.commit()?;
        Ok(done)
    }

    /// Everything that counts.
    fn read(&mut self, now: Timestamp) -> rusqlite::Result<&Known> {
        let all = self.connection.transaction()?;
        let version: i64 = all.query_row(VERSION, [], |row| row.get(0))?;
        let version = version.cast_unsigned();
        let is_it = |known: &Known| known.version == version && known.at <= now;
        let mut known = match self.known.take().filter(is_it) {
            Some(known) => known,
            None => Known { version, at: now, all: rows(&all, now)? },
        };
        all.commit()?;
        known.at = now;
        known.all.retain(|_, held| held.counts(now));
        Ok(self.known.insert(known))
    }

    /// Those that count, after those that were made in the future are as if they were made now.
    fn held(&mut self, now: Timestamp) -> rusqlite::Result<Held> {
        loop {
            let known = self.read(now)?;
            let ahead: Vec<_> = known.all.values().filter_map(|held| held.made_now(now)).collect();
            if ahead.is_empty() {
                let all = known.all.values().cloned().collect();
                return Ok(Held { all, version: known.version });
            }
            self.write(|all| {
                all.execute(CHANGED, [])?;
                ahead.iter().try_for_each(|held| put(all, held))
            })?;
        }
    }

    fn reserve(&mut self, new: Vec<Reservation>, version: u64) -> rusqlite::Result<bool> {
        let now = new.iter().map(|held| held.made).min().unwrap_or(Timestamp::MIN);
        let done = self.write(|all| {
            let changed = format!("{CHANGED} WHERE version = ?");
            if all.execute(&changed, [version.cast_signed()])? == 0 {
                return Ok(false);
            }
            let past = Reservation::past(now).as_millisecond();
            all.execute("DELETE FROM reservations WHERE until < ?", [past])?;
            new.iter().try_for_each(|held| put(all, held))?;
            Ok(true)
        })?;
        if let (true, Some(known)) = (done, self.known.as_mut().filter(|k| k.version == version)) {
            known.version += 1;
            known.all.extend(new.into_iter().map(|held| (held.id.clone(), held)));
        }
        Ok(done)
    }
}

fn explained(path: &Path, error: &rusqlite::Error) -> StoreError {
    told(sqlite::told(path, &FORMAT, error))
}

#[async_trait]
impl Reservations for Shared {
    async fn held(&self, now: Timestamp) -> Answer<Held> {
        self.with(move |open| open.held(now)).await
    }

    async fn reserve(&self, new: &[Reservation], version: u64) -> Answer<bool> {
        let new = new.to_vec();
        self.with(move |open| open.reserve(new, version)).await
    }

    async fn release(&self, id: &str, now: Timestamp) -> Answer<bool> {
        let id = id.to_owned();
        self.with(move |open| {
            open.write(|all| {
                let removed = "DELETE FROM reservations WHERE id = ? AND until > ?";
                let removed = all.execute(removed, params![id, now.as_millisecond()])? > 0;
                if removed {
                    all.execute(CHANGED, [])?;
                }
                Ok(removed)
            })
        })
        .await
    }
}

/// Those that count.
fn rows(all: &Transaction<'_>, now: Timestamp) -> rusqlite::Result<BTreeMap<String, Reservation>> {
    let mut rows = all.prepare_cached("SELECT content FROM reservations WHERE until >= ?")?;
    let rows = rows.query_map([now.as_millisecond()], |row| {
        let content = row.get_ref(0)?.as_str()?;
        let held: Reservation = serde_json::from_str(content).map_err(|error| {
            let kind = rusqlite::types::Type::Text;
            rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
        })?;
        Ok((held.id.clone(), held))
    })?;
    rows.collect()
}

fn put(all: &Transaction<'_>, held: &Reservation) -> rusqlite::Result<()> {
    let content = serde_json::to_string(held).unwrap_or_default();
    let put = "INSERT OR REPLACE INTO reservations (id, until, content) VALUES (?, ?, ?)";
    all.execute(put, params![held.id, held.until.as_millisecond(), content])?;
    Ok(())
}
