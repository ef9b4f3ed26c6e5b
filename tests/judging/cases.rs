//! Random estates on disk, with the policies that are judged on them.

use std::ops::Range;
use std::path::{Path, PathBuf};

use groundrule_oracle::judge::Status;
use groundrule_oracle::model::Estate;
use groundrule_oracle::policy::{Policy, feature};
use groundrule_oracle::{generate, judge, write};
use rand::rngs::SmallRng;

/// How many policies are judged on each estate.
pub const POLICIES: usize = 10;

/// Which estates are judged: as many as are wanted, or what `GROUNDRULE_CASES` says;
/// `GROUNDRULE_SEED` judges one.
pub fn seeds(wanted: u64) -> Range<u64> {
    several(wanted, true)
}

/// The same where each case takes long, so that no more are wanted however thorough the rest is.
pub fn slow_seeds(wanted: u64) -> Range<u64> {
    several(wanted, false)
}

#[expect(clippy::disallowed_methods, reason = "how much is tested is no input of the program")]
fn several(wanted: u64, more: bool) -> Range<u64> {
    let variable = |name| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    match variable("GROUNDRULE_SEED") {
        Some(seed) => seed..seed + 1,
        None if more => 0..variable("GROUNDRULE_CASES").unwrap_or(wanted),
        None => 0..wanted,
    }
}

/// Random policies for an estate, by the ids `p0`, `p1` and so on.
pub fn policies(rng: &mut SmallRng, estate: &Estate) -> Vec<Policy> {
    let mut policies = Vec::new();
    for n in 0..POLICIES {
        let mut policy = generate::policy(rng, estate);
        policy.id = format!("p{n}");
        policies.push(policy);
    }
    policies
}

/// Whether its sentences fit each other: that is told without any estate.
pub fn can_run(policy: &Policy) -> bool {
    judge::judge(&Estate::default(), policy).status != Status::CouldNotRun
}

/// A directory with estates and feature files, which goes when it is dropped.
pub struct Place(tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves the directory where it is, for a person to look at.
    pub fn keep(&mut self) {
        self.0.disable_cleanup(true);
    }

    pub fn estate(&self, name: &str, estate: &Estate) -> PathBuf {
        let directory = self.path().join(name);
        write::write(estate, &directory).unwrap();
        directory
    }

    pub fn feature(&self, name: &str, policies: &[Policy]) -> PathBuf {
        let file = self.path().join(format!("{name}.feature"));
        std::fs::write(&file, feature(policies)).unwrap();
        file
    }
}

/// Fails with the first of what is wrong. A run silences the messages of panics, those of other
/// tests too, so they are printed.
#[expect(clippy::disallowed_macros, reason = "it is a test's output")]
pub fn expect_none(wrong: &[String]) {
    if !wrong.is_empty() {
        let shown: Vec<_> = wrong.iter().take(12).map(String::as_str).collect();
        println!("{} are wrong:\n{}", wrong.len(), shown.join("\n\n"));
        panic!("{} are wrong", wrong.len());
    }
}
