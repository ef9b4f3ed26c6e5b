//! Writes documents of nodes.

use futures::TryStreamExt as _;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, StoreError};
use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind, WriteFailure};
use mongodb::options::IndexOptions;
use mongodb::{Collection, IndexModel};

use super::convert;
use super::place::Place;
use crate::receiving::Kept;
use crate::source::{Access, FactsDocument, Location, Registration, SourceError};

/// What a server says of a key that is there already.
const DUPLICATE: i32 = 11_000;
/// What it says of a document that is too large.
const TOO_LARGE: i32 = 10_334;

/// Writes what is known of nodes into a collection.
pub(crate) struct Recorder {
    pub(super) place: Place,
    pub(super) collection: Collection<Document>,
}

impl Recorder {
    /// Connects, and makes the indexes that the questions need.
    ///
    /// # Errors
    /// When the address is wrong, the server cannot be reached or refuses, or two documents are
    /// about one node.
    pub async fn open(location: &Location, access: &Access) -> Result<Self, SourceError> {
        let place = Place::parse(location, access)?;
        let collection = place.collection().await?;
        let recorder = Self { place, collection };
        recorder.index().await.map_err(|error| {
            let help = "start the server, or correct the address, the user or what it may do";
            SourceError::new(error.to_string(), help)
        })?;
        Ok(recorder)
    }

    async fn index(&self) -> Answer<()> {
        let named = doc! { "fqdn": { "$exists": true } };
        let unique = IndexOptions::builder().unique(true).partial_filter_expression(named).build();
        let indexes = [
            IndexModel::builder().keys(doc! { "fqdn": 1 }).options(unique).build(),
            IndexModel::builder().keys(doc! { "classes": 1 }).build(),
            IndexModel::builder().keys(doc! { "agentlist": 1 }).build(),
        ];
        // An index that the registration agent has made serves as well. Where there is no
        // collection yet, there are none to list.
        let made = async { self.collection.list_indexes().await?.try_collect().await };
        let made: Vec<IndexModel> = self.place.within(made).await.unwrap_or_default();
        let is_new = |index: &IndexModel| made.iter().all(|other| other.keys != index.keys);
        let missing: Vec<_> = indexes.into_iter().filter(is_new).collect();
        if !missing.is_empty() {
            self.place.within(self.collection.create_indexes(missing).into_future()).await?;
        }
        Ok(())
    }

    /// Keeps a registration, unless a newer one of its node is there; returns when the server
    /// has it on its disk.
    ///
    /// # Errors
    /// When that is not certain.
    pub async fn record(&self, node: &NodeName, registration: &Registration) -> Answer<Kept> {
        let document = match self.registration(node, registration) {
            Ok(document) => document,
            Err(error) => return Ok(Kept::Never(error.to_string())),
        };
        let fqdn = node.as_str();
        let filter = match registration.seen {
            Some(seen) => doc! { "fqdn": fqdn, "$or": [
                { "lastseen": { "$lte": seen } },
                { "lastseen": { "$exists": false } },
                { "lastseen": null },
            ] },
            None => doc! { "fqdn": fqdn },
        };
        let update = async {
            match self.collection.replace_one(filter, document).upsert(true).await {
                // A newer one is there, which the filter passes over.
                Err(error) if duplicate(&error) => Ok(Kept::Older),
                Err(error) if too_large(&error) => {
                    Ok(Kept::Never("it is larger than MongoDB's documents may be".to_owned()))
                }
                done => done.map(|_| Kept::Yes),
            }
        };
        self.place.within(update).await
    }

    /// A registration as it is kept.
    pub(super) fn registration(
        &self,
        node: &NodeName,
        registration: &Registration,
    ) -> Answer<Document> {
        let facts = registration.facts.as_ref().map(convert::document).transpose();
        let facts = facts.map_err(|name| self.unfit(node, &name))?;
        let mut document = doc! { "fqdn": node.as_str() };
        if let Some(seen) = registration.seen {
            document.insert("lastseen", seen);
        }
        if let Some(facts) = facts {
            document.insert("facts", facts);
        }
        for (field, words) in
            [("classes", &registration.classes), ("agentlist", &registration.agents)]
        {
            if let Some(words) = words {
                document.insert(field, words);
            }
        }
        Ok(document)
    }

    /// Facts as they are kept.
    pub(super) fn facts(&self, node: &NodeName, facts: &FactsDocument) -> Answer<Document> {
        let made = facts.made;
        let facts = convert::document(&facts.facts).map_err(|name| self.unfit(node, &name))?;
        Ok(doc! { "fqdn": node.as_str(), "lastseen": made, "facts": facts })
    }

    fn unfit(&self, node: &NodeName, name: &str) -> StoreError {
        self.place.failed(&format!(
            "a fact of {node} has the name {name:?}, which MongoDB cannot hold: rename it"
        ))
    }
}

/// A document may have 16 MB: the driver refuses more, or the server does.
fn too_large(error: &Error) -> bool {
    let text = error.kind.to_string();
    matches!(&*error.kind, ErrorKind::Command(error) if error.code == TOO_LARGE)
        || text.contains("too large")
        || text.contains("exceeds")
}

fn duplicate(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE,
        ErrorKind::Command(error) => error.code == DUPLICATE,
        _ => false,
    }
}
