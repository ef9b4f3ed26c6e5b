//! Random catalogs, ordered as real Puppet orders them.

use std::path::PathBuf;

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use crate::graph;
use crate::ordering::Asked;
use crate::running::Place;

/// Resources in containers in containers; every fifth or so is related to others, whichever.
fn catalog(rng: &mut SmallRng) -> Value {
    let mut names = vec![("Stage".to_owned(), "main".to_owned()), ("Class".into(), "main".into())];
    let mut parents = vec![0, 0];
    for n in 0..rng.random_range(3..30) {
        let containers: Vec<usize> = (1..names.len()).filter(|p| names[*p].0 != "Notify").collect();
        let (of_type, title) = match rng.random_range(0..10) {
            0 | 1 => ("Class", format!("C{n}")),
            2 | 3 => ("Site::Part", format!("part {n}")),
            _ => ("Notify", format!("n{n}")),
        };
        // Classes stand in the stage or in a class that contains them.
        let parent = match of_type {
            "Class" if rng.random() => 0,
            _ => *containers.choose(rng).unwrap(),
        };
        names.push((of_type.to_owned(), title));
        parents.push(parent);
    }
    let reference = |n: usize| format!("{}[{}]", names[n].0, names[n].1);
    let resources: Vec<_> = (0..names.len())
        .map(|n| {
            let mut parameters = json!({});
            for relation in ["require", "before", "notify", "subscribe"] {
                if n > 1 && rng.random_bool(0.08) {
                    let count = rng.random_range(1..4);
                    let others: Vec<_> =
                        (0..count).map(|_| reference(rng.random_range(2..names.len()))).collect();
                    parameters[relation] =
                        if others.len() == 1 { others[0].clone().into() } else { others.into() };
                }
            }
            let kind = match names[n].0.as_str() {
                "Class" => "unknown",
                "Site::Part" => "defined_type",
                _ => "compilable_type",
            };
            json!({"type": names[n].0, "title": names[n].1, "kind": kind, "exported": false,
                "tags": [], "parameters": parameters})
        })
        .collect();
    let edges: Vec<_> = (1..names.len())
        .map(|n| json!({"source": reference(parents[n]), "target": reference(n)}))
        .collect();
    json!({"tags": [], "name": "node.example.net", "version": 1, "catalog_format": 2,
        "environment": "production", "classes": [], "resources": resources, "edges": edges})
}

#[test]
fn random_catalogs_are_ordered_as_puppet_orders_them() {
    let mut rng = SmallRng::seed_from_u64(20_261_122);
    let place = Place::new();
    let files: Vec<PathBuf> = (0..150)
        .map(|n| {
            place.write(&format!("in/{n}.json"), catalog(&mut rng).to_string());
            place.path(&format!("in/{n}.json"))
        })
        .collect();
    let asked = Asked::puppet(&files);
    let (mut pairs, mut cyclic) = (0, 0);
    for n in 0..files.len() {
        let name = n.to_string();
        let graph = graph::of(&asked.catalog(&name), "node.example.net");
        assert_eq!(graph.expanded, asked.expanded(&name), "{}", asked.catalog(&name));
        let cycles: Vec<Vec<String>> =
            serde_json::from_str(&asked.expect(&name, "cycles.json")).unwrap();
        assert_eq!(graph.cycles, cycles, "{}", asked.catalog(&name));
        pairs += graph.expanded.len();
        cyclic += usize::from(!cycles.is_empty());
    }
    // Enough of both kinds to tell.
    assert!(pairs > 1_000 && (20..130).contains(&cyclic), "{pairs} {cyclic}");
}
