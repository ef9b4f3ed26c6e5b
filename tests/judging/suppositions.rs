//! Supposing nodes gone is the same as judging the estate from which they were removed.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_oracle::generate;
use groundrule_oracle::model::{Dependency, Estate, Kind, Needs, Providers};
use groundrule_oracle::policy::{Given, Policy, Step, Then, When};

use crate::cases::{Place, can_run, expect_none, policies, seeds};
use crate::in_process::{judge, outcome};

fn declared(estate: &Estate) -> Vec<&Dependency> {
    let catalogs = estate.catalogs.iter().flat_map(BTreeMap::values).flatten();
    let rows = estate.relationships.iter().flatten().flatten();
    catalogs.flat_map(|catalog| &catalog.dependencies).chain(rows).collect()
}

/// The nodes that some source knows.
fn known(estate: &Estate) -> BTreeSet<String> {
    let catalogs = estate.catalogs.iter().flat_map(|all| all.keys());
    let facts = estate.facts.iter().flat_map(|all| all.keys());
    let registrations = estate.registrations.iter().flat_map(|all| all.keys());
    let answers = estate.discovery.iter().flatten().flatten();
    catalogs.chain(facts).chain(registrations).chain(answers).cloned().collect()
}

/// Whether all that match are needed somewhere: those that match today are meant.
fn needs_all_that_match(estate: &Estate) -> bool {
    let all = |one: &&Dependency| {
        one.needs == Needs::All && matches!(one.providers, Providers::Matching(_))
    };
    declared(estate).iter().any(all)
}

/// Whether an estate declares a hard dependency: yes, no, or perhaps where a catalog is unseen.
fn declares_hard(estate: &Estate) -> (bool, bool) {
    let unseen = estate.catalogs.iter().flat_map(BTreeMap::values).any(Option::is_none);
    let known = known(estate);
    let hard = |one: &Dependency| one.kind == Kind::Hard && known.contains(&one.node);
    (declared(estate).into_iter().any(hard), unseen)
}

/// The same policy in the world without these nodes.
fn supposing(policy: &Policy, gone: &BTreeSet<String>) -> Policy {
    let name = "to be stopped";
    let mut supposing = policy.clone();
    let stop = [
        Step::Given(Given::Nodes(gone.iter().cloned().collect()), Some(name.into())),
        Step::When(When::ShutDown(Some(name.into()))),
    ];
    supposing.steps.splice(0..0, stop);
    supposing
}

#[test]
fn shut_down_is_gone() {
    let (mut wrong, mut compared) = (Vec::new(), 0);
    let seeds = seeds(500);
    let wanted = seeds.end - seeds.start;
    for seed in seeds {
        let mut rng = generate::seeded(6_000_000 + seed);
        let estate = generate::estate(&mut rng);
        let numbered = known(&estate).into_iter().enumerate();
        let gone: BTreeSet<_> =
            numbered.filter(|(n, _)| (seed >> n) & 1 == 1).map(|(_, name)| name).collect();
        // A reply that cannot be read may hold the node even when its documents are removed.
        if gone.is_empty() || estate.discovery == Some(None) || needs_all_that_match(&estate) {
            continue;
        }
        let left = generate::without(&estate, &gone);
        let same_today = declares_hard(&estate) == declares_hard(&left);
        let fits = |policy: &Policy| {
            let judges_hard = policy.steps.iter().any(|s| matches!(s, Step::Then(Then::HardMet)));
            // Without a Given of its own it would judge the nodes that are gone.
            matches!(policy.steps.first(), Some(Step::Given(..)))
                && (same_today || !judges_hard)
                && can_run(policy)
        };
        let policies: Vec<_> = policies(&mut rng, &estate).into_iter().filter(fits).collect();
        let supposed: Vec<_> = policies.iter().map(|policy| supposing(policy, &gone)).collect();
        if policies.is_empty() {
            continue;
        }
        let place = Place::new();
        let (today, removed) = (place.estate("today", &estate), place.estate("removed", &left));
        let supposed = judge(&today, &place.feature("supposed", &supposed), estate.now).unwrap();
        let removed = judge(&removed, &place.feature("removed", &policies), left.now).unwrap();
        assert_eq!((supposed.len(), removed.len()), (policies.len(), policies.len()));
        for ((policy, supposed), removed) in policies.iter().zip(&supposed).zip(&removed) {
            let (supposed, removed) = (outcome(supposed), outcome(removed));
            if supposed != removed {
                wrong.push(format!(
                    "seed {seed}, gone {gone:?}\n{}supposed: {supposed:?}\nremoved: {removed:?}",
                    policy.scenario()
                ));
            }
            compared += 1;
        }
    }
    expect_none(&wrong);
    assert!(wanted == 1 || compared > wanted * 3, "only {compared} compared");
}
