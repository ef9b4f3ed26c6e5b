//! What came and what went between two estates.

use std::collections::BTreeSet;

use groundrule_oracle::generate;
use groundrule_oracle::judge::questions as oracle;
use groundrule_oracle::model::{Dependency, Estate, Kind, Needs, Providers};
use groundrule_questions::diff;
use rand::Rng;
use serde_json::{Map, Value};

use super::{Case, compare};
use crate::cases::slow_seeds;
use crate::in_process::{block_on, opened};

/// Another estate: the same in other words, with less known, without some nodes, or any.
fn other(case: &mut Case) -> Estate {
    let mut other = match case.rng.random_range(0..4) {
        0 => case.full.clone(),
        1 => generate::hide(&mut case.rng, &case.full),
        2 => {
            let nodes = case.some_nodes().into_iter().collect();
            generate::without(&case.full, &nodes)
        }
        _ => generate::estate(&mut case.rng),
    };
    other.form = case.rng.random();
    for facts in other.facts.iter_mut().flat_map(|all| all.values_mut()).flatten() {
        *facts = turned(facts);
    }
    other
}

/// The same structure with its keys in another order.
fn turned(map: &Map<String, Value>) -> Map<String, Value> {
    let value = |value: &Value| match value {
        Value::Object(map) => Value::Object(turned(map)),
        other => other.clone(),
    };
    map.iter().rev().map(|(key, one)| (key.clone(), value(one))).collect()
}

/// How a dependency is told.
fn told(one: &Dependency) -> String {
    let Dependency { node, from, on, providers, kind, needs } = one;
    let from = from.as_ref().map_or(String::new(), |from| format!("{from} on "));
    let on = on.as_ref().map_or(String::new(), |on| format!("{on} on "));
    let kind = if *kind == Kind::Hard { "hard" } else { "soft" };
    let needs = match needs {
        Needs::Number(n) => n.to_string(),
        Needs::All => "all".to_owned(),
    };
    let who = match providers {
        Providers::Nodes(nodes) => {
            let (last, first) = nodes.split_last().unwrap();
            match first {
                [] => last.clone(),
                _ if needs == "all" => format!("{} and {last}", first.join(", ")),
                _ => format!("{needs} of {} and {last}", first.join(", ")),
            }
        }
        Providers::Matching(filter) if needs == "all" => format!("all nodes matching {filter:?}"),
        Providers::Matching(filter) => format!("{needs} of the nodes matching {filter:?}"),
    };
    format!("{from}{node} needs {needs}: {on}{who} ({kind})")
}

/// What one has and another has not.
fn beyond<T: Ord + Clone>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> BTreeSet<T> {
    one.difference(other).cloned().collect()
}

fn list<T: Ord>(answer: &Value, made: impl Fn(&Value) -> T) -> BTreeSet<T> {
    answer.as_array().unwrap().iter().map(made).collect()
}

#[test]
fn differences_agree_with_the_oracle() {
    let (mut found, mut nothing) = ([0; 4], 0);
    let several = compare(slow_seeds(1000), |case| {
        let after = other(case);
        let estate = opened(&case.place.estate("other", &after), after.now);
        let (before, after) = (oracle::content(&case.full), oracle::content(&after));
        let answer = match block_on(diff(&case.estate, &estate)) {
            Ok(answer) => answer.json,
            Err(error) => return case.differ("diff", &error, &"an answer"),
        };
        let text = |one: &Value| one.as_str().unwrap().to_owned();
        let fact = |one: &Value| {
            let value: Value = serde_json::from_str(&text(&one["value"])).unwrap();
            let name = text(&one["fact"]).to_lowercase();
            (text(&one["node"]), name, oracle::sorted(&value))
        };
        let resource = |all: &BTreeSet<(String, String)>| -> BTreeSet<String> {
            all.iter().map(|(node, reference)| format!("{node}/{reference}")).collect()
        };
        let dependency = |all: &BTreeSet<Dependency>| all.iter().map(told).collect();
        let mut all = 0;
        for (way, one, other) in [("came", &after, &before), ("went", &before, &after)] {
            let theirs = beyond(&one.nodes, &other.nodes);
            case.same(&format!("nodes that {way}"), &list(&answer["nodes"][way], text), &theirs);
            found[0] += theirs.len();
            let theirs = beyond(&resource(&one.resources), &resource(&other.resources));
            let mut ours = list(&answer["resources"][way], text);
            // The oracle's catalogs have these as dependencies only.
            ours.retain(|one| !one.contains("/Groundrule::Dependency["));
            case.same(&format!("resources that {way}"), &ours, &theirs);
            found[1] += theirs.len();
            let theirs: BTreeSet<String> =
                dependency(&beyond(&one.dependencies, &other.dependencies));
            let ours = list(&answer["dependencies"][way], text);
            case.same(&format!("dependencies that {way}"), &ours, &theirs);
            found[2] += theirs.len();
            let theirs = beyond(&one.facts, &other.facts);
            let ours = list(&answer["facts"][way], fact);
            case.same(&format!("facts that {way}"), &ours, &theirs);
            found[3] += theirs.len();
            all += theirs.len();
        }
        nothing += usize::from(all == 0);
    });
    let enough = found.iter().all(|found| *found > 100) && nothing > 100;
    assert!(!several || enough, "{found:?} {nothing}");
}
