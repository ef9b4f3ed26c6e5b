//! Every event, whole, to be looked up later.

mod limits;
mod mongodb;
mod open;
mod sqlite;

use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::event::{Event, Kind};

pub use limits::Limits;
pub use mongodb::MongoArchive;
pub use open::{PLACES, Place, open, read};
pub use sqlite::SqliteArchive;

/// Why the archive could not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ArchiveError {
    /// It is away or full for now: trying again may help.
    #[error("{0}")]
    Away(String),
    /// It cannot be used: not an archive, of a newer version, no permission.
    #[error("{0}")]
    Refused(String),
}

/// An event that goes into the archive. It has an identity and a time.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// What tells it from others: a hash of the message as it came in, or of its identity.
    pub hash: u64,
    /// Whether no other message has this hash: it is that of an identity.
    pub unique: bool,
    /// Whether the same message may have been archived before.
    pub redelivered: bool,
    /// Whether the event came with its identity.
    pub named: bool,
}

/// Which events are looked for; empty fields select everything.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Whom it is about, exactly.
    pub subject: Option<String>,
    /// Its name, exactly.
    pub name: Option<String>,
    /// Its kind.
    pub kind: Option<Kind>,
    /// Tags that it must have, with their values.
    pub tags: Vec<(String, String)>,
    /// Not before this event time, in seconds since 1970.
    pub since: Option<f64>,
    /// Before this event time.
    pub until: Option<f64>,
    /// At most this many: the newest.
    pub limit: Option<usize>,
}

/// Where events are kept.
#[async_trait]
pub trait Archive: Send + Sync {
    /// Keeps events, and returns when they will be there after a crash: how many of them are new.
    /// One that is there already (the same identity and hash; or unique or redelivered, with the same
    /// hash) is not kept twice. Where hashes are not unique, each that is there stands for one redelivery, so
    /// that of two messages with the same content none is lost.
    ///
    /// # Errors
    /// When they are not all kept; those that are will not be kept twice when it is tried again.
    async fn append(&self, entries: Vec<Entry>) -> Result<usize, ArchiveError>;

    /// The event of an identity; more than one if it was altered on its way and came again.
    ///
    /// # Errors
    /// When it cannot be looked up.
    async fn get(&self, eventid: &str) -> Result<Vec<Bytes>, ArchiveError>;

    /// Hands out events in the order in which they came, the newest last, until told to stop by
    /// `false`.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn list(
        &self,
        query: &Query,
        each: &mut (dyn for<'e> FnMut(&'e Event) -> bool + Send),
    ) -> Result<(), ArchiveError>;
}
