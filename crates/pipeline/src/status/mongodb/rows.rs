//! The collection: read, and written where it is as it was read.

use std::collections::HashMap;

use futures::{StreamExt as _, TryStreamExt as _};
use groundrule_database::mongodb::Place;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};

use super::document::{self, Stored, key};
use crate::status::{Identity, Row, StatusError};

/// How many rows are written at a time.
const AT_ONCE: usize = 16;
/// What a server says of a row that another process has just made.
pub(super) const DUPLICATE: i32 = 11_000;

pub(super) struct Rows {
    pub place: Place,
    pub statuses: Collection<Document>,
}

impl Rows {
    /// Those that the filter selects, sorted by `by`.
    pub async fn find(&self, filter: Document, by: Document) -> Result<Vec<Stored>, StatusError> {
        let find = self.statuses.find(filter).sort(by);
        let found = async { find.await?.try_collect::<Vec<Document>>().await };
        let found = self.place.within(found).await?;
        found.into_iter().map(|row| document::read(row).map_err(|e| self.odd(&e))).collect()
    }

    pub async fn load(
        &self,
        of: impl Iterator<Item = &Identity>,
    ) -> Result<HashMap<Identity, Stored>, StatusError> {
        let keys: Vec<String> = of.map(key).collect();
        let found = self.find(doc! { "_id": { "$in": keys } }, doc! {}).await?;
        let by_identity = |stored: Stored| (stored.entry.row.identity.clone(), stored);
        Ok(found.into_iter().map(by_identity).collect())
    }

    /// Writes rows, and returns those that another process has changed meanwhile.
    pub async fn store(&self, rows: Vec<Stored>) -> Result<Vec<Identity>, StatusError> {
        let written = rows.into_iter().map(|stored| self.store_one(stored));
        let conflicts: Vec<Option<Identity>> =
            futures::stream::iter(written).buffer_unordered(AT_ONCE).try_collect().await?;
        Ok(conflicts.into_iter().flatten().collect())
    }

    async fn store_one(&self, mut stored: Stored) -> Result<Option<Identity>, StatusError> {
        let read = stored.version;
        stored.version += 1;
        let row = document::write(&stored).map_err(|error| self.odd(&error))?;
        let identity = stored.entry.row.identity;
        let done = async {
            if read > 0 {
                let filter = doc! { "_id": key(&identity), "version": read };
                return Ok(self.statuses.replace_one(filter, row).await?.matched_count == 1);
            }
            match self.statuses.insert_one(row).await {
                Err(error) if is_there(&error) => Ok(false),
                done => done.map(|_| true),
            }
        };
        Ok((!self.place.within(done).await?).then_some(identity))
    }

    /// Notes that changes were told, where nobody has changed the severity since.
    pub async fn told(&self, rows: &[Row]) -> Result<(), StatusError> {
        if rows.is_empty() {
            return Ok(());
        }
        let as_then = rows.iter().map(|row| {
            let severity = i32::from(row.severity.number());
            doc! { "_id": key(&row.identity), "severity": severity, "since": row.since }
        });
        let filter =
            doc! { "$or": as_then.collect::<Vec<Document>>(), "untold": { "$ne": Bson::Null } };
        let update = doc! { "$set": { "untold": Bson::Null }, "$inc": { "version": 1_i64 } };
        self.place.within(self.statuses.update_many(filter, update).into_future()).await?;
        Ok(())
    }

    pub fn odd(&self, error: &mongodb::bson::error::Error) -> StatusError {
        StatusError::Refused(format!(
            "{}: collection {} holds something else: {error}; name another one",
            self.place.shown, self.place.collection
        ))
    }
}

fn is_there(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Write(WriteFailure::WriteError(error)) if error.code == DUPLICATE)
}
