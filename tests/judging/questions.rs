//! The questions against a second implementation, on random estates.

use std::collections::BTreeSet;

use groundrule_oracle::generate;
use groundrule_oracle::judge::questions as oracle;
use groundrule_oracle::model::{Dependency, Estate};
use groundrule_questions::{Question, Target};
use rand::Rng;
use serde_json::Value;

use crate::cases::{Place, expect_none, slow_seeds};
use crate::in_process::{block_on, opened};

type Pair = (String, Option<String>);

/// Who declares a dependency and what needs: enough to tell most of them apart.
fn ends(all: &BTreeSet<Dependency>) -> BTreeSet<Pair> {
    all.iter().map(|one| (one.node.clone(), one.from.clone())).collect()
}

fn pairs(list: &Value, second: &str) -> BTreeSet<Pair> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let pair = |one: &Value| (text(&one["node"]).unwrap(), text(&one[second]));
    list.as_array().unwrap().iter().map(pair).collect()
}

fn names(list: &Value, key: Option<&str>) -> BTreeSet<String> {
    let text = |one: &Value| key.map_or(one, |key| &one[key]).as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(text).collect()
}

/// Nodes of an estate with a catalog, and a resource of each.
fn catalogs(estate: &Estate) -> Vec<(String, Option<String>)> {
    let catalogs = estate.catalogs.iter().flatten();
    let read = catalogs.filter_map(|(node, catalog)| Some((node, catalog.as_ref()?)));
    read.flat_map(|(node, catalog)| {
        let own = catalog.resources.iter().map(|one| Some(one.reference.clone()));
        own.chain([None]).map(|reference| (node.clone(), reference))
    })
    .collect()
}

#[test]
fn the_questions_agree_with_the_oracle() {
    let mut wrong = Vec::new();
    let (mut fell, mut points, mut lost) = (0, 0, 0);
    let seeds = slow_seeds(1000);
    let one = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(9_000_000 + seed);
        let full = generate::estate(&mut rng);
        let place = Place::new();
        let estate = opened(&place.estate("estate", &full), full.now);
        let ask = |question: Question| block_on(question.answer(&estate));
        let mut differ = |what: &str, ours: &dyn std::fmt::Debug, theirs: &dyn std::fmt::Debug| {
            wrong.push(format!("seed {seed}: {what}\nengine: {ours:?}\noracle: {theirs:?}"));
        };

        let ours = names(&ask(Question::Spof).unwrap().json["spofs"], Some("node"));
        let theirs = oracle::single_points(&full);
        points += theirs.len();
        if ours != theirs {
            differ("single points of failure", &ours, &theirs);
        }
        let ours = pairs(&ask(Question::Unmanaged).unwrap().json["unmanaged"], "from");
        let theirs = ends(&oracle::unmanaged(&full));
        lost += theirs.len();
        if ours != theirs {
            differ("unmanaged", &ours, &theirs);
        }
        let ours = names(&ask(Question::Undeclared).unwrap().json["undeclared"], None);
        let theirs = oracle::undeclared(&full);
        if ours != theirs {
            differ("undeclared", &ours, &theirs);
        }

        let all = catalogs(&full);
        for _ in 0..3.min(all.len()) {
            let (node, reference) = all[rng.random_range(0..all.len())].clone();
            let of = match &reference {
                Some(reference) => format!("{node}/{reference}"),
                None => node.clone(),
            };
            let Ok(target) = Target::parse(&of) else {
                continue;
            };
            let answer = match ask(Question::Impact(target)) {
                Ok(answer) => answer,
                Err(error) => {
                    differ(&of, &error, &"an answer");
                    continue;
                }
            };
            let (gone, fails) = match reference {
                Some(reference) => (Vec::new(), Some((node, Some(reference)))),
                None => (vec![node], None),
            };
            let theirs = oracle::impact(&full, &gone, fails.as_ref());
            let ours = pairs(&answer.json["fallen"], "resource");
            fell += theirs.fallen.len();
            if ours != theirs.fallen {
                differ(&format!("what falls with {of}"), &ours, &theirs.fallen);
            }
            let ours = pairs(&answer.json["unmet"], "from");
            let theirs = ends(&theirs.unmet);
            if ours != theirs {
                differ(&format!("what is unmet without {of}"), &ours, &theirs);
            }
        }
    }
    expect_none(&wrong);
    assert!(one || (fell > 100 && points > 50 && lost > 50), "{fell} {points} {lost}");
}
