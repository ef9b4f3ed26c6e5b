//! The judgement of one policy on one estate.

mod check;
mod dependencies;
mod extents;
mod fallen;
mod fits;
mod follow;
mod groups;
mod lookup;
pub mod questions;
mod run;
mod select;
mod sentences;
mod set;
mod whole;
mod world;

use std::collections::BTreeSet;

use crate::model::Estate;
use crate::policy::Policy;

/// What came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Nothing breaks the rule, and nothing unknown could.
    Held,
    /// At least one violation is certain.
    Violated,
    /// Something unknown decides.
    Undecided,
    /// A sentence does not fit what is there, or nothing is judged.
    CouldNotRun,
}

/// A status with everything that breaks the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What came out.
    pub status: Status,
    /// The subjects of each violation, sorted; only when violated.
    pub violations: Vec<Vec<String>>,
    /// For the person who compares: what was found, or what is unknown.
    pub why: String,
}

impl Outcome {
    /// The distinct lists of subjects: what to compare where it is not settled whether two violations
    /// of the same subjects are about the same thing.
    pub fn distinct(&self) -> BTreeSet<Vec<String>> {
        self.violations.iter().cloned().collect()
    }
}

/// Judges a policy on an estate.
pub fn judge(estate: &Estate, policy: &Policy) -> Outcome {
    if let Err(why) = fits::check(policy) {
        return Outcome { status: Status::CouldNotRun, violations: Vec::new(), why };
    }
    let verdict = run::policy(estate, policy);
    if !verdict.violations.is_empty() {
        let about =
            verdict.violations.iter().map(|one| format!("{}: {:?}", one.about, one.subjects));
        let why = about.collect::<Vec<_>>().join("; ");
        let violations = verdict.violations.into_iter().map(|one| one.subjects).collect();
        return Outcome { status: Status::Violated, violations, why };
    }
    if verdict.unknown.is_empty() {
        return Outcome { status: Status::Held, violations: Vec::new(), why: String::new() };
    }
    let why = verdict.unknown.into_iter().collect::<Vec<_>>().join("; ");
    Outcome { status: Status::Undecided, violations: Vec::new(), why }
}
