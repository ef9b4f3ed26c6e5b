//! Where to place new nodes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use groundrule_oracle::judge::questions as oracle;
use groundrule_questions::{Latency, Placing, Question};
use rand::Rng;
use serde_json::Value;

use super::{Case, compare};
use crate::cases::slow_seeds;
use crate::in_process::block_on;

/// Times between some of the zones, in one direction or both.
fn latency(case: &mut Case) -> oracle::Latency {
    let mut times = BTreeMap::new();
    let zones = ["a", "b", "A", "1", "2", "d"];
    let chance = case.rng.random_range(0..=100);
    for from in zones {
        for to in zones {
            if case.rng.random_range(0..100) < chance {
                times.insert((from.to_owned(), to.to_owned()), case.rng.random_range(0..4));
            }
        }
    }
    times
}

fn zone(one: &Value) -> (String, (usize, Option<f64>, bool)) {
    let members = usize::try_from(one["members"].as_u64().unwrap()).unwrap();
    let told = (members, one["latency"].as_f64(), !one["excluded"].is_null());
    (one["zone"].as_str().unwrap().to_owned(), told)
}

#[test]
fn places_agree_with_the_oracle() {
    let (mut placed, mut excluded, mut far, mut none) = (0, 0, 0, 0);
    let several = compare(slow_seeds(1000), |case| {
        let class = case.one(&["role::web", "role::db", "base", "::Mysql", "nosuch"]).unwrap();
        let fact = case.one(&["zone", "Zone", "rack", "os.family"]).unwrap();
        let count = case.rng.random_range(1..=4);
        let times = if case.rng.random_bool(0.7) { latency(case) } else { BTreeMap::new() };
        let theirs = oracle::place(&case.full, class, count, fact, &times);
        let mut lines = String::new();
        for ((from, to), time) in &times {
            let _ = writeln!(lines, "{from},{to},{time}");
        }
        let placing = Placing {
            class: class.to_owned(),
            count,
            zone: fact.to_owned(),
            latency: Latency::parse("latency.csv", &lines).unwrap(),
        };
        let question = Question::Place(placing);
        if theirs.zones.is_empty() {
            none += 1;
            if let Ok(answer) = block_on(question.answer(&case.estate)) {
                case.differ("places without zones", &answer.text, &theirs);
            }
            return;
        }
        let Some(answer) = case.ask(&question) else { return };
        let zones: Vec<_> = answer.json["zones"].as_array().unwrap().iter().map(zone).collect();
        let what = format!("zones for {class} by {fact}");
        case.same(&what, &zones.into_iter().collect(), &theirs.zones);
        let places = answer.json["places"].as_array().unwrap();
        let places: Vec<_> = places.iter().map(|one| one.as_str().unwrap().to_owned()).collect();
        case.same(&format!("{count} places for {class} by {fact}"), &places, &theirs.places);
        placed += places.len();
        excluded += theirs.zones.values().filter(|(_, _, excluded)| *excluded).count();
        far += theirs.zones.values().filter(|(_, far, _)| far.is_some_and(|far| far > 0.0)).count();
    });
    let enough = placed > 500 && excluded > 50 && far > 50 && none > 10;
    assert!(!several || enough, "{placed} {excluded} {far} {none}");
}
