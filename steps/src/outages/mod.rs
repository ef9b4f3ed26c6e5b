//! Then: what fails when nodes are gone.

mod fallen;
mod met;
mod single;
mod told;

use groundrule_core::source::Unknown;
use groundrule_engine::estate::NodeId;
use groundrule_engine::policy::{Definition, Keyword::Then};
use groundrule_engine::world::{Dependencies, World};

use self::fallen::NothingFallen;
use self::met::StillMet;
use self::single::NoSinglePoint;

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every hard dependency is still met",
        doc: "violated by each hard dependency of a standing node that has too few standing providers, in the whole estate; names the node that declared it, and after `in turn` the one shut down",
        example: "Then every hard dependency is still met",
        read: |_| Ok(Box::new(StillMet)),
    },
    Definition {
        keyword: Then,
        expression: "nothing has fallen",
        doc: "violated by each resource that has fallen and is no container, in the whole estate",
        example: "Then nothing has fallen",
        read: |_| Ok(Box::new(NothingFallen)),
    },
    Definition {
        keyword: Then,
        expression: "none of it/they/them is/are a single point of failure",
        doc: "violated by each node whose shutdown alone makes a hard dependency of another node unmet which is met today",
        example: "Then none of them is a single point of failure",
        read: |_| Ok(Box::new(NoSinglePoint)),
    },
];

/// What may be hidden in one of the worlds that are judged.
pub fn hidden(graph: &Dependencies, world: &World, worlds: &[Option<NodeId>]) -> Vec<Unknown> {
    match worlds {
        [] => Vec::new(),
        worlds => graph.hidden_in(&joint(world, worlds)),
    }
}

/// A world in which every node stands that stands in one of those that are judged.
fn joint(world: &World, worlds: &[Option<NodeId>]) -> World {
    match worlds {
        [Some(only)] => world.without(*only),
        _ => world.clone(),
    }
}
