//! Properties over random estates and policies.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_oracle::generate::{estate, hide, policy, seeded, without};
use groundrule_oracle::judge::{Outcome, Status, judge};
use groundrule_oracle::model::{Dependency, Estate, Kind, Needs, Providers};
use groundrule_oracle::policy::{Given, Policy, Step, Then, When, feature};

const SEEDS: u64 = 3000;

/// Everything that a person needs to see why two judgements differ.
fn show(estate: &Estate, policy: &Policy, outcomes: &[&Outcome]) -> String {
    format!("{estate:#?}\n{}\n{outcomes:#?}", feature(std::slice::from_ref(policy)))
}

#[test]
fn every_outcome_is_frequent() {
    let mut seen: BTreeMap<Status, u64> = BTreeMap::new();
    for seed in 0..SEEDS {
        let mut rng = seeded(seed);
        let estate = estate(&mut rng);
        let policy = policy(&mut rng, &estate);
        *seen.entry(judge(&estate, &policy).status).or_default() += 1;
    }
    let percent = |status| seen.get(&status).copied().unwrap_or(0) * 100 / SEEDS;
    assert!(percent(Status::Held) >= 15, "{seen:?}");
    assert!(percent(Status::Violated) >= 25, "{seen:?}");
    assert!(percent(Status::Undecided) >= 15, "{seen:?}");
    assert!((1..=5).contains(&percent(Status::CouldNotRun)), "{seen:?}");
}

#[test]
fn the_same_seed_gives_the_same_case() {
    for seed in 0..50 {
        let case = || {
            let mut rng = seeded(seed);
            let estate = estate(&mut rng);
            let policy = policy(&mut rng, &estate);
            (estate, policy)
        };
        assert_eq!(case(), case());
    }
}

/// Knowing less never turns a verdict round, and a verdict on less is never withdrawn.
#[test]
fn sound_under_ignorance() {
    for seed in 0..SEEDS {
        let mut rng = seeded(1_000_000 + seed);
        let full = estate(&mut rng);
        let policy = policy(&mut rng, &full);
        let hidden = hide(&mut rng, &full);
        let (more, less) = (judge(&full, &policy), judge(&hidden, &policy));
        let agrees = less.status == Status::Undecided || less.status == more.status;
        assert!(
            agrees,
            "seed {seed}\nhidden {hidden:#?}\n{}",
            show(&full, &policy, &[&more, &less])
        );
    }
}

/// Whether the sentence names each breaker by itself, so that more knowledge cannot lengthen a list.
/// The whole estate is not judged at all where the current set turns out to be empty.
fn names_each(step: &Step) -> bool {
    match step {
        Step::Then(then) => !matches!(
            then,
            Then::Count(_)
                | Then::NoTwoShare(_)
                | Then::NotAllShare(_)
                | Then::Span(..)
                | Then::GroupHas(_)
                | Then::GroupSpans(..)
                | Then::HardMet
                | Then::NothingFallen
        ),
        _ => true,
    }
}

/// What is certain on less is among what is certain on more.
#[test]
fn violations_are_never_withdrawn() {
    let mut compared = 0;
    for seed in 0..SEEDS {
        let mut rng = seeded(4_000_000 + seed);
        let full = estate(&mut rng);
        let policy = policy(&mut rng, &full);
        let hidden = hide(&mut rng, &full);
        let (more, less) = (judge(&full, &policy), judge(&hidden, &policy));
        if policy.steps.iter().all(names_each) && less.status == Status::Violated {
            // An emptiness without subjects may turn out to be a name that nobody knows.
            let mut named = less.violations.iter().filter(|one| !one.is_empty());
            let kept = named.all(|one| more.violations.contains(one));
            assert!(
                kept,
                "seed {seed}\nhidden {hidden:#?}\n{}",
                show(&full, &policy, &[&more, &less])
            );
            compared += 1;
        }
    }
    assert!(compared > SEEDS / 6, "only {compared} compared");
}

/// Whether the two worlds may differ because the vocabulary speaks of today's estate.
fn speaks_of_today(estate: &Estate, left: &Estate, policy: &Policy) -> bool {
    let all_that_match = declared(estate)
        .iter()
        .any(|one| one.needs == Needs::All && matches!(one.providers, Providers::Matching(_)));
    let hard = |estate: &Estate| {
        let unseen = estate.catalogs.iter().flat_map(BTreeMap::values).any(Option::is_none);
        let known = known(estate);
        let mut all = declared(estate).into_iter().filter(|one| known.contains(&one.node));
        let any = all.any(|one| one.kind == Kind::Hard);
        (any, unseen)
    };
    let judges_hard = policy.steps.iter().any(|step| matches!(step, Step::Then(Then::HardMet)));
    all_that_match || (judges_hard && hard(estate) != hard(left))
}

fn declared(estate: &Estate) -> Vec<&Dependency> {
    let catalogs = estate.catalogs.iter().flat_map(BTreeMap::values).flatten();
    let rows = estate.relationships.iter().flatten().flatten();
    catalogs.flat_map(|catalog| &catalog.dependencies).chain(rows).collect()
}

/// The nodes that the estate knows for certain.
fn known(estate: &Estate) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(estate.catalogs.iter().flat_map(|all| all.keys().cloned()));
    names.extend(estate.facts.iter().flat_map(|all| all.keys().cloned()));
    names.extend(estate.registrations.iter().flat_map(|all| all.keys().cloned()));
    names.extend(estate.discovery.iter().flatten().flatten().cloned());
    names.into_iter().collect()
}

/// Supposing nodes gone is the same as judging the estate from which they were removed.
#[test]
fn suppositions_agree_with_the_estate_without_the_nodes() {
    let mut compared = 0;
    for seed in 0..SEEDS {
        let mut rng = seeded(2_000_000 + seed);
        let estate = estate(&mut rng);
        let policy = policy(&mut rng, &estate);
        let known = known(&estate);
        // A reply that cannot be read may hold the node even when its documents are removed.
        if known.is_empty() || estate.discovery == Some(None) {
            continue;
        }
        let gone: BTreeSet<String> = known
            .iter()
            .enumerate()
            .filter(|(at, _)| (seed >> at) & 1 == 1)
            .map(|one| one.1.clone())
            .collect();
        if gone.is_empty() {
            continue;
        }
        let left = without(&estate, &gone);
        if speaks_of_today(&estate, &left, &policy) {
            continue;
        }
        let mut supposing = policy.clone();
        let names = gone.iter().cloned().collect();
        supposing.steps.splice(
            0..0,
            [
                Step::Given(Given::Nodes(names), Some("to be stopped".into())),
                Step::When(When::ShutDown(Some("to be stopped".into()))),
            ],
        );
        // Without a Given of its own a policy would judge the set that we brought in.
        if !matches!(policy.steps.first(), Some(Step::Given(..))) {
            continue;
        }
        let (supposed, removed) = (judge(&estate, &supposing), judge(&left, &policy));
        let same = supposed.status == removed.status && supposed.violations == removed.violations;
        assert!(
            same,
            "seed {seed}, gone {gone:?}\n{}",
            show(&estate, &policy, &[&supposed, &removed])
        );
        compared += 1;
    }
    assert!(compared > SEEDS / 3, "only {compared} compared");
}

/// In turn is one judgement for each node.
#[test]
fn in_turn_is_one_after_the_other() {
    let mut compared = 0;
    for seed in 0..SEEDS {
        let mut rng = seeded(3_000_000 + seed);
        let estate = estate(&mut rng);
        let turn = Policy {
            id: "turn".into(),
            allow_empty: true,
            steps: vec![
                Step::Given(Given::AllNodes, None),
                Step::When(When::InTurn),
                Step::Then(Then::HardMet),
            ],
        };
        if estate.discovery == Some(None) || known(&estate).is_empty() {
            continue;
        }
        let whole = judge(&estate, &turn);
        let mut violations: BTreeSet<Vec<String>> = BTreeSet::new();
        let mut unknown = false;
        for node in known(&estate) {
            let single = Policy {
                id: "single".into(),
                allow_empty: true,
                steps: vec![
                    Step::Given(Given::Node(node.clone()), None),
                    Step::When(When::ShutDown(None)),
                    Step::Then(Then::HardMet),
                ],
            };
            let outcome = judge(&estate, &single);
            unknown |= outcome.status == Status::Undecided;
            for mut subjects in outcome.violations {
                subjects.push(node.clone());
                subjects.sort();
                violations.insert(subjects);
            }
        }
        let found: BTreeSet<Vec<String>> = whole.violations.iter().cloned().collect();
        assert_eq!(found, violations, "seed {seed}\n{}", show(&estate, &turn, &[&whole]));
        let expected = match (violations.is_empty(), unknown) {
            (false, _) => Status::Violated,
            (true, true) => Status::Undecided,
            (true, false) => Status::Held,
        };
        assert_eq!(whole.status, expected, "seed {seed}\n{}", show(&estate, &turn, &[&whole]));
        compared += 1;
    }
    assert!(compared > SEEDS / 2, "only {compared} compared");
}
