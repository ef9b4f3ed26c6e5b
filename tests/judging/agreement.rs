//! The engine against a second implementation of the vocabulary, on random estates and policies.

use std::collections::BTreeSet;

use groundrule_core::verdict::Status;
use groundrule_oracle::{generate, judge as oracle, policy};

use crate::cases::{Place, expect_none, policies, seeds};
use crate::in_process::{judge, outcome};

#[test]
fn the_engine_agrees_with_the_oracle() {
    let mut different = Vec::new();
    let seeds = seeds(1000);
    let keep = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(seed);
        let estate = generate::estate(&mut rng);
        let mut place = Place::new();
        let dir = place.estate("estate", &estate);
        if keep {
            place.keep();
            different.push(format!("seed {seed} is kept in {}", place.path().display()));
        }
        let policies = policies(&mut rng, &estate);
        let expected: Vec<_> =
            policies.iter().map(|policy| oracle::judge(&estate, policy)).collect();
        let (can, cannot): (Vec<_>, Vec<_>) = policies
            .iter()
            .zip(&expected)
            .partition(|(_, e)| e.status != oracle::Status::CouldNotRun);
        for (policy, _) in cannot {
            let feature = place.feature("misfit", std::slice::from_ref(policy));
            if judge(&dir, &feature, estate.now).is_ok() {
                different.push(format!("seed {seed}: should not run:\n{}", policy.scenario()));
            }
        }
        let runnable: Vec<_> = can.iter().map(|(policy, _)| (*policy).clone()).collect();
        let feature = place.feature("policies", &runnable);
        let judged = match judge(&dir, &feature, estate.now) {
            Ok(judged) => judged,
            Err(faults) => {
                different.push(format!("seed {seed}: {faults:?}\n{}", policy::feature(&runnable)));
                continue;
            }
        };
        for ((policy, expected), judged) in can.iter().zip(&judged) {
            let (status, subjects) = outcome(judged);
            let wanted = match expected.status {
                oracle::Status::Held => Status::Held,
                oracle::Status::Violated => Status::Violated,
                oracle::Status::Undecided => Status::Undecided,
                oracle::Status::CouldNotRun => unreachable!(),
            };
            let distinct: BTreeSet<_> = subjects.into_iter().collect();
            if status != wanted || distinct != expected.distinct() {
                let messages: Vec<_> =
                    judged.findings.iter().map(|f| &f.violation.message).collect();
                different.push(format!(
                    "seed {seed}:\n{}engine: {status:?} {distinct:?} {messages:?} {:?}\noracle: {wanted:?} {:?} {}\n",
                    policy.scenario(),
                    judged.undecided.as_ref().map(|u| &u.reason),
                    expected.distinct(),
                    expected.why
                ));
            }
        }
    }
    expect_none(&different);
}
