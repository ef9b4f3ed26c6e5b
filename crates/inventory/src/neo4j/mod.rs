//! `bolt://` and `neo4j://`: the graph in Neo4j.
//!
//! Reads are single statements in read access, which the server holds to; each ends with the seal of
//! the load that it read ([`record`]), so that a graph that is half loaded, or changes between two
//! questions, is noticed. Writes are transactions of some nodes each.

mod client;
mod graph;
mod health;
mod known;
mod load;
mod record;
mod schema;
mod value;
mod within;

use std::sync::Arc;

use groundrule_core::ports::Sources;

use crate::source::{Location, Opened, Opening, SourceError, Targets};
use client::Client;
use graph::Neo4j;
use load::Loader;

/// Opens a graph. Nothing is asked yet.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let client = Arc::new(Client::new(location, &opening.access)?);
    let graph = Arc::new(Neo4j::new(Arc::clone(&client)));
    let health = Arc::new(health::Server::new(client));
    let sources = Sources { graph: Some(graph), ..Sources::default() };
    Ok(Opened { sources, health, problems: Vec::new() })
}

/// What a graph is loaded by.
pub async fn target(location: &Location, opening: &Opening) -> Result<Targets, SourceError> {
    let client = Arc::new(Client::new(location, &opening.access)?);
    Ok(Targets { graph: Some(Box::new(Loader::new(client))), ..Targets::default() })
}
