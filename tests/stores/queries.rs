//! Policies with queries of their own.

use serde_json::Value;

use crate::running::{NOW, Place, shipped};
use crate::server::Neo4j;

const VERDICTS: [(&str, &str, &str, &[&str]); 10] = [
    (
        "no rows",
        "MATCH (r:Resource {title: 'telnetd'}) RETURN r.ref AS ref\n\"\"\"\nThen there are no rows",
        "held",
        &[],
    ),
    (
        "rows are violations",
        "MATCH (n:Node)-[:HAS_CLASS]->(:Class {name: 'mysql::server'}) RETURN n.name AS node, n.environment AS environment\n\"\"\"\nThen there are no rows",
        "violated",
        &["mysql1.example.net"],
    ),
    ("a row of nobody", "RETURN 1 AS one\n\"\"\"\nThen there are no rows", "violated", &[]),
    ("enough rows", "MATCH (n:Node) RETURN n\n\"\"\"\nThen there are at least 9 rows", "held", &[]),
    (
        "too few rows",
        "MATCH (n:Node) RETURN n\n\"\"\"\nThen there are at least 10000 rows",
        "violated",
        &[],
    ),
    (
        "a write",
        "CREATE (x:Node {name: 'evil'}) RETURN x\n\"\"\"\nThen there are at least 1 row",
        "undecided",
        &[],
    ),
    ("a removal", "MATCH (n) DETACH DELETE n\n\"\"\"\nThen there are no rows", "undecided", &[]),
    (
        "a procedure that writes",
        "CALL db.createLabel('Evil')\n\"\"\"\nThen there are no rows",
        "undecided",
        &[],
    ),
    ("no Cypher", "SELECT 1\n\"\"\"\nThen there are no rows", "undecided", &[]),
    (
        "a supposed world",
        "MATCH (n:Node) RETURN n\n\"\"\"\nThen there are at least 1 row",
        "undecided",
        &[],
    ),
];

fn policies() -> String {
    let mut text = "Feature: f\n".to_owned();
    for (name, rest, ..) in VERDICTS {
        let before = match name {
            "a supposed world" => {
                "Given nodes with class 'mysql::server'\nWhen they are shut down\n"
            }
            _ => "",
        };
        text.push_str(&format!(
            "Scenario: {name}\n{before}When I query the graph:\n\"\"\"\n{rest}\n"
        ));
    }
    text
}

#[test]
fn rows_are_judged_and_nothing_is_written() {
    let neo4j = Neo4j::turn();
    neo4j.load("tests/real/captured/estate");
    let place = Place::new();
    place.write("x.feature", policies());
    let estate = shipped("tests/real/captured/estate");
    let arguments = ["x.feature", "--now", NOW, "--format", "results", "--estate", &estate];
    for _ in 0..2 {
        let ran = neo4j.run(&place, &arguments);
        let results: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        for ((name, _, status, subjects), policy) in
            VERDICTS.iter().zip(results["policies"].as_array().unwrap())
        {
            assert_eq!(policy["status"], *status, "{name}: {policy:#}");
            for subject in *subjects {
                assert!(policy.to_string().contains(subject), "{name}: {policy:#}");
            }
        }
        assert!(ran.stdout.contains("it writes, and only reading is allowed"), "{}", ran.stdout);
    }
    // A directory answers no queries, and says so.
    let ran = place.run(&arguments);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("answers no queries in Cypher"), "{}", ran.stdout);
}
