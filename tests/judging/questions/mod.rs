//! The questions against a second implementation, on random estates.

mod change;
mod hit;
mod ignorance;
mod listing;
mod order;
mod path;
mod place;
mod stakeholders;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use groundrule_oracle::generate;
use groundrule_oracle::model::{Dependency, Estate};
use groundrule_questions::{Answer, Question, Target};
use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::Value;

use crate::cases::{Place, expect_none};
use crate::in_process::{block_on, opened};

/// A node and a resource on it, or none.
type Pair = (String, Option<String>);

/// A random estate, as the oracle has it and as it is asked.
struct Case {
    seed: u64,
    /// What is drawn for it goes on where the estate ended.
    rng: SmallRng,
    full: Estate,
    estate: Arc<groundrule_engine::estate::Estate>,
    place: Place,
    wrong: Vec<String>,
}

/// Compares on every estate; whether there were enough of them to count what was found.
fn compare(seeds: Range<u64>, mut on: impl FnMut(&mut Case)) -> bool {
    let mut wrong = Vec::new();
    let several = seeds.end - seeds.start > 1;
    for seed in seeds {
        let mut rng = generate::seeded(9_000_000 + seed);
        let full = generate::estate(&mut rng);
        let place = Place::new();
        let estate = opened(&place.estate("estate", &full), full.now);
        let mut case = Case { seed, rng, full, estate, place, wrong: Vec::new() };
        on(&mut case);
        wrong.append(&mut case.wrong);
    }
    expect_none(&wrong);
    several
}

impl Case {
    fn differ(&mut self, what: &str, ours: &dyn Debug, theirs: &dyn Debug) {
        let seed = self.seed;
        self.wrong.push(format!("seed {seed}: {what}\nengine: {ours:?}\noracle: {theirs:?}"));
    }

    fn same<T: Debug + PartialEq>(&mut self, what: &str, ours: &T, theirs: &T) {
        if ours != theirs {
            self.differ(what, ours, theirs);
        }
    }

    /// The answer, which there must be.
    fn ask(&mut self, question: &Question) -> Option<Answer> {
        let asked = format!("{question:?}");
        match block_on(question.answer(&self.estate)) {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.differ(&asked, &error, &"an answer");
                None
            }
        }
    }

    /// One of several things, if there is any.
    fn one<T: Clone>(&mut self, all: &[T]) -> Option<T> {
        (!all.is_empty()).then(|| all[self.rng.random_range(0..all.len())].clone())
    }

    /// Some nodes that a source knows: one, two or three.
    fn some_nodes(&mut self) -> Vec<String> {
        let all = known(&self.full);
        let count = self.rng.random_range(1..=3);
        let some: BTreeSet<String> = (0..count).filter_map(|_| self.one(&all)).collect();
        some.into_iter().collect()
    }
}

/// Nodes that a source knows.
fn known(estate: &Estate) -> Vec<String> {
    let mut all = BTreeSet::new();
    all.extend(estate.catalogs.iter().flat_map(|all| all.keys().cloned()));
    all.extend(estate.facts.iter().flat_map(|all| all.keys().cloned()));
    all.extend(estate.registrations.iter().flat_map(|all| all.keys().cloned()));
    all.extend(estate.discovery.iter().flatten().flatten().cloned());
    all.into_iter().collect()
}

/// Nodes of an estate with a catalog, and a resource of each.
fn catalogs(estate: &Estate) -> Vec<Pair> {
    let catalogs = estate.catalogs.iter().flatten();
    let read = catalogs.filter_map(|(node, catalog)| Some((node, catalog.as_ref()?)));
    read.flat_map(|(node, catalog)| {
        let own = catalog.resources.iter().map(|one| Some(one.reference.clone()));
        own.chain([None]).map(|reference| (node.clone(), reference))
    })
    .collect()
}

fn target((node, reference): &Pair) -> Target {
    Target::parse(&match reference {
        Some(reference) => format!("{node}/{reference}"),
        None => node.clone(),
    })
    .unwrap()
}

/// A place as the oracle shuts it down, or lets it fail.
fn outage(place: &Pair) -> (Vec<String>, Option<&Pair>) {
    match place {
        (node, None) => (vec![node.clone()], None),
        resource => (Vec::new(), Some(resource)),
    }
}

/// Who declares a dependency and what needs: enough to tell most of them apart.
fn ends<'d>(all: impl IntoIterator<Item = &'d Dependency>) -> BTreeSet<Pair> {
    all.into_iter().map(|one| (one.node.clone(), one.from.clone())).collect()
}

fn pair(one: &Value, second: &str) -> Pair {
    (one["node"].as_str().unwrap().to_owned(), one[second].as_str().map(str::to_owned))
}

fn pairs(list: &Value, second: &str) -> BTreeSet<Pair> {
    list.as_array().unwrap().iter().map(|one| pair(one, second)).collect()
}

fn names(list: &Value, key: Option<&str>) -> BTreeSet<String> {
    let text = |one: &Value| key.map_or(one, |key| &one[key]).as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(text).collect()
}
