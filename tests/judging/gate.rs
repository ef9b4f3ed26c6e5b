//! The gate against a second implementation, and on partial knowledge.

use std::collections::BTreeSet;

use groundrule_core::name::NodeName;
use groundrule_core::reservation::Action;
use groundrule_engine::gate::{Decision, Verdict};
use groundrule_oracle::generate;
use groundrule_oracle::judge::questions;
use groundrule_oracle::model::Estate;
use groundrule_oracle::policy::{Policy, Step, Then};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::cases::{Place, can_run, expect_none, policies, slow_seeds};
use crate::in_process::{block_on, gate, opened};

fn terminate(nodes: &[String]) -> Action {
    let mut nodes: Vec<_> = nodes.iter().map(|node| NodeName::new(node).unwrap()).collect();
    nodes.sort();
    Action::Terminate { nodes }
}

/// One to three nodes that a source knows.
fn some_nodes(rng: &mut SmallRng, estate: &Estate) -> Vec<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    names.extend(estate.catalogs.iter().flatten().map(|(name, _)| name.clone()));
    names.extend(estate.facts.iter().flatten().map(|(name, _)| name.clone()));
    names.extend(estate.registrations.iter().flatten().map(|(name, _)| name.clone()));
    let mut names: Vec<_> = names.into_iter().collect();
    let mut chosen = Vec::new();
    for _ in 0..rng.random_range(1..4) {
        if !names.is_empty() {
            chosen.push(names.swap_remove(rng.random_range(0..names.len())));
        }
    }
    chosen
}

fn subjects(decision: &Decision) -> BTreeSet<Vec<String>> {
    decision.reasons.iter().map(|reason| reason.subjects.clone()).collect()
}

/// Whether the only thing that it judges is that hard dependencies are met: then it is told of each
/// violation whether it may be there already.
fn tells_exactly(policy: &Policy) -> bool {
    let mut judgements = policy.steps.iter().filter(|step| matches!(step, Step::Then(_)));
    judgements.all(|step| matches!(step, Step::Then(Then::HardMet)))
        && !policy.steps.iter().any(|step| matches!(step, Step::When(_)))
        && policy.steps.len() == 2
}

#[test]
fn the_gate_agrees_with_the_oracle() {
    let mut wrong = Vec::new();
    let (mut counts, mut exact) = ([0; 3], 0);
    let seeds = slow_seeds(300);
    let one = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(7_000_000 + seed);
        let full = generate::estate(&mut rng);
        let all: Vec<_> = policies(&mut rng, &full).into_iter().filter(can_run).collect();
        let nodes = some_nodes(&mut rng, &full);
        if nodes.is_empty() {
            continue;
        }
        let place = Place::new();
        let estate = opened(&place.estate("estate", &full), full.now);
        for policy in &all {
            let feature = place.feature("one", std::slice::from_ref(policy));
            let gate = gate(&estate, &feature);
            let decision = block_on(gate.judge(&[], &terminate(&nodes)));
            let oracle = questions::gate(&full, policy, &nodes);
            // Whether two violations of the same subjects are about the same group is not settled.
            let grouped = policy
                .steps
                .iter()
                .any(|step| matches!(step, Step::Then(Then::GroupHas(_) | Then::GroupSpans(..))));
            if grouped && !subjects(&decision).is_disjoint(&oracle.old) {
                continue;
            }
            let precise = tells_exactly(policy);
            exact += usize::from(precise);
            let in_doubt = match precise {
                true => oracle.perhaps_before,
                false => oracle.unknown_before,
            };
            let verdict = decision.verdict();
            let right = match verdict {
                Verdict::Allow => oracle.new.is_empty() && !oracle.unknown_after,
                Verdict::Deny => {
                    !oracle.new.is_empty() && subjects(&decision).is_subset(&oracle.new)
                }
                Verdict::Undecided if grouped => oracle.unknown_before || oracle.unknown_after,
                Verdict::Undecided => {
                    (oracle.new.is_empty() && oracle.unknown_after)
                        || (!oracle.new.is_empty() && in_doubt)
                }
            };
            counts[verdict as usize] += 1;
            if !right {
                wrong.push(format!(
                    "seed {seed}, without {nodes:?}:\n{}engine: {decision:?}\noracle: new {:?}, perhaps {}, unknown {} {}",
                    policy.scenario(), oracle.new, oracle.perhaps_before, oracle.unknown_before, oracle.unknown_after
                ));
            }
        }
    }
    expect_none(&wrong);
    assert!(one || (counts.iter().all(|n| *n > 20) && exact > 5), "{counts:?} {exact}");
}

#[test]
fn knowing_less_turns_no_decision_round() {
    let mut wrong = Vec::new();
    let (mut decided, mut lost) = (0, 0);
    let seeds = slow_seeds(300);
    let one = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(8_000_000 + seed);
        let full = generate::estate(&mut rng);
        let all: Vec<_> = policies(&mut rng, &full).into_iter().filter(can_run).collect();
        let nodes = some_nodes(&mut rng, &full);
        let partial = generate::hide(&mut rng, &full);
        if nodes.is_empty() {
            continue;
        }
        let place = Place::new();
        let whole = opened(&place.estate("full", &full), full.now);
        let part = opened(&place.estate("partial", &partial), full.now);
        for policy in &all {
            let feature = place.feature("one", std::slice::from_ref(policy));
            let action = terminate(&nodes);
            let more = block_on(gate(&whole, &feature).judge(&[], &action));
            let less = block_on(gate(&part, &feature).judge(&[], &action));
            if less.verdict() == Verdict::Undecided {
                lost += usize::from(more.verdict() != Verdict::Undecided);
                continue;
            }
            decided += 1;
            if less.verdict() != more.verdict() {
                wrong.push(format!(
                    "seed {seed}, without {nodes:?}:\n{}whole: {more:?}\npartial: {less:?}",
                    policy.scenario()
                ));
            }
        }
    }
    expect_none(&wrong);
    assert!(one || (decided > 100 && lost > 100), "{decided} {lost}");
}

/// Up to a dozen nodes that a source knows, some of them twice; or none.
fn any_nodes(rng: &mut SmallRng, estate: &Estate) -> Vec<String> {
    let chosen = std::iter::repeat_with(|| some_nodes(rng, estate)).take(4).flatten();
    let mut chosen: Vec<_> = chosen.collect();
    chosen.truncate(rng.random_range(0..=chosen.len()));
    chosen
}

#[test]
fn what_was_judged_before_changes_no_decision() {
    let (mut wrong, mut counts) = (Vec::new(), [0; 3]);
    for seed in slow_seeds(150) {
        let mut rng = generate::seeded(9_000_000 + seed);
        let full = generate::estate(&mut rng);
        let all: Vec<_> = policies(&mut rng, &full).into_iter().filter(can_run).collect();
        let place = Place::new();
        let directory = place.estate("estate", &full);
        let (feature, kept) = (place.feature("all", &all), opened(&directory, full.now));
        let old = gate(&kept, &feature);
        for _ in 0..8 {
            let (held, nodes) = (any_nodes(&mut rng, &full), any_nodes(&mut rng, &full));
            let new = gate(&opened(&directory, full.now), &feature);
            let (held, action) = ([terminate(&held)], terminate(&nodes));
            let told = block_on(old.judge(&held, &action));
            let expected = block_on(new.judge(&held, &action));
            counts[told.verdict() as usize] += 1;
            if format!("{told:?}") != format!("{expected:?}") {
                wrong.push(format!(
                    "seed {seed}, {held:?}, {action:?}:\n{told:?}\nat first: {expected:?}"
                ));
            }
        }
    }
    expect_none(&wrong);
    assert!(counts.iter().all(|n| *n > 20), "{counts:?}");
}

#[test]
fn what_was_allowed_is_done_already() {
    let feature = "Feature: F
  @gate @id:two
  Scenario: Two of them stay
    Given nodes with the fact \"zone\"
    Then there are at least 2 of them
";
    let place = tempfile::tempdir().unwrap();
    let facts = place.path().join("estate/facts");
    std::fs::create_dir_all(&facts).unwrap();
    for node in ["a", "b", "c", "d"] {
        let text = format!("{{\"fqdn\": \"{node}\", \"zone\": \"1\"}}");
        std::fs::write(facts.join(format!("{node}.json")), text).unwrap();
    }
    let file = place.path().join("x.feature");
    std::fs::write(&file, feature).unwrap();
    let estate = opened(&place.path().join("estate"), 0);
    let gate = gate(&estate, &file);
    let names = |all: &[&str]| terminate(&all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
    let verdict = |held: &[Action], action: &Action| block_on(gate.judge(held, action)).verdict();
    assert_eq!(verdict(&[], &names(&["a", "b"])), Verdict::Allow);
    assert_eq!(verdict(&[], &names(&["a", "b", "c"])), Verdict::Deny);
    assert_eq!(verdict(&[names(&["a", "b"])], &names(&["c"])), Verdict::Deny);
    // Taking away what is gone already changes nothing.
    assert_eq!(verdict(&[names(&["a", "b"])], &names(&["a"])), Verdict::Allow);
    let zone = serde_json::json!({"zone": "2"}).as_object().unwrap().clone();
    let add = Action::Add { class: "x".into(), facts: zone, count: 1 };
    assert_eq!(verdict(&[names(&["a", "b"]), add], &names(&["c"])), Verdict::Allow);
    let suggestion = block_on(gate.suggest(&[], &names(&["a", "b", "c", "d"])));
    let part: Vec<_> = suggestion.nodes.iter().map(NodeName::as_str).collect();
    assert_eq!((part, suggestion.largest), (vec!["a", "b"], true));
    let unknown = gate.check(&names(&["a", "e"])).unwrap_err();
    assert_eq!(unknown.to_string(), "no source knows the node e");
}
