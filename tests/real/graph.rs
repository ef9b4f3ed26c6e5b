//! What `groundrule estate graph` prints, as a test compares it.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::running::Place;

/// Two names of resources, the one that comes first before the other.
pub type Pair = (String, String);

/// A node's graph.
pub struct Graph {
    pub resources: BTreeSet<String>,
    /// Source, target and relationship.
    pub edges: BTreeSet<(String, String, String)>,
    pub expanded: BTreeSet<Pair>,
    pub cycles: Vec<Vec<String>>,
}

/// The graph of the only node in an estate that is made of one catalog.
pub fn of(catalog: &str, node: &str) -> Graph {
    let place = Place::new();
    place.write(&format!("estate/catalogs/{node}.json"), catalog);
    read(&place, &place.path("estate"), node)
}

/// The graph of a node.
pub fn read(place: &Place, estate: &Path, node: &str) -> Graph {
    let estate = estate.display().to_string();
    let ran = place.run(&["--estate", &estate, "estate", "graph", node, "-f", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{node}");
    let graph: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(graph["node"], node);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let list = |key: &str| graph[key].as_array().unwrap().clone();
    let names = |value: &Value| value.as_array().unwrap().iter().map(text).collect();
    Graph {
        resources: names(&graph["resources"]),
        edges: list("edges")
            .iter()
            .map(|edge| (text(&edge["source"]), text(&edge["target"]), text(&edge["relationship"])))
            .collect(),
        expanded: list("expanded")
            .iter()
            .map(|pair| (text(&pair["source"]), text(&pair["target"])))
            .collect(),
        cycles: list("cycles")
            .iter()
            .map(|cycle| cycle.as_array().unwrap().iter().map(text).collect())
            .collect(),
    }
}

/// Puppet puts a beginning and an end (a "whit") where a container was: pairs of resources with
/// nothing but these between them.
pub fn without_whits(edges: &[Pair]) -> BTreeSet<Pair> {
    let is_whit = |name: &str| name.starts_with("Whit[");
    let mut pairs = BTreeSet::new();
    for (source, target) in edges.iter().filter(|(source, _)| !is_whit(source)) {
        let mut seen = BTreeSet::new();
        let mut open = vec![target];
        while let Some(name) = open.pop() {
            if !is_whit(name) {
                pairs.insert((source.clone(), name.clone()));
            } else if seen.insert(name) {
                open.extend(edges.iter().filter(|(from, _)| from == name).map(|(_, to)| to));
            }
        }
    }
    pairs
}
