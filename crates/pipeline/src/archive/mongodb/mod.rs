//! The archive in a capped collection of MongoDB.

mod document;
mod reader;
mod seen;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::event::{Event, EventId};
use groundrule_database::Trouble;
use groundrule_database::mongodb::Place;
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::{Collection, IndexModel};
use tokio::sync::Mutex;

use self::seen::Seen;
use super::{Archive, ArchiveError, Entry, Limits, Query};
use crate::part::Clock;

/// How large a collection may become, if nobody says so.
const CAPPED: u64 = 1 << 30;
/// What a server says of an identity that it has already.
const DUPLICATE: i32 = 11_000;
/// What it says of a collection or an index that another process has just made.
const EXISTS: i32 = 48;

/// An archive in MongoDB.
pub struct MongoArchive {
    place: Place,
    events: Collection<Document>,
    clock: Clock,
    /// The place in the order of arrival that was given last.
    order: AtomicI64,
    seen: Mutex<Seen>,
}

impl MongoArchive {
    /// Connects to `mongodb://[user@]host[:port]/[database[.collection]][?capped=BYTES]` and makes
    /// the collection, capped, if there is none. The password is in a variable or in a file that
    /// `password_file` names.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or the URL is not as it must be.
    pub async fn connect(
        url: &str,
        limits: Limits,
        clock: Clock,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, ArchiveError> {
        let place = Place::parse(url, "events", &["capped"])?;
        let capped = capped(&place, limits)?;
        let database = place.database(variables).await?;
        let create = database.create_collection(&place.collection).capped(true).size(capped);
        match create.await {
            Err(error) if exists(&error) => {}
            done => done.map_err(|error| place.told(&error))?,
        }
        let archive = Self::at(place, database, clock);
        archive.place.within(archive.events.create_indexes(indexes()).into_future()).await?;
        archive.order.store(archive.last().await?, Ordering::SeqCst);
        Ok(archive)
    }

    /// Connects to read only: nothing is made.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or there is no such collection.
    pub async fn read_only(
        url: &str,
        clock: Clock,
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, ArchiveError> {
        let place = Place::parse(url, "events", &["capped"])?;
        let database = place.database(variables).await?;
        let names = place.within(database.list_collection_names().into_future()).await?;
        if !names.contains(&place.collection) {
            return Err(ArchiveError::Refused(format!(
                "{}: no collection {}; the pipeline makes it when it runs",
                place.shown, place.collection
            )));
        }
        Ok(Self::at(place, database, clock))
    }

    #[expect(clippy::needless_pass_by_value, reason = "its collection keeps it")]
    fn at(place: Place, database: mongodb::Database, clock: Clock) -> Self {
        let events = database.collection(&place.collection);
        Self { place, events, clock, order: AtomicI64::new(0), seen: Mutex::default() }
    }

    /// The order of the newest event.
    async fn last(&self) -> Result<i64, ArchiveError> {
        let newest = self.events.find_one(doc! {}).sort(doc! { ORDER: -1 });
        let newest = self.place.within(newest.into_future()).await?;
        let own = newest.as_ref().and_then(|document| document.get_document("_groundrule").ok());
        Ok(own.and_then(|own| own.get_i64("order").ok()).unwrap_or(0))
    }

    /// The next `count` places in the order of arrival: microseconds, but never back.
    fn places(&self, count: usize) -> i64 {
        let count = i64::try_from(count).unwrap_or(i64::MAX / 2);
        #[expect(clippy::cast_possible_truncation, reason = "in microseconds, for 292,000 years")]
        let now = ((self.clock)() * 1e6) as i64;
        let next = |last: i64| Some(last.max(now).saturating_add(count));
        let last = self.order.fetch_update(Ordering::SeqCst, Ordering::SeqCst, next);
        last.unwrap_or_default().max(now) + 1
    }
}

/// Where the order of arrival stands in a document.
const ORDER: &str = "_groundrule.order";

fn indexes() -> Vec<IndexModel> {
    let index = |keys| IndexModel::builder().keys(keys).build();
    vec![
        index(doc! { ORDER: 1 }),
        index(doc! { "subject": 1, ORDER: 1 }),
        index(doc! { "name": 1, ORDER: 1 }),
        index(doc! { "_groundrule.time": 1 }),
        index(doc! { "_groundrule.hash": 1 }),
    ]
}

fn capped(place: &Place, limits: Limits) -> Result<u64, Trouble> {
    if limits.age.is_some() {
        return Err(Trouble::Refused(format!(
            "{}: a capped collection has a size, but no age: give its size",
            place.shown
        )));
    }
    match (limits.bytes, place.own.get("capped")) {
        (Some(bytes), _) => Ok(bytes),
        (None, None) => Ok(CAPPED),
        (None, Some(text)) => text.parse().map_err(|_| {
            Trouble::Refused(format!("{}: capped={text} is no number of bytes", place.shown))
        }),
    }
}

fn exists(error: &Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(command) if command.code == EXISTS)
}

/// How many are there already, if nothing is left of an error without them.
fn kept_already(error: &Error) -> Option<usize> {
    let ErrorKind::InsertMany(failed) = &*error.kind else { return None };
    let mut errors = failed.write_errors.iter().flatten();
    let is_nothing_else =
        failed.write_concern_error.is_none() && errors.all(|error| error.code == DUPLICATE);
    is_nothing_else.then(|| failed.write_errors.iter().flatten().count())
}

/// The first thing that went wrong with a single document.
fn failed(place: &Place, error: &Error) -> ArchiveError {
    let at = &place.shown;
    if let ErrorKind::InsertMany(failed) = &*error.kind {
        if let Some(error) =
            failed.write_errors.iter().flatten().find(|error| error.code != DUPLICATE)
        {
            return ArchiveError::Away(format!("{at}: {}", error.message));
        }
        if let Some(error) = &failed.write_concern_error {
            return ArchiveError::Away(format!("{at}: not written safely: {}", error.message));
        }
    }
    place.told(error).into()
}

#[async_trait]
impl Archive for MongoArchive {
    async fn append(&self, entries: Vec<Entry>) -> Result<usize, ArchiveError> {
        let mut taken = Vec::new();
        let kept: Vec<&Entry> = if entries.iter().any(|entry| entry.redelivered) {
            // Held until all is done: what one append takes for known, no other may.
            let mut seen = self.seen.lock().await;
            let kept = seen.new_ones(&self.place, &self.events, &entries, &mut taken).await?;
            let new = self.insert(&kept).await?;
            seen.take(taken);
            return Ok(new);
        } else {
            entries.iter().collect()
        };
        self.insert(&kept).await
    }

    async fn get(&self, eventid: &str) -> Result<Vec<Bytes>, ArchiveError> {
        let id = EventId::parse(eventid).ok_or_else(|| {
            ArchiveError::Refused(format!("{eventid:?} is no eventid: 24 hexadecimal digits"))
        })?;
        reader::get(&self.place, &self.events, id).await
    }

    async fn list(
        &self,
        query: &Query,
        each: &mut (dyn for<'e> FnMut(&'e Event) -> bool + Send),
    ) -> Result<(), ArchiveError> {
        reader::list(&self.place, &self.events, query, each).await
    }
}

impl MongoArchive {
    /// Inserts those that are not there, and says how many.
    async fn insert(&self, entries: &[&Entry]) -> Result<usize, ArchiveError> {
        if entries.is_empty() {
            return Ok(0);
        }
        let documents: Vec<Document> = (self.places(entries.len())..)
            .zip(entries)
            .map(|(order, entry)| document::of(entry, order))
            .collect();
        let insert = async {
            match self.events.insert_many(documents).ordered(false).await {
                Err(error) => match kept_already(&error) {
                    Some(there) => Ok(Ok(entries.len().saturating_sub(there))),
                    None => Ok(Err(failed(&self.place, &error))),
                },
                Ok(_) => Ok(Ok(entries.len())),
            }
        };
        self.place.within(insert).await?
    }
}
