//! Knowing less never turns a verdict round, and a verdict on less is never withdrawn.
//!
//! Random estates are judged whole, and again with something hidden.

use groundrule_core::verdict::Status;
use groundrule_oracle::generate;
use groundrule_oracle::policy::{Policy, Step, Then};

use crate::cases::{Place, can_run, expect_none, policies, seeds};
use crate::in_process::{judge_with, outcome};
use crate::partial::{Partial, settings};

/// Whether it judges the whole estate, which it does not where the current set is empty after all.
fn judges_all(policy: &Policy) -> bool {
    policy.steps.iter().any(|step| matches!(step, Step::Then(Then::HardMet | Then::NothingFallen)))
}

/// A violation may name more with more knowledge, but nobody less. One without subjects says that
/// there was nothing to judge, which may turn out to be a name that nobody knows.
fn withdrawn(less: &[Vec<String>], more: &[Vec<String>]) -> Vec<Vec<String>> {
    let stands = |violation: &Vec<String>| {
        violation.is_empty()
            || more.iter().any(|other| violation.iter().all(|subject| other.contains(subject)))
    };
    less.iter().filter(|violation| !stands(violation)).cloned().collect()
}

#[test]
fn knowing_less_never_turns_a_verdict_round() {
    let mut wrong = Vec::new();
    let (mut judged, mut verdicts, mut became_undecided, mut violations) = (0, 0, 0, 0);
    let seeds = seeds(500);
    let one = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(5_000_000 + seed);
        let full = generate::estate(&mut rng);
        let policies: Vec<_> = policies(&mut rng, &full).into_iter().filter(can_run).collect();
        let settings = settings(&full);
        let partial = Partial::of(&mut rng, &full, &settings);
        let mut place = Place::new();
        let feature = place.feature("policies", &policies);
        let whole = place.estate("full", &full);
        let part = partial.write(&place);
        if one {
            place.keep();
            wrong.push(format!("seed {seed} is kept in {}", place.path().display()));
        }
        let more = judge_with(&whole, &feature, settings);
        let less = judge_with(&part, &feature, partial.settings.clone());
        let (more, less) = match (more, less) {
            (Ok(more), Ok(less)) => (more, less),
            (more, less) => {
                wrong.push(format!("seed {seed}: {:?} {:?}", more.err(), less.err()));
                continue;
            }
        };
        assert_eq!((more.len(), less.len()), (policies.len(), policies.len()), "seed {seed}");
        for ((policy, more), less) in policies.iter().zip(&more).zip(&less) {
            let (whole, all) = outcome(more);
            let (part, some) = outcome(less);
            let lost = if judges_all(policy) { Vec::new() } else { withdrawn(&some, &all) };
            if part != Status::Undecided && part != whole || part == whole && !lost.is_empty() {
                wrong.push(format!(
                    "seed {seed}: hidden: {}\n{}whole: {whole:?} {all:?}\npartial: {part:?} {some:?}\nwithdrawn: {lost:?}\n{:?}",
                    partial.how.join("; "),
                    policy.scenario(),
                    less.findings.iter().map(|f| &f.violation.message).collect::<Vec<_>>()
                ));
            }
            judged += 1;
            verdicts += usize::from(part != Status::Undecided);
            became_undecided += usize::from(part == Status::Undecided && whole != part);
            violations += some.len();
        }
    }
    expect_none(&wrong);
    // Else nothing was hidden that mattered, or everything was.
    let figures = [verdicts, became_undecided, violations];
    assert!(one || figures.iter().all(|n| n * 20 > judged), "{figures:?} of {judged}");
}
