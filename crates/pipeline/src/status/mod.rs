//! What is so now: one row for every subject and name.

mod mongodb;
mod note;
mod open;
mod part;
mod rules;
mod sqlite;

use async_trait::async_trait;
use groundrule_core::event::{Event, Severity};

pub use mongodb::MongoStatus;
pub use note::Note;
pub use open::{PLACES, Place, open, read};
pub use part::{ORIGIN, StatusPart};
pub use sqlite::SqliteStatus;

/// Whom a status is about, and what.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// Whom it is about.
    pub subject: String,
    /// What is observed.
    pub name: String,
}

/// What is so.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Of whom and what.
    pub identity: Identity,
    /// How bad it is.
    pub severity: Severity,
    /// From when on, in seconds since 1970.
    pub since: f64,
    /// The time of the newest event.
    pub last: f64,
    /// How many events in a row said so, each later than the one before.
    pub count: u64,
    /// The newest event's text.
    pub text: String,
    /// The newest event's origin.
    pub origin: String,
    /// The newest event's identity.
    pub eventid: String,
    /// After how many seconds without an event nothing is known any more.
    pub ttl: Option<f64>,
    /// Somebody knows of it: who, and what they say.
    pub acknowledged: Option<String>,
    /// It is the consequence of something else: how, one hop a line.
    pub suppressed: Vec<String>,
    /// It changes all the time.
    pub flapping: bool,
}

/// How the status of an identity changed, or that it stays other than OK.
#[derive(Clone, Debug)]
pub struct Change {
    /// The row before, if there was one.
    pub before: Option<Row>,
    /// The row now.
    pub after: Row,
    /// Which of the events that were handed in did it; none if it was time, or an event before.
    pub by: Option<usize>,
    /// The time of the newest event that was heard: earlier than that of the row now, if its time
    /// ran out.
    pub heard: f64,
}

/// Why the store could not do something.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StatusError {
    /// It is away or full for now: trying again may help.
    #[error("{0}")]
    Away(String),
    /// It cannot be used.
    #[error("{0}")]
    Refused(String),
}

/// Which rows are looked for; empty fields select everything.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Whom they are about, exactly.
    pub subject: Option<String>,
    /// What they are about, exactly.
    pub name: Option<String>,
    /// Only those that are not OK.
    pub problems: bool,
}

/// Where statuses are kept.
#[async_trait]
pub trait StatusStore: Send + Sync {
    /// Takes status and alert events in, in any order, and returns when the rows will be there
    /// after a crash. Returns what somebody should know of each event that moved a row forward: a
    /// change of severity, and whatever is not OK. Late events and duplicates move none.
    ///
    /// When this or [`expire`](Self::expire) is called the next time, the changes of severity that
    /// were returned count as told. Those that a process returned before it died are returned once
    /// more by the next one: the events that come again would not bring them back.
    ///
    /// # Errors
    /// When it could not; the same events may be handed in again.
    async fn apply(&self, events: &[Event]) -> Result<Vec<Change>, StatusError>;

    /// Rows that were not heard of for longer than their `ttl` become UNKNOWN, those whose time was
    /// over earlier only once their `ttl` has passed since `begun`: until then nobody listened.
    ///
    /// # Errors
    /// When it could not.
    async fn expire(&self, now: f64, begun: f64) -> Result<Vec<Change>, StatusError>;

    /// The rows, sorted by subject and name.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn rows(&self, query: &Query) -> Result<Vec<Row>, StatusError>;

    /// Says that somebody knows, or not any more; it lasts until the status is OK. Returns whether
    /// there is such a row.
    ///
    /// # Errors
    /// When it could not.
    async fn acknowledge(&self, of: &Identity, by: Option<&str>) -> Result<bool, StatusError>;

    /// Says that a status is the consequence of something else, or (with no path) is not.
    ///
    /// # Errors
    /// When it could not.
    async fn suppress(&self, of: &Identity, path: &[String]) -> Result<bool, StatusError>;

    /// Says that a status changes all the time, or does not any more.
    ///
    /// # Errors
    /// When it could not.
    async fn flap(&self, of: &Identity, flapping: bool) -> Result<bool, StatusError>;

    /// Forgets a row, but not its note. Returns whether there was one.
    ///
    /// # Errors
    /// When it could not.
    async fn clear(&self, of: &Identity) -> Result<bool, StatusError>;

    /// The notes of these identities, each at most once; in any order, those that there are.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn notes(&self, of: &[Identity]) -> Result<Vec<Note>, StatusError>;

    /// Of all open notes, of whom and what they are, and which version.
    ///
    /// # Errors
    /// When they cannot be read.
    async fn open_notes(&self) -> Result<Vec<(Identity, i64)>, StatusError>;

    /// Writes notes, each of another identity, and returns when they will be there after a crash.
    /// One is written only where its version is that of the store, as when it was read, which is
    /// greater by one then. Returns for each whether it was.
    ///
    /// # Errors
    /// When it could not; some may have been written.
    async fn note(&self, notes: &[Note]) -> Result<Vec<bool>, StatusError>;

    /// Forgets the notes that are not open and were not heard of since a time.
    ///
    /// # Errors
    /// When it could not.
    async fn forget_notes(&self, before: f64) -> Result<(), StatusError>;
}
