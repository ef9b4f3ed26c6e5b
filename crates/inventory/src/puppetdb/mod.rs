//! Catalogs and facts of PuppetDB, through version 4 of its queries.
//!
//! Facts are asked for by name. Catalogs are read whole, once, and put together in memory as those
//! of an estate directory are; only parameters are looked up when they are asked for. Of nodes that
//! are deactivated or expired nothing is told: PuppetDB itself says that they are gone.

mod client;
mod facts;
mod graph;
mod health;
mod nodes;
mod parameters;

use std::sync::Arc;

use groundrule_core::ports::Sources;

use crate::source::{Location, Opened, Opening, Role, SourceError};
use client::Client;

/// Nothing is asked yet.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let client = Arc::new(Client::new(location, &opening.access)?);
    let mut sources = Sources::default();
    for role in &opening.roles {
        match role {
            Role::Graph => {
                let graph = graph::Graph::new(Arc::clone(&client), opening.reading.clone());
                sources.graph = Some(Arc::new(graph));
            }
            Role::Facts => {
                let facts = facts::Facts::new(Arc::clone(&client), opening.reading.clone());
                sources.facts = Some(Arc::new(facts));
            }
            Role::Registrations | Role::Discovery | Role::Checks => {}
        }
    }
    Ok(Opened { sources, health: Arc::new(health::Server(client)), problems: Vec::new() })
}
