//! What an estate has, to compare it with another.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::judge::dependencies::declared;
use crate::judge::world::World;
use crate::model::{Dependency, Estate};
use crate::truth::Truth;

/// Everything that is known of an estate.
#[derive(Debug)]
pub struct Content {
    /// Nodes that a source knows.
    pub nodes: BTreeSet<String>,
    /// Nodes with resources of theirs.
    pub resources: BTreeSet<(String, String)>,
    /// What is declared, by whomever.
    pub dependencies: BTreeSet<Dependency>,
    /// Nodes with names of facts, in lower case, and values.
    pub facts: BTreeSet<(String, String, String)>,
}

/// Reads it all.
pub fn content(estate: &Estate) -> Content {
    let world = World::today(estate);
    let nodes = world.nodes().into_iter().filter(|(_, stands)| *stands == Truth::Yes);
    let nodes: BTreeSet<String> = nodes.map(|(node, _)| node).collect();
    let mut resources = BTreeSet::new();
    for (node, catalog) in estate.catalogs.iter().flatten() {
        for one in catalog.iter().flat_map(|catalog| &catalog.resources) {
            resources.insert((node.clone(), one.reference.clone()));
        }
    }
    let mut facts = BTreeSet::new();
    for node in &nodes {
        for (name, value) in world.facts(node).into_iter().flatten() {
            if !value.is_null() {
                facts.insert((node.clone(), name.to_lowercase(), sorted(value)));
            }
        }
    }
    let dependencies = declared(&world).into_iter().map(|(one, _)| one).collect();
    Content { nodes, resources, dependencies, facts }
}

/// A value as text that does not tell in which order the keys of a structure were written.
pub fn sorted(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let all: BTreeSet<String> =
                map.iter().map(|(key, value)| format!("{key:?}:{}", sorted(value))).collect();
            format!("{{{}}}", all.into_iter().collect::<Vec<_>>().join(","))
        }
        Value::Array(all) => {
            let all: Vec<String> = all.iter().map(sorted).collect();
            format!("[{}]", all.join(","))
        }
        plain => plain.to_string(),
    }
}
