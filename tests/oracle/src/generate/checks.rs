//! Random results of checks, and sentences about them.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;

use super::pick::{NODES, one, percent, weighted};
use super::sentences;
use crate::model::Checks;
use crate::policy::{Given, Step, Then, When};

const CHECKS: [&str; 2] = ["check_disk", "load.1"];

/// What each check comes to on each node; so much of it is not known, in percent.
pub fn checks(rng: &mut SmallRng, unknown: u32) -> Checks {
    let result = |rng: &mut SmallRng| {
        let code = [0, 1, 2, 3, 127][weighted(rng, &[65, 15, 10, 7, 3])];
        (!percent(rng, unknown)).then_some(code)
    };
    let mut checks = Checks::new();
    for check in CHECKS {
        let nodes: BTreeMap<_, _> =
            NODES.iter().map(|node| ((*node).to_string(), result(rng))).collect();
        checks.insert(check.to_string(), nodes);
    }
    checks
}

/// A check of nodes, now and then something in between, and a judgement of its results. Those that
/// are shut down in turn are not shut down once more.
pub fn sentences(rng: &mut SmallRng, in_turn: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    // Without a check it cannot run.
    if !percent(rng, 4) {
        let check = if percent(rng, 5) { "nosuch" } else { one(rng, &CHECKS) };
        steps.push(Step::When(When::Check(check.to_string())));
    }
    match weighted(rng, &[70, 12, 8, 5, 5]) {
        1 => steps.push(Step::Given(Given::Only(sentences::tail(rng)), None)),
        2 if !in_turn => steps.push(Step::When(When::ShutDown(None))),
        3 => steps.push(Step::Given(Given::AllNodes, None)),
        4 => {
            steps.push(Step::When(sentences::adding(rng)));
            steps.push(Step::Given(Given::NodesThat(sentences::tail(rng)), None));
        }
        _ => {}
    }
    let then = if percent(rng, 50) { Then::ResultsOk } else { Then::ResultsAtWorstWarning };
    steps.push(Step::Then(then));
    steps
}
