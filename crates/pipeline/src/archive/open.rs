//! Where an archive can be, by the scheme of its URL.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::{Archive, ArchiveError, Limits, MongoArchive, SqliteArchive};
use crate::part::Clock;

/// Variables of the environment, handed down.
type Variables = BTreeMap<String, String>;
type Opened<'a> = BoxFuture<'a, Result<Arc<dyn Archive>, ArchiveError>>;

/// A kind of archive.
pub struct Place {
    /// What its URLs begin with.
    pub scheme: &'static str,
    /// How they are written, and what is there.
    pub doc: &'static str,
    open: for<'a> fn(&'a str, Limits, Clock, &'a Variables) -> Opened<'a>,
    read: for<'a> fn(&'a str, Clock, &'a Variables) -> Opened<'a>,
}

/// Every kind of archive.
pub const PLACES: [Place; 2] = [
    Place {
        scheme: "sqlite:",
        doc: "sqlite:FILE, a file of this machine",
        open: |url, limits, clock, _| {
            Box::pin(async move { shared(SqliteArchive::open(file(url), limits, clock)) })
        },
        read: |url, _, _| Box::pin(async move { shared(SqliteArchive::read_only(file(url))) }),
    },
    Place {
        scheme: "mongodb://",
        doc: "mongodb://[USER@]HOST[:PORT]/[DATABASE[.COLLECTION]][?capped=BYTES], a capped collection",
        open: |url, limits, clock, variables| {
            Box::pin(
                async move { shared(MongoArchive::connect(url, limits, clock, variables).await) },
            )
        },
        read: |url, clock, variables| {
            Box::pin(async move { shared(MongoArchive::read_only(url, clock, variables).await) })
        },
    },
];

/// Opens the archive of a URL to write and to read; makes it if there is none.
///
/// # Errors
/// When there is no such kind of archive, or it cannot be opened.
pub async fn open(
    url: &str,
    limits: Limits,
    clock: Clock,
    variables: &Variables,
) -> Result<Arc<dyn Archive>, ArchiveError> {
    (place(url)?.open)(url, limits, clock, variables).await
}

/// Opens the archive of a URL to read; there must be one.
///
/// # Errors
/// When there is no such kind of archive, or it cannot be opened.
pub async fn read(
    url: &str,
    clock: Clock,
    variables: &Variables,
) -> Result<Arc<dyn Archive>, ArchiveError> {
    (place(url)?.read)(url, clock, variables).await
}

fn place(url: &str) -> Result<&'static Place, ArchiveError> {
    PLACES.iter().find(|place| url.starts_with(place.scheme)).ok_or_else(|| {
        let docs: Vec<&str> = PLACES.iter().map(|place| place.doc).collect();
        // Not the URL itself: somebody may have written a password into it.
        ArchiveError::Refused(format!("no such archive; write {}", docs.join(", or ")))
    })
}

/// The file that `sqlite:FILE` names.
fn file(url: &str) -> &Path {
    Path::new(url.strip_prefix("sqlite:").unwrap_or(url))
}

fn shared<A: Archive + 'static>(
    opened: Result<A, ArchiveError>,
) -> Result<Arc<dyn Archive>, ArchiveError> {
    opened.map(|archive| Arc::new(archive) as Arc<dyn Archive>)
}
