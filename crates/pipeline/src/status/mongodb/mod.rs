//! The status in MongoDB, which many processes may share.
//!
//! A row is replaced only where it still is as it was read; where another process was faster, the
//! events are taken in again.

mod document;
mod notes;
mod rows;

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use groundrule_core::event::{Event, Severity};
use groundrule_database::mongodb::Place;
use mongodb::IndexModel;
use mongodb::bson::{Bson, Document, doc};
use tokio::sync::Mutex;

use self::document::{Stored, key};
use self::notes::Notes;
use self::rows::Rows;
use super::rules::{Entry, hear, identity};
use super::{Change, Identity, Note, Query, Row, StatusError, StatusStore};

/// How often others may be faster.
const TRIES: usize = 100;

/// The status in MongoDB.
pub struct MongoStatus {
    rows: Rows,
    notes: Notes,
    /// The rows whose changes of severity were returned last: they count as told when somebody
    /// asks for more. None before the first time, and after something went wrong.
    returned: Mutex<Option<Vec<Row>>>,
}

impl MongoStatus {
    /// Connects to `mongodb://[user@]host[:port]/[database[.collection]]`. The password is in a
    /// variable or in a file that `password_file` names.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or the URL is not as it must be.
    pub async fn connect(
        url: &str,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, StatusError> {
        let place = Place::parse(url, "statuses", &[])?;
        let database = place.database(variables).await?;
        let statuses = database.collection(&place.collection);
        let index = |keys| IndexModel::builder().keys(keys).build();
        let indexes = [
            index(doc! { "subject": 1, "name": 1 }),
            index(doc! { "due": 1 }),
            index(doc! { "untold": 1 }),
        ];
        place.within(statuses.create_indexes(indexes).into_future()).await?;
        let notes = Notes::at(&place, database).await?;
        Ok(Self { rows: Rows { place, statuses }, notes, returned: Mutex::new(None) })
    }

    /// Does something that is told, once what was told before is noted.
    async fn tell(
        &self,
        work: impl Future<Output = Result<Vec<Change>, StatusError>> + Send,
    ) -> Result<Vec<Change>, StatusError> {
        let mut returned = self.returned.lock().await;
        // What goes wrong leaves none: then everything that is untold is returned again.
        let mut changes = match returned.take() {
            Some(rows) => {
                self.rows.told(&rows).await?;
                Vec::new()
            }
            None => {
                let left = doc! { "untold": { "$ne": Bson::Null } };
                let left = self.rows.find(left, doc! { "last": 1 }).await?;
                left.iter().filter_map(|stored| stored.entry.left_untold()).collect()
            }
        };
        changes.extend(work.await?);
        let severity = |row: &Option<Row>| row.as_ref().map(|row| row.severity);
        let changed = changes.iter().filter(|c| severity(&c.before) != Some(c.after.severity));
        *returned = Some(changed.map(|change| change.after.clone()).collect());
        Ok(changes)
    }

    async fn take(&self, events: &[Event]) -> Result<Vec<Change>, StatusError> {
        let mut left: HashMap<Identity, Vec<usize>> = HashMap::new();
        for (at, event) in events.iter().enumerate() {
            left.entry(identity(event)).or_default().push(at);
        }
        let mut changes: Vec<Change> = Vec::new();
        for _ in 0..TRIES {
            let mut known = self.rows.load(left.keys()).await?;
            let (mut made, mut written) = (HashMap::new(), Vec::new());
            for (identity, all) in &left {
                let (after, changes) = after(known.remove(identity), events, all);
                if let Some(stored) = after {
                    written.push(stored);
                    made.insert(identity.clone(), changes);
                }
            }
            let conflicts = self.rows.store(written).await?;
            left.retain(|identity, _| conflicts.contains(identity));
            made.retain(|identity, _| !left.contains_key(identity));
            changes.extend(made.into_values().flatten());
            if left.is_empty() {
                changes.sort_by_key(|change| change.by);
                return Ok(changes);
            }
        }
        Err(self.contended())
    }

    async fn run_out(&self, now: f64, begun: f64) -> Result<Vec<Change>, StatusError> {
        let due = doc! { "due": { "$lt": now }, "ttl": { "$lt": now - begun } };
        let due = self.rows.find(due, doc! { "due": 1 }).await?;
        let (mut changes, mut written) = (Vec::new(), Vec::new());
        for Stored { entry, version } in due {
            if let Some(after) = entry.expired(now, begun) {
                changes.push(Entry::change(&entry, &after));
                written.push(Stored { entry: after, version });
            }
        }
        let conflicts = self.rows.store(written).await?;
        // Somebody has heard of them, or said so already.
        changes.retain(|change| !conflicts.contains(&change.after.identity));
        Ok(changes)
    }

    /// Changes what is said of a row; returns whether there is one.
    async fn alter(
        &self,
        of: &Identity,
        alter: impl Fn(&mut Row) + Send,
    ) -> Result<bool, StatusError> {
        for _ in 0..TRIES {
            let known = self.rows.load(std::iter::once(of)).await?;
            let Some(mut stored) = known.into_values().next() else { return Ok(false) };
            alter(&mut stored.entry.row);
            if self.rows.store(vec![stored]).await?.is_empty() {
                return Ok(true);
            }
        }
        Err(self.contended())
    }

    fn contended(&self) -> StatusError {
        StatusError::Away(format!(
            "{}: other processes were faster each time",
            self.rows.place.shown
        ))
    }
}

/// A row after those of the events that are about it, if they move it, and what is told of that.
fn after(before: Option<Stored>, events: &[Event], all: &[usize]) -> (Option<Stored>, Vec<Change>) {
    let version = before.as_ref().map_or(0, |stored| stored.version);
    let mut entry = before.map(|stored| stored.entry);
    let (mut moved, mut changes) = (false, Vec::new());
    for at in all {
        if let Some(told) = events.get(*at).and_then(|event| hear(&mut entry, event)) {
            moved = true;
            changes.extend(told.map(|change| Change { by: Some(*at), ..*change }));
        }
    }
    (entry.filter(|_| moved).map(|entry| Stored { entry, version }), changes)
}

#[async_trait]
impl StatusStore for MongoStatus {
    async fn apply(&self, events: &[Event]) -> Result<Vec<Change>, StatusError> {
        if events.is_empty() {
            return Ok(Vec::new());
        }
        self.tell(self.take(events)).await
    }

    async fn expire(&self, now: f64, begun: f64) -> Result<Vec<Change>, StatusError> {
        self.tell(self.run_out(now, begun)).await
    }

    async fn rows(&self, query: &Query) -> Result<Vec<Row>, StatusError> {
        let mut filter = Document::new();
        for (field, value) in [("subject", &query.subject), ("name", &query.name)] {
            if let Some(value) = value {
                filter.insert(field, value);
            }
        }
        if query.problems {
            filter.insert("severity", doc! { "$ne": 0 });
        }
        let found = self.rows.find(filter, doc! { "subject": 1, "name": 1 }).await?;
        Ok(found.into_iter().map(|stored| stored.entry.row).collect())
    }

    async fn acknowledge(&self, of: &Identity, by: Option<&str>) -> Result<bool, StatusError> {
        // Nobody need know of what is well.
        self.alter(of, |row| {
            row.acknowledged = by.filter(|_| row.severity != Severity::Ok).map(str::to_owned);
        })
        .await
    }

    async fn suppress(&self, of: &Identity, path: &[String]) -> Result<bool, StatusError> {
        self.alter(of, |row| {
            let of_it = if row.severity == Severity::Ok { &[] } else { path };
            row.suppressed = of_it.to_vec();
        })
        .await
    }

    async fn flap(&self, of: &Identity, flapping: bool) -> Result<bool, StatusError> {
        self.alter(of, |row| row.flapping = flapping).await
    }

    async fn clear(&self, of: &Identity) -> Result<bool, StatusError> {
        let delete = self.rows.statuses.delete_one(doc! { "_id": key(of) });
        Ok(self.rows.place.within(delete.into_future()).await?.deleted_count > 0)
    }

    async fn notes(&self, of: &[Identity]) -> Result<Vec<Note>, StatusError> {
        self.notes.read(&self.rows.place, of).await
    }

    async fn open_notes(&self) -> Result<Vec<(Identity, i64)>, StatusError> {
        self.notes.open(&self.rows.place).await
    }

    async fn note(&self, notes: &[Note]) -> Result<Vec<bool>, StatusError> {
        self.notes.write(&self.rows.place, notes).await
    }

    async fn forget_notes(&self, before: f64) -> Result<(), StatusError> {
        self.notes.forget(&self.rows.place, before).await
    }
}
