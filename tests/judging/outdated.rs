//! What is too old says nothing for certain: expected answers by hand.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use groundrule_core::source::Source;
use groundrule_core::verdict::Status;
use groundrule_engine::estate::Settings;
use jiff::Timestamp;

use crate::in_process::{judge_with, outcome};

const NOW: &str = "2026-11-01T00:00:00Z";

/// Judges each scenario on these files, one source of which is trusted for a day.
fn expect(files: &[(&str, &str)], trusted: Source, cases: &[(&str, Status, &[&str])]) {
    let place = tempfile::tempdir().unwrap();
    for folder in ["catalogs", "facts", "registrations"] {
        fs::create_dir_all(place.path().join(folder)).unwrap();
    }
    for (name, text) in files {
        fs::write(place.path().join(name), text).unwrap();
    }
    let mut settings = Settings::at(NOW.parse::<Timestamp>().unwrap());
    settings.max_age.insert(trusted, Duration::from_secs(86_400));
    for (steps, status, subjects) in cases {
        let found = judged(place.path(), steps, settings.clone());
        let subjects = subjects.iter().map(|name| vec![(*name).to_owned()]).collect();
        assert_eq!(found, (*status, subjects), "{steps}");
    }
}

fn judged(estate: &Path, steps: &str, settings: Settings) -> (Status, BTreeSet<Vec<String>>) {
    let steps = steps.replace("; ", "\n");
    let feature = estate.join("case.feature");
    fs::write(&feature, format!("Feature: f\nScenario: s\n{steps}\n")).unwrap();
    let judged = judge_with(estate, &feature, settings).unwrap();
    let (status, subjects) = outcome(&judged[0]);
    (status, subjects.into_iter().collect())
}

#[test]
fn classes_of_a_registration() {
    let old = r#"{"fqdn":"a","lastseen":1790899200,"facts":{},"classes":["db"],"agentlist":[]}"#;
    let new = r#"{"fqdn":"b","lastseen":1793491140,"facts":{},"classes":["db"],"agentlist":[]}"#;
    let files = [("registrations/a.json", old), ("registrations/b.json", new)];
    expect(
        &files,
        Source::Registrations,
        &[
            ("Given the node \"a\"; Then none has class \"db\"", Status::Undecided, &[]),
            ("Given the node \"a\"; Then every one has class \"db\"", Status::Undecided, &[]),
            ("Given nodes with class \"db\"; Then there are none", Status::Violated, &["b"]),
        ],
    );
    // A newer registration may be in the line that cannot be read.
    let files = [("registrations/b.json", new), ("registrations/m.ndjson", "{ broken")];
    expect(
        &files,
        Source::Catalogs,
        &[
            ("Given the node \"b\"; Then none has class \"db\"", Status::Undecided, &[]),
            ("Given the node \"b\"; Then every one has class \"db\"", Status::Undecided, &[]),
        ],
    );
}

#[test]
fn dependencies_of_a_catalog() {
    let catalog = r#"{"name":"a","version":1790899200,"environment":"production","classes":["web"],
 "resources":[{"type":"Class","title":"main"},{"type":"Service","title":"x"},
  {"type":"Groundrule::Dependency","title":"d","parameters":{"from":"Service[x]","nodes":["c"]}}],
 "edges":[{"source":"Class[main]","target":"Service[x]"},
  {"source":"Class[main]","target":"Groundrule::Dependency[d]"}]}"#;
    let gone = "Given the node \"c\"; When they are shut down";
    let met = format!("{gone}; Then every hard dependency is still met");
    let fallen = format!("{gone}; Then nothing has fallen");
    let files = [("catalogs/a.json", catalog), ("facts/c.json", "{}")];
    expect(
        &files,
        Source::Catalogs,
        &[
            (&met, Status::Undecided, &[]),
            (&fallen, Status::Undecided, &[]),
            (
                "Given the node \"c\"; Then none of them are a single point of failure",
                Status::Undecided,
                &[],
            ),
            ("Given all hard dependencies; Then there are none", Status::Undecided, &[]),
            ("Given the node \"a\"; Then every one declares a dependency", Status::Undecided, &[]),
        ],
    );
    // A list beside the catalogs has no age.
    let beside = "- {node: a, from: 'Service[x]', nodes: [c]}\n";
    let files = [files[0], files[1], ("relationships.yaml", beside)];
    expect(
        &files,
        Source::Catalogs,
        &[
            (&met, Status::Violated, &["a"]),
            (&fallen, Status::Undecided, &[]),
            ("Given the node \"a\"; Then every one declares a dependency", Status::Held, &[]),
        ],
    );
}

#[test]
fn nodes_of_a_discovery_reply() {
    let files = [
        ("facts/a.json", r#"{"z":1}"#),
        ("relationships.yaml", "- {node: a, nodes: [zz]}\n"),
        ("discovery.json", r#"{"at":"2026-10-01T00:00:00Z","nodes":["a","b"]}"#),
    ];
    expect(
        &files,
        Source::Discovery,
        &[
            ("Given all nodes; Then there are exactly 1 of them", Status::Undecided, &[]),
            ("Given all nodes; Then every one has the fact \"z\"", Status::Undecided, &[]),
            ("Given the node \"zz\"; Then there are at least 1 of them", Status::Undecided, &[]),
            ("Given the node \"b\"; Then there are at least 1 of them", Status::Undecided, &[]),
            ("Given the node \"a\"; Then there are at least 1 of them", Status::Held, &[]),
            ("Given all nodes; Then every hard dependency is still met", Status::Undecided, &[]),
            (
                "Given all declared dependencies; Then every dependency is managed",
                Status::Undecided,
                &[],
            ),
        ],
    );
}
