//! Where registrations are kept.

use std::path::Path;

use async_trait::async_trait;
use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;

use crate::source::{Access, Location, Registration, SourceError};
use crate::{mongo, sqlite};

/// Keeps registrations.
#[async_trait]
pub trait Record: Send + Sync {
    /// Keeps a registration, unless a newer one of its node is there; returns when it will be there
    /// after a crash.
    ///
    /// # Errors
    /// When that is not certain. It may be tried again.
    async fn record(&self, node: &NodeName, registration: &Registration) -> Answer<Kept>;
}

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is there.
    Yes,
    /// A newer one is there.
    Older,
    /// The store cannot hold it however often it is tried, and why.
    Never(String),
}

#[async_trait]
impl Record for mongo::Recorder {
    async fn record(&self, node: &NodeName, registration: &Registration) -> Answer<Kept> {
        Self::record(self, node, registration).await
    }
}

#[async_trait]
impl Record for sqlite::Recorder {
    async fn record(&self, node: &NodeName, registration: &Registration) -> Answer<Kept> {
        Self::record(self, node, registration)
    }
}

/// What keeps registrations at an address.
///
/// # Errors
/// When nothing is kept there one by one, the server is away, or the file cannot be written to.
pub async fn recorder(
    location: &Location,
    access: &Access,
) -> Result<Box<dyn Record>, SourceError> {
    match location.scheme() {
        "mongodb" | "mongodb+srv" => Ok(Box::new(mongo::Recorder::open(location, access).await?)),
        "sqlite" => Ok(Box::new(sqlite::Recorder::open(Path::new(location.rest()))?)),
        _ => Err(SourceError::new(
            format!("registrations are not kept in {location}"),
            "write mongodb://host/[database[.collection]] or sqlite:FILE",
        )),
    }
}
