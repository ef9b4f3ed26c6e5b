//! Reservations in MongoDB, for the gates of many machines: one document with all of them, which
//! is replaced only where it still is as it was read.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::ports::{Answer, Reservations, StoreError};
use groundrule_core::reservation::{Held, Reservation};
use groundrule_database::mongodb::Place;
use jiff::Timestamp;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use mongodb::error::{ErrorKind, WriteFailure};
use mongodb::options::{ReadConcern, SelectionCriteria};

use crate::told;

/// How often others may be faster.
const TRIES: usize = 100;

/// The code of a document that is there already.
const DUPLICATE: i32 = 11000;

pub(crate) async fn open(
    url: &str,
    variables: &BTreeMap<String, String>,
) -> Answer<Arc<dyn Reservations>> {
    let place = Place::parse(url, "reservations", &[]).map_err(told)?;
    let database = place.database(variables).await.map_err(told)?;
    let all = database.collection(&place.collection);
    Ok(Arc::new(Mongo { place, all }))
}

struct Mongo {
    place: Place,
    all: Collection<Document>,
}

fn only() -> Document {
    doc! { "_id": "reservations" }
}

impl Mongo {
    /// Everything, lapsed ones too.
    async fn read(&self) -> Answer<Held> {
        let asked = self
            .all
            .find_one(only())
            .selection_criteria(SelectionCriteria::ReadPreference(
                mongodb::options::ReadPreference::Primary,
            ))
            .read_concern(ReadConcern::majority())
            .into_future();
        let Some(found) = self.place.within(asked).await.map_err(told)? else {
            return Ok(Held::default());
        };
        let read = || {
            let version = u64::try_from(found.get_i64("version").ok()?).ok()?;
            let all = serde_json::from_str(found.get_str("all").ok()?).ok()?;
            Some(Held { all, version })
        };
        read().ok_or_else(|| {
            let shown = &self.place.shown;
            let why = format!("{shown}: the reservations were not written by this groundrule");
            StoreError(why.into())
        })
    }

    /// Everything, none of it made in the future.
    async fn known(&self, now: Timestamp) -> Answer<Held> {
        for _ in 0..TRIES {
            let mut known = self.read().await?;
            let mut ahead = false;
            for one in &mut known.all {
                if let Some(made_now) = one.made_now(now) {
                    *one = made_now;
                    ahead = true;
                }
            }
            if !ahead {
                return Ok(known);
            }
            self.write(&known.all, known.version).await?;
        }
        Err(self.contended())
    }

    fn contended(&self) -> StoreError {
        let shown = &self.place.shown;
        StoreError(format!("{shown}: others were faster each time; try again").into())
    }

    /// Writes everything, unless somebody else did since this version was read.
    async fn write(&self, all: &[Reservation], version: u64) -> Answer<bool> {
        let all = serde_json::to_string(all).unwrap_or_default();
        let content = doc! { "version": (version + 1).cast_signed(), "all": all };
        let result = if version == 0 {
            let mut content = content;
            content.extend(only());
            let written = self.all.insert_one(content).into_future();
            // Whether it was there already is no fault of the server.
            tokio::time::timeout(groundrule_database::mongodb::PATIENCE, written).await.map(|r| {
                r.map(|_| true).or_else(|error| match &*error.kind {
                    ErrorKind::Write(WriteFailure::WriteError(e)) if e.code == DUPLICATE => {
                        Ok(false)
                    }
                    _ => Err(error),
                })
            })
        } else {
            let mut was = only();
            was.insert("version", version.cast_signed());
            let written = self.all.replace_one(was, content).into_future();
            let written = tokio::time::timeout(groundrule_database::mongodb::PATIENCE, written);
            written.await.map(|r| r.map(|done| done.matched_count == 1))
        };
        match result {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(told(self.place.told(&error))),
            Err(_) => {
                let shown = &self.place.shown;
                Err(StoreError(format!("{shown}: no answer; it is not known what it took").into()))
            }
        }
    }
}

#[async_trait]
impl Reservations for Mongo {
    async fn held(&self, now: Timestamp) -> Answer<Held> {
        let mut held = self.known(now).await?;
        held.all.retain(|one| one.counts(now));
        Ok(held)
    }

    async fn reserve(&self, new: &[Reservation], version: u64) -> Answer<bool> {
        let now = new.iter().map(|held| held.made).min().unwrap_or(Timestamp::MIN);
        let mut known = self.known(now).await?;
        if known.version != version {
            return Ok(false);
        }
        known.all.retain(|one| !one.is_past(now));
        known.all.extend_from_slice(new);
        known.all.sort_by(|a, b| a.id.cmp(&b.id));
        self.write(&known.all, version).await
    }

    async fn release(&self, id: &str, now: Timestamp) -> Answer<bool> {
        for _ in 0..TRIES {
            let mut known = self.known(now).await?;
            let Some(place) = known.all.iter().position(|one| one.id == id && one.counts(now))
            else {
                return Ok(false);
            };
            known.all.remove(place);
            if self.write(&known.all, known.version).await? {
                return Ok(true);
            }
        }
        Err(self.contended())
    }
}
