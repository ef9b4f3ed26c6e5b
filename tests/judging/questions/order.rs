//! In which order to stop what stops.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_oracle::judge::questions as oracle;
use groundrule_questions::{Question, nodes};
use serde_json::Value;

use super::{Case, Pair, catalogs, compare, outage, pair, pairs, target};
use crate::cases::slow_seeds;

/// What was found in all orders: steps, what needs what, and cycles.
#[derive(Debug, Default)]
struct Found {
    steps: usize,
    needs: usize,
    cycles: usize,
}

/// Compares an answer with what stops and what of it needs what.
fn check(case: &mut Case, what: &str, answer: &Value, theirs: &oracle::Order, found: &mut Found) {
    let steps = answer["steps"].as_array().unwrap();
    let order: Vec<Pair> = steps.iter().map(|step| pair(step, "resource")).collect();
    let at: BTreeMap<&Pair, usize> = order.iter().zip(0..).collect();
    case.same(&format!("how often what stops with {what}"), &order.len(), &at.len());
    let ours: BTreeSet<Pair> = order.iter().cloned().collect();
    case.same(&format!("what stops with {what}"), &ours, &theirs.items);
    let cycles = theirs.cycles();
    let ours: Vec<_> = answer["cycles"].as_array().unwrap().iter().collect();
    let ours: BTreeSet<_> = ours.iter().map(|cycle| pairs(cycle, "resource")).collect();
    case.same(&format!("cycles in what stops with {what}"), &ours, &cycles);
    for cycle in &cycles {
        let places: BTreeSet<_> = cycle.iter().filter_map(|item| at.get(item)).collect();
        let (first, last) = (places.first(), places.last());
        if first.zip(last).is_some_and(|(first, last)| *last - *first + 1 != cycle.len()) {
            case.differ(&format!("the order with {what}"), &order, &("stand together", cycle));
        }
    }
    for (dependent, needed) in &theirs.needs {
        let cycle = cycles.iter().any(|one| one.contains(dependent) && one.contains(needed));
        let both = at.get(dependent).zip(at.get(needed));
        if !cycle && both.is_some_and(|(first, then)| first > then) {
            let theirs = (dependent, "before", needed);
            case.differ(&format!("the order with {what}"), &order, &theirs);
        }
    }
    for (step, item) in steps.iter().zip(&order) {
        for first in pairs(&step["waits_for"], "resource") {
            let waits = (first, item.clone());
            if !theirs.needs.contains(&waits) {
                case.differ(&format!("who waits with {what}"), &waits, &"no need");
            }
        }
    }
    found.steps += theirs.items.len();
    found.needs += theirs.needs.len();
    found.cycles += cycles.len();
}

#[test]
fn orders_of_stopping_agree_with_the_oracle() {
    let mut found = Found::default();
    let several = compare(slow_seeds(1000), |case| {
        let of = case.some_nodes();
        if !of.is_empty()
            && let Some(answer) = case.ask(&Question::Downtime(nodes(&of).unwrap()))
        {
            let theirs = oracle::order(&case.full, &of, None);
            check(case, &format!("{of:?}"), &answer.json, &theirs, &mut found);
        }
        let all = catalogs(&case.full);
        if let Some(place) = case.one(&all)
            && let Some(answer) = case.ask(&Question::ShutdownOrder(target(&place), None))
        {
            let (gone, fails) = outage(&place);
            let theirs = oracle::order(&case.full, &gone, fails);
            check(case, &target(&place).to_string(), &answer.json, &theirs, &mut found);
        }
    });
    let enough = found.steps > 3000 && found.needs > 1000 && found.cycles > 20;
    assert!(!several || enough, "{found:?}");
}
