//! Who is missing where.

use std::collections::BTreeSet;

use crate::judge::world::{Document, World};
use crate::model::{Documents, Estate};
use crate::truth::Truth;

/// Who is missing where, as far as it is certain.
#[derive(Debug, Default, PartialEq)]
pub struct Missing {
    /// Registered, and not answering.
    pub absent: BTreeSet<String>,
    /// Answering, and not registered.
    pub strangers: BTreeSet<String>,
    /// Registered longer ago than is good.
    pub stale: BTreeSet<String>,
    /// Without a catalog in an estate that has catalogs.
    pub without_catalog: BTreeSet<String>,
    /// Without facts in an estate that has facts.
    pub without_facts: BTreeSet<String>,
}

/// Looks at every known node; a registration is stale that is more seconds old than this.
pub fn missing(estate: &Estate, stale: i64) -> Missing {
    let world = World::today(estate);
    let mut missing = Missing::default();
    for (node, stands) in world.nodes() {
        if stands != Truth::Yes {
            continue;
        }
        let registered = world.is_registered(&node);
        let answers = world.is_discovered(&node);
        if registered == Truth::Yes && answers == Truth::No {
            missing.absent.insert(node.clone());
        }
        if registered == Truth::No && answers == Truth::Yes {
            missing.strangers.insert(node.clone());
        }
        if let Document::Read(registration) = world.registration(&node)
            && estate.now - registration.lastseen > stale
        {
            missing.stale.insert(node.clone());
        }
        if lacks(&estate.catalogs, &node) {
            missing.without_catalog.insert(node.clone());
        }
        if lacks(&estate.facts, &node) {
            missing.without_facts.insert(node);
        }
    }
    missing
}

fn lacks<T>(source: &Option<Documents<T>>, node: &str) -> bool {
    source.as_ref().is_some_and(|documents| !documents.contains_key(node))
}
