//! Every shipped policy on every shipped estate: the graph in Neo4j gives the results that the
//! directory gives.

use serde_json::Value;

use crate::running::{NOW, Place, Ran, shipped};
use crate::server::Neo4j;

pub const ESTATES: [&str; 3] =
    ["examples/estate", "examples/estate-broken", "tests/real/captured/estate"];

/// The document of results, without what differs from run to run.
pub fn results(ran: &Ran) -> Value {
    let mut results: Value =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    strip(&mut results);
    results
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| !["run", "seconds", "estate", "duration"].contains(&key.as_str()));
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        _ => {}
    }
}

#[test]
fn shipped_policies_come_to_the_same() {
    let neo4j = Neo4j::turn();
    for estate in ESTATES {
        let (features, directory) = (shipped("features"), shipped(estate));
        let common = [features.as_str(), "--now", NOW, "--format", "results"];
        let place = Place::new();
        let embedded = place.run(&[&common[..], &["--estate", &directory]].concat());
        neo4j.load(estate);
        let graph = neo4j.run(&place, &[&common[..], &["--estate", &directory]].concat());
        assert_eq!(embedded.code, graph.code, "{estate}: {}", graph.stderr);
        assert_eq!(results(&embedded), results(&graph), "{estate}");
    }
}
