//! Where the status can be, by the scheme of its URL.

use std::path::Path;
use std::sync::Arc;

use super::{SqliteStatus, StatusError, StatusStore};

/// A kind of store.
pub struct Place {
    /// What its URLs begin with.
    pub scheme: &'static str,
    /// How they are written, and what is there.
    pub doc: &'static str,
    open: fn(&str) -> Result<Arc<dyn StatusStore>, StatusError>,
    read: fn(&str) -> Result<Arc<dyn StatusStore>, StatusError>,
}

/// Every kind of store.
pub const PLACES: [Place; 1] = [Place {
    scheme: "sqlite:",
    doc: "sqlite:FILE, a file of this machine",
    open: |url| Ok(Arc::new(SqliteStatus::open(file(url))?)),
    read: |url| Ok(Arc::new(SqliteStatus::read_only(file(url))?)),
}];

/// Opens the status of a URL to write and to read; makes it if there is none.
///
/// # Errors
/// When there is no such kind of store, or it cannot be opened.
pub fn open(url: &str) -> Result<Arc<dyn StatusStore>, StatusError> {
    (place(url)?.open)(url)
}

/// Opens the status of a URL to read; there must be one.
///
/// # Errors
/// When there is no such kind of store, or it cannot be opened.
pub fn read(url: &str) -> Result<Arc<dyn StatusStore>, StatusError> {
    (place(url)?.read)(url)
}

fn place(url: &str) -> Result<&'static Place, StatusError> {
    PLACES.iter().find(|place| url.starts_with(place.scheme)).ok_or_else(|| {
        let docs: Vec<&str> = PLACES.iter().map(|place| place.doc).collect();
        StatusError::Refused(format!("no such status; write {}", docs.join(", or ")))
    })
}

/// The file that `sqlite:FILE` names.
fn file(url: &str) -> &Path {
    Path::new(url.strip_prefix("sqlite:").unwrap_or(url))
}
