//! Where the status can be, by the scheme of its URL.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::{MongoStatus, SqliteStatus, StatusError, StatusStore};

/// Variables of the environment, handed down.
type Variables = BTreeMap<String, String>;
type Opened<'a> = BoxFuture<'a, Result<Arc<dyn StatusStore>, StatusError>>;

/// A kind of store.
pub struct Place {
    /// What its URLs begin with.
    pub scheme: &'static str,
    /// How they are written, and what is there.
    pub doc: &'static str,
    open: for<'a> fn(&'a str, &'a Variables) -> Opened<'a>,
    read: for<'a> fn(&'a str, &'a Variables) -> Opened<'a>,
}

/// Every kind of store.
pub const PLACES: [Place; 2] = [
    Place {
        scheme: "sqlite:",
        doc: "sqlite:FILE, a file of this machine",
        open: |url, _| Box::pin(async move { shared(SqliteStatus::open(file(url))) }),
        read: |url, _| Box::pin(async move { shared(SqliteStatus::read_only(file(url))) }),
    },
    Place {
        scheme: "mongodb://",
        doc: "mongodb://[USER@]HOST[:PORT]/[DATABASE[.COLLECTION]]",
        open: connected,
        read: connected,
    },
];

fn connected<'a>(url: &'a str, variables: &'a Variables) -> Opened<'a> {
    Box::pin(async move { shared(MongoStatus::connect(url, variables).await) })
}

/// Opens the status of a URL to write and to read; makes it if there is none.
///
/// # Errors
/// When there is no such kind of store, or it cannot be opened.
pub async fn open(url: &str, variables: &Variables) -> Result<Arc<dyn StatusStore>, StatusError> {
    (place(url)?.open)(url, variables).await
}

/// Opens the status of a URL to read.
///
/// # Errors
/// When there is no such kind of store, or it cannot be opened.
pub async fn read(url: &str, variables: &Variables) -> Result<Arc<dyn StatusStore>, StatusError> {
    (place(url)?.read)(url, variables).await
}

fn place(url: &str) -> Result<&'static Place, StatusError> {
    PLACES.iter().find(|place| url.starts_with(place.scheme)).ok_or_else(|| {
        let docs: Vec<&str> = PLACES.iter().map(|place| place.doc).collect();
        // Not the URL itself: somebody may have written a password into it.
        StatusError::Refused(format!("no such status; write {}", docs.join(", or ")))
    })
}

/// The file that `sqlite:FILE` names.
fn file(url: &str) -> &Path {
    Path::new(url.strip_prefix("sqlite:").unwrap_or(url))
}

fn shared<S: StatusStore + 'static>(
    opened: Result<S, StatusError>,
) -> Result<Arc<dyn StatusStore>, StatusError> {
    opened.map(|store| Arc::new(store) as Arc<dyn StatusStore>)
}
