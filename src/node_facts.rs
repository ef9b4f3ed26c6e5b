//! What is known of the facts of one node, from every source that could tell.

use std::sync::Arc;

use groundrule_core::name::NodeName;
use groundrule_core::source::Known;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::World;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::nearest::{self, nearest};

/// Why there are none.
pub enum Lacking {
    /// No source knows the node; one that is called nearly so.
    NoNode { near: Option<NodeName> },
    /// It is not known what they are.
    Unknown(String),
}

/// The facts of a node: of its facts document, else of its registration.
pub async fn of_node(estate: &Arc<Estate>, node: &NodeName) -> Result<Map<String, Value>, Lacking> {
    let world = World::today(Arc::clone(estate));
    let Some(id) = world.find(node).filter(|id| !world.perhaps_gone().contains_key(id)) else {
        if let Some(unknown) = estate.unknown_nodes().first() {
            return Err(Lacking::Unknown(unknown.why.to_string()));
        }
        let names = estate.names().iter().map(NodeName::as_str);
        let near = nearest(names, node.as_str()).and_then(|near| NodeName::new(near).ok());
        return Err(Lacking::NoNode { near });
    };
    match world.facts_of(id).await {
        Known::Present(facts) => Ok(facts),
        Known::Unknown(why) => Err(Lacking::Unknown(why.to_string())),
        Known::Absent => Err(Lacking::Unknown("there are none of it".to_owned())),
    }
}

impl Lacking {
    /// As a command tells it.
    pub fn failure(self, node: &NodeName) -> Failure {
        match self {
            Self::NoNode { near } => Failure::new(
                format!("there are no facts of {node}: no source knows it"),
                nearest::help(near, nearest::LIST),
            ),
            Self::Unknown(why) => Failure::new(
                format!("the facts of {node} are not known: {why}"),
                "see to it that they can be read: `groundrule doctor` tells of every source",
            ),
        }
    }
}
