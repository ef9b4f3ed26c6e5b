//! Declared dependencies as parameters: of a resource, or of a row of `relationships.yaml`.

use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Map, Value, json};

use super::yaml;
use crate::model::{Dependency, Kind, Needs, Providers};

/// The parameters of `groundrule::dependency`; defaults are left out now and then.
pub fn parameters(dependency: &Dependency, rng: &mut SmallRng) -> Map<String, Value> {
    let mut all = Map::new();
    if let Some(from) = &dependency.from {
        all.insert("from".into(), json!(from));
    }
    if let Some(on) = &dependency.on {
        all.insert("on".into(), json!(on));
    }
    match &dependency.providers {
        Providers::Nodes(nodes) => {
            let one = nodes.first().filter(|_| nodes.len() == 1 && rng.random_bool(0.5));
            all.insert("nodes".into(), one.map_or_else(|| json!(nodes), |node| json!(node)));
        }
        Providers::Matching(filter) => {
            all.insert("matching".into(), json!(filter));
        }
    }
    match dependency.kind {
        Kind::Hard if rng.random_bool(0.5) => {}
        Kind::Hard => drop(all.insert("kind".into(), json!("hard"))),
        Kind::Soft => drop(all.insert("kind".into(), json!("soft"))),
    }
    match dependency.needs {
        Needs::Number(1) if rng.random_bool(0.5) => {}
        Needs::Number(number) => drop(all.insert("needs".into(), json!(number))),
        Needs::All => drop(all.insert("needs".into(), json!("all"))),
    }
    all
}

/// The whole of `relationships.yaml`.
pub fn text(all: &[Dependency], rng: &mut SmallRng) -> String {
    if all.is_empty() {
        return "[]\n".into();
    }
    let mut text = String::from("---\n");
    for dependency in all {
        text.push_str(&format!("- node: {}\n", yaml::quoted(&dependency.node)));
        for (name, value) in parameters(dependency, rng) {
            text.push_str(&format!("  {name}: {}\n", yaml::flow(&value)));
        }
    }
    text
}
