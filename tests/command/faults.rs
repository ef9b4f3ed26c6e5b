//! Faults of an estate: each is told with its file, place and remedy, and undecides what it could
//! change, and nothing else.

mod catalogs;
mod documents;
mod files;
mod terminal;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::running::Place;

const NOW: &str = "2026-11-01T00:00:00Z";

/// One policy a source, all of which hold on the healthy estate.
const POLICIES: &str = r#"Feature: One rule a source

  @id:classes
  Scenario: Nobody is what we do not have
    Given all nodes
    Then none has class "rogue"

  @id:facts
  Scenario: Everybody is in a zone
    Given all nodes
    Then the fact "zone" of every one is one of "a, b"

  @id:registered
  Scenario: Everybody is registered
    Given all nodes
    Then every one is registered

  @id:answers
  Scenario: Everybody answers
    Given all nodes
    Then every one answers discovery

  @id:met
  Scenario: Nobody needs what is not there
    Given all nodes
    Then every hard dependency is still met
"#;

pub const ALL: [&str; 5] = ["classes", "facts", "registered", "answers", "met"];

/// What cannot be decided where there may be nodes that nobody told us about. Unless a catalog is
/// missing, those declare nothing.
pub const OPEN: [&str; 4] = ["classes", "facts", "registered", "answers"];

pub const WEB: &str = r#"{
  "name": "web1.example.net", "environment": "production", "version": 1793000000,
  "classes": ["role::web"],
  "resources": [
    {"type": "Stage", "title": "main"},
    {"type": "Class", "title": "Role::Web"},
    {"type": "Service", "title": "nginx", "parameters": {"ensure": "running"}},
    {"type": "Groundrule::Dependency", "title": "db",
     "parameters": {"from": "Service[nginx]", "on": "Service[mysql]", "nodes": ["db1.example.net"]}}
  ],
  "edges": [
    {"source": "Stage[main]", "target": "Class[Role::Web]"},
    {"source": "Class[Role::Web]", "target": "Service[nginx]"},
    {"source": "Class[Role::Web]", "target": "Groundrule::Dependency[db]"}
  ]
}"#;

const DB: &str = r#"{
  "name": "db1.example.net", "environment": "production", "version": 1793000000,
  "classes": ["role::db"],
  "resources": [
    {"type": "Stage", "title": "main"},
    {"type": "Class", "title": "Role::Db"},
    {"type": "Service", "title": "mysql"}
  ],
  "edges": [
    {"source": "Stage[main]", "target": "Class[Role::Db]"},
    {"source": "Class[Role::Db]", "target": "Service[mysql]"}
  ]
}"#;

/// An estate of two nodes of which everything is known.
pub fn healthy() -> Place {
    let place = Place::new();
    place
        .write("rules.feature", POLICIES)
        .write("estate/catalogs/web1.example.net.json", WEB)
        .write("estate/catalogs/db1.example.net.json", DB)
        .write("estate/facts/web1.example.net.json", r#"{"zone": "a"}"#)
        .write("estate/facts/db1.example.net.yaml", "name: db1.example.net\nvalues:\n  zone: b\n")
        .write(
            "estate/registrations/web1.example.net.json",
            r#"{"fqdn": "web1.example.net", "lastseen": 1793000000}"#,
        )
        .write(
            "estate/registrations/others.ndjson",
            "{\"fqdn\": \"db1.example.net\", \"lastseen\": 1793000000}\n",
        )
        .write("estate/discovery.json", r#"["web1.example.net", "db1.example.net"]"#)
        .write("estate/relationships.yaml", "- {node: web1.example.net, nodes: db1.example.net}\n");
    place
}

/// What a run came to, by policy, and its exit code.
pub fn judged(place: &Place) -> (BTreeMap<String, String>, i32) {
    let ran = place.run(&["rules.feature", "--now", NOW, "--format", "results"]);
    let results: Value = serde_json::from_str(&ran.stdout).expect(&ran.stderr);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let policies = results["policies"].as_array().unwrap();
    (policies.iter().map(|one| (text(&one["id"]), text(&one["status"]))).collect(), ran.code)
}

/// Checks that these policies cannot be decided and all others hold, and that both the run and
/// `estate show` tell this fault: `file:line:column: what: what to do`.
pub fn undecided(place: &Place, policies: &[&str], fault: &str) {
    let (statuses, code) = judged(place);
    for (id, status) in &statuses {
        let expected = if policies.contains(&id.as_str()) { "undecided" } else { "held" };
        assert_eq!(status, expected, "{id}, {fault}");
    }
    assert_eq!(code, if policies.is_empty() { 0 } else { 3 }, "{fault}");
    told(place, fault);
}

/// Checks that both a run and `estate show` tell this fault.
pub fn told(place: &Place, fault: &str) {
    let run = place.run(&["rules.feature", "--now", NOW]);
    assert!(run.stdout.contains(fault), "{}{}\nis not told: {fault}", run.stdout, run.stderr);
    let show = place.run(&["estate", "show", "--now", NOW]);
    assert_eq!(show.code, 0, "{}", show.stderr);
    assert!(show.stdout.contains(fault), "{}\nis not told: {fault}", show.stdout);
    let json = place.run(&["estate", "show", "--format", "json", "--now", NOW]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let problems = json["problems"].as_array().unwrap();
    let file = fault.split(':').next().unwrap();
    assert!(problems.iter().any(|problem| problem["file"] == file), "{problems:?}");
}

#[test]
fn the_healthy_estate_holds() {
    let place = healthy();
    let (statuses, code) = judged(&place);
    assert_eq!(statuses.len(), 5);
    assert!(statuses.values().all(|status| status == "held"), "{statuses:?}");
    assert_eq!(code, 0);
    assert!(place.run(&["estate", "show"]).stdout.contains("\nno problems\n"));
}
