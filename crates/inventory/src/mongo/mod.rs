//! Facts and registrations in MongoDB, in the schema of MCollective's registration agent.
//!
//! A document is one node: `fqdn`, `lastseen` in seconds since 1970, `facts`, `classes`,
//! `agentlist`; a fact's name is a key as it is, dots included. A document with `fault` says that
//! what is known of its node cannot be relied on, and why; one without `fqdn`, that there may be
//! more than the collection has, as one of `faults` says.
//!
//! What a question is about is sought by the server: it sends names and the values that were asked
//! for. Documents that are not as the agent writes them are read whole, by the same reader as files.

mod convert;
mod facts;
mod health;
mod listing;
mod load;
mod place;
mod record;
mod registry;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use groundrule_core::ports::{Answer, Sources};
use mongodb::Collection;
use mongodb::bson::Document;
use tokio::sync::OnceCell;

use crate::Options;
use crate::source::{Location, Opened, Opening, Role, SourceError, Targets};
use listing::Listed;
use place::Place;
pub(crate) use record::Recorder;

/// How many documents the server sends at a time.
const BATCH: u32 = 5_000;

/// A collection that is asked.
struct Nodes {
    place: Place,
    collection: Collection<Document>,
    limit: Duration,
    reading: Options,
    listed: OnceCell<Arc<Listed>>,
}

/// Facts documents in a collection.
struct Facts(Nodes);

/// Registrations in a collection.
struct Registrations(Nodes);

/// Connects when it is first asked.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let place = Place::parse(location, &opening.access)?;
    let collection = place.collection().await?;
    let nodes = || Nodes {
        place: place.clone(),
        collection: collection.clone(),
        limit: place.limit,
        reading: opening.reading.clone(),
        listed: OnceCell::new(),
    };
    let mut sources = Sources::default();
    for role in &opening.roles {
        match role {
            Role::Facts => sources.facts = Some(Arc::new(Facts(nodes()))),
            Role::Registrations => sources.registry = Some(Arc::new(Registrations(nodes()))),
            Role::Graph | Role::Discovery | Role::Checks => {}
        }
    }
    let health = Arc::new(health::Server { place: place.clone(), collection: collection.clone() });
    Ok(Opened { sources, health, problems: Vec::new() })
}

/// Connects, and makes the indexes.
pub async fn target(location: &Location, opening: &Opening) -> Result<Targets, SourceError> {
    if opening.roles.len() > 1 {
        return Err(SourceError::new(
            format!("{location} cannot keep facts and registrations in one collection"),
            "name another one for the facts, such as mongodb://HOST/puppet.facts",
        ));
    }
    let recorder = || Recorder::open(location, &opening.access);
    let mut targets = Targets::default();
    for role in &opening.roles {
        match role {
            Role::Facts => targets.facts = Some(Box::new(load::Loading::of(recorder().await?))),
            Role::Registrations => {
                targets.registrations = Some(Box::new(load::Loading::of(recorder().await?)));
            }
            Role::Graph | Role::Discovery | Role::Checks => {}
        }
    }
    Ok(targets)
}

impl Nodes {
    /// Waits for an answer, but not for ever.
    async fn within<T>(
        &self,
        answer: impl Future<Output = mongodb::error::Result<T>>,
    ) -> Answer<T> {
        self.place.within(answer).await
    }
}
