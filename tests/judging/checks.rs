//! How often checks are run, and on which nodes.

use std::sync::Arc;

use groundrule_core::check::CheckName;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Checks, Sources};
use groundrule_core::reservation::Action;
use groundrule_core::verdict::Status;
use groundrule_engine::estate::{Estate, Settings};
use groundrule_engine::gate::Verdict;
use jiff::Timestamp;
use serde_json::Value;

use crate::in_process::{block_on, gate, judge_sources, sources};
use crate::told::Told;

/// An estate of nodes with a fact `kind`, and a feature file with these scenarios.
struct Place(tempfile::TempDir);

impl Place {
    fn new(nodes: &[(&str, &str)], checks: &Value, scenarios: &[&str]) -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        let facts = place.estate().join("facts");
        std::fs::create_dir_all(&facts).unwrap();
        for (node, kind) in nodes {
            let text = format!("{{\"fqdn\": \"{node}\", \"kind\": \"{kind}\"}}");
            std::fs::write(facts.join(format!("{node}.json")), text).unwrap();
        }
        std::fs::write(place.estate().join("checks.json"), checks.to_string()).unwrap();
        let scenario = |(n, steps): (usize, &&str)| {
            let steps = steps.replace('\'', "\"").replace("; ", "\n    ");
            format!("  @gate\n  Scenario: s{n}\n    {steps}\n")
        };
        let scenarios: String = scenarios.iter().enumerate().map(scenario).collect();
        std::fs::write(place.feature(), format!("Feature: f\n{scenarios}")).unwrap();
        place
    }

    fn estate(&self) -> std::path::PathBuf {
        self.0.path().join("estate")
    }

    fn feature(&self) -> std::path::PathBuf {
        self.0.path().join("f.feature")
    }

    /// The sources, with what notes the calls.
    fn sources(&self) -> (Sources, Arc<Told>) {
        let told = Arc::new(Told::of(&self.estate().join("checks.json")).unwrap());
        let checks = Some(Arc::clone(&told) as Arc<dyn Checks>);
        (Sources { checks, ..sources(&self.estate(), &settings()) }, told)
    }
}

fn settings() -> Settings {
    Settings::at(Timestamp::from_second(0).unwrap())
}

fn fine() -> Value {
    serde_json::json!({"disk": {"a": [0, "OK"], "b": [0, "OK"], "c": [2, "BAD"]}, "load": {"a": [0, ""]}})
}

const NODES: [(&str, &str); 3] = [("a", "x"), ("b", "y"), ("c", "y")];

#[test]
fn a_check_runs_once_on_a_node_whoever_asks() {
    let place = Place::new(
        &NODES,
        &fine(),
        &[
            "Given nodes whose fact 'kind' is 'x'; When I run the check 'disk'; Then every result is OK",
            "Given all nodes; When I run the check 'disk'; Then every result is OK",
            "Given the node 'b'; When I run the check 'disk'; Then every result is OK; And every result is at worst WARNING",
            "Given the node 'a'; When I run the check 'load'; Then every result is OK",
        ],
    );
    let (sources, told) = place.sources();
    let judged = block_on(judge_sources(sources, &place.feature(), settings())).unwrap();
    let statuses: Vec<_> = judged.iter().map(|judged| judged.status).collect();
    assert_eq!(statuses, [Status::Held, Status::Violated, Status::Held, Status::Held]);
    assert_eq!(told.calls(), ["disk: a", "disk: b c", "load: a"]);
}

#[test]
fn what_did_not_answer_is_not_asked_again() {
    let twice = "Given the node 'a'; When I run the check 'nosuch'; Then every result is OK";
    let away = "Given the node 'a'; When I run the check 'away'; Then every result is OK";
    let place = Place::new(&NODES, &fine(), &[twice, twice, away, away]);
    let (sources, told) = place.sources();
    let judged = block_on(judge_sources(sources, &place.feature(), settings())).unwrap();
    let reasons: Vec<_> =
        judged.iter().map(|j| j.undecided.as_ref().unwrap().reason.clone()).collect();
    assert!(reasons[1].contains("it did not answer"), "{reasons:?}");
    assert!(reasons[3].contains("mco took too long"), "{reasons:?}");
    assert_eq!(told.calls(), ["nosuch: a", "away: a"]);
}

#[test]
fn who_asks_at_the_same_time_waits() {
    let place = Place::new(&NODES, &fine(), &[]);
    let (sources, told) = place.sources();
    block_on(async {
        let estate = Arc::new(Estate::open(sources, settings()).await);
        let world = groundrule_engine::world::World::today(estate);
        let (check, all) = (CheckName::new("disk").unwrap(), world.nodes());
        let (first, second) = futures::join!(world.check(&check, &all), world.check(&check, &all));
        assert_eq!(first.values, second.values);
    });
    assert_eq!(told.calls(), ["disk: a b c"]);
}

#[test]
fn nobody_is_asked_who_only_may_belong_or_is_gone() {
    let place = Place::new(
        &NODES,
        &fine(),
        &[
            "When a node with class 'x' and the fact 'kind' as 'y' is added; Given nodes whose fact 'kind' is 'y'; When I run the check 'disk'; Then every result is OK",
            "Given the node 'c' as 'old'; When the 'old' is shut down; Given all nodes; When I run the check 'load'; Then every result is OK",
            "Given nodes whose fact 'kind' is 'nosuch'; When I run the check 'none'; Then every result is OK",
            "Given the node 'b'; When each of them is shut down in turn; When I run the check 'none'; Then every result is OK",
        ],
    );
    // Of one node nothing is known.
    std::fs::write(place.estate().join("facts/d.json"), "{").unwrap();
    let (sources, told) = place.sources();
    block_on(judge_sources(sources, &place.feature(), settings())).unwrap();
    assert_eq!(told.calls(), ["disk: b c", "load: a b d"]);
}

#[test]
fn the_two_worlds_of_a_gate_see_the_same_results() {
    let place = Place::new(
        &NODES,
        &fine(),
        &[
            "Given nodes whose fact 'kind' is 'y'; When I run the check 'disk'; Then every result is OK",
            "Given all nodes; When I run the check 'load'; Then every result is OK",
        ],
    );
    let (sources, told) = place.sources();
    let estate = Arc::new(block_on(Estate::open(sources, settings())));
    let gate = gate(&estate, &place.feature());
    block_on(gate.warm());
    let before = told.calls();
    assert_eq!(before, ["disk: b c", "load: a b c"]);
    let stop = |node: &str| Action::Terminate { nodes: vec![NodeName::new(node).unwrap()] };
    // What is violated already denies nothing, and what is not known is not known there either.
    let decision = block_on(gate.judge(&[], &stop("b")));
    assert_eq!(decision.verdict(), Verdict::Undecided);
    assert!(format!("{decision:?}").contains("it did not answer"), "{decision:?}");
    block_on(gate.judge(&[stop("a")], &stop("c")));
    assert_eq!(told.calls(), before);
}

#[test]
fn a_finding_is_the_same_one_whatever_the_check_says() {
    let rule = "Given the node 'a'; When I run the check 'disk'; Then every result is OK";
    let judged = |result: Value| {
        let place = Place::new(&NODES, &serde_json::json!({"disk": {"a": result}}), &[rule]);
        let (sources, _) = place.sources();
        let judged = block_on(judge_sources(sources, &place.feature(), settings())).unwrap();
        let finding = &judged[0].findings[0];
        (finding.fingerprint.clone(), Value::Object(finding.violation.evidence.clone()))
    };
    let (low, evidence) = judged(serde_json::json!([1, "DISK WARNING - 9% | /=9\nmore"]));
    let (odd, other) = judged(serde_json::json!([77, "\u{1b}]0;x\u{7}"]));
    assert_eq!(low, odd);
    let told = |code: i64, state: &str, output: &str| serde_json::json!({"check": "disk", "exit_code": code, "state": state, "output": output});
    assert_eq!(evidence, told(1, "WARNING", "DISK WARNING - 9%"));
    assert_eq!(other, told(77, "UNKNOWN", "\u{fffd}]0;x\u{fffd}"));
}
