//! The engine against a second implementation of the vocabulary, on random estates and policies.

use std::collections::BTreeSet;

use groundrule_core::verdict::Status;
use groundrule_oracle::{generate, judge as oracle, policy, write};

use crate::in_process::{judge, outcome};

#[expect(clippy::disallowed_methods, reason = "how much is tested is no input of the program")]
/// The estates that are judged: a thousand, or what `GROUNDRULE_CASES` says; `GROUNDRULE_SEED`
/// judges one estate and keeps it.
fn seeds() -> std::ops::Range<u64> {
    let variable = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    match variable("GROUNDRULE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..variable("GROUNDRULE_CASES").unwrap_or(1000),
    }
}

const POLICIES: usize = 10;

#[test]
fn the_engine_agrees_with_the_oracle() {
    let mut different = Vec::new();
    let seeds = seeds();
    let keep = seeds.end - seeds.start == 1;
    for seed in seeds {
        let mut rng = generate::seeded(seed);
        let estate = generate::estate(&mut rng);
        let mut directory = tempfile::tempdir().unwrap();
        directory.disable_cleanup(keep);
        let dir = directory.path().join("estate");
        std::fs::create_dir_all(&dir).unwrap();
        write::write(&estate, &dir).unwrap();
        if keep {
            different.push(format!("seed {seed} is kept in {}", directory.path().display()));
        }
        let mut policies = Vec::new();
        for n in 0..POLICIES {
            let mut policy = generate::policy(&mut rng, &estate);
            policy.id = format!("p{n}");
            policies.push(policy);
        }
        let expected: Vec<_> =
            policies.iter().map(|policy| oracle::judge(&estate, policy)).collect();
        let (can, cannot): (Vec<_>, Vec<_>) = policies
            .iter()
            .zip(&expected)
            .partition(|(_, e)| e.status != oracle::Status::CouldNotRun);
        for (policy, _) in cannot {
            let feature = directory.path().join("misfit.feature");
            std::fs::write(&feature, policy::feature(std::slice::from_ref(policy))).unwrap();
            if judge(&dir, &feature, estate.now).is_ok() {
                different.push(format!("seed {seed}: should not run:\n{}", policy.scenario()));
            }
        }
        let feature = directory.path().join("policies.feature");
        let runnable: Vec<_> = can.iter().map(|(policy, _)| (*policy).clone()).collect();
        std::fs::write(&feature, policy::feature(&runnable)).unwrap();
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
    let shown: Vec<_> = different.iter().take(15).cloned().collect();
    assert!(different.is_empty(), "{} differences:\n{}", different.len(), shown.join("\n"));
}
