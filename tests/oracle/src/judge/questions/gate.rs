//! What a gate knows of an action.

use std::collections::BTreeSet;

use super::impact::without;
use crate::judge::run;
use crate::judge::world::World;
use crate::model::Estate;
use crate::policy::Policy;

/// What a gate knows of one policy, before and after an action.
pub struct Gate {
    /// Subjects of violations that are only there after it.
    pub new: BTreeSet<Vec<String>>,
    /// Subjects of violations that are there before it.
    pub old: BTreeSet<Vec<String>>,
    /// Whether one of them may be there before it already.
    pub perhaps_before: bool,
    /// Whether something is not known before it.
    pub unknown_before: bool,
    /// Whether something is not known after it.
    pub unknown_after: bool,
}

/// Judges a policy today and without these nodes.
pub fn gate(estate: &Estate, policy: &Policy, gone: &[String]) -> Gate {
    let before = run::policy_in(World::today(estate), policy);
    let after = run::policy_in(without(estate, gone), policy);
    let new: BTreeSet<_> = after.violations.difference(&before.violations).collect();
    let perhaps = new
        .iter()
        .any(|one| before.unknown.contains(&format!("{}: {}", one.about, one.subjects.join(", "))));
    Gate {
        perhaps_before: perhaps,
        unknown_before: !before.unknown.is_empty(),
        unknown_after: !after.unknown.is_empty(),
        old: before.violations.iter().map(|one| one.subjects.clone()).collect(),
        new: new.into_iter().map(|one| one.subjects.clone()).collect(),
    }
}
