//! What a scenario has found so far.

use std::collections::BTreeSet;

use groundrule_core::source::Unknown;
use groundrule_core::verdict::{Undecided, Violation};

/// Violations that are certain, and what is not known that could bring others.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    violations: Vec<Violation>,
    seen: BTreeSet<(Vec<String>, String)>,
    unknown: BTreeSet<Unknown>,
    /// What violations may be about that there may be besides.
    possible: BTreeSet<String>,
    /// Whether any violation may be there besides.
    anything: bool,
}

impl Findings {
    /// Adds a violation; the same subjects about the same thing are one finding.
    pub fn violate(&mut self, violation: Violation) {
        if self.seen.insert((violation.subjects.clone(), violation.about.clone())) {
            self.violations.push(violation);
        }
    }

    /// Notes something that is not known and could change the answer.
    pub fn doubt(&mut self, unknown: impl IntoIterator<Item = Unknown>) {
        for unknown in unknown {
            self.unknown.insert(unknown);
            self.anything = true;
        }
    }

    /// Notes something that is not known and could bring just violations about these things; none,
    /// where it could only bring such as nobody can name.
    pub fn doubt_about(
        &mut self,
        unknown: impl IntoIterator<Item = Unknown>,
        about: impl IntoIterator<Item = String>,
    ) {
        self.unknown.extend(unknown);
        self.possible.extend(about);
    }

    /// Whether this violation is there, or may be.
    #[must_use]
    pub fn may_have(&self, violation: &Violation) -> bool {
        self.anything || self.possible.contains(&violation.about) || self.has(violation)
    }

    /// Whether this violation is there.
    #[must_use]
    pub fn has(&self, violation: &Violation) -> bool {
        self.seen.contains(&(violation.subjects.clone(), violation.about.clone()))
    }

    /// How many things are not known.
    #[must_use]
    pub fn doubts(&self) -> usize {
        self.unknown.len()
    }

    /// All violations, in the order in which they were found.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }

    /// Why the scenario cannot be said to hold.
    #[must_use]
    pub fn undecided(&self) -> Option<Undecided> {
        let first = self.unknown.iter().next()?;
        let about = |unknown: &Unknown| match &unknown.node {
            Some(node) => format!("the {} of {node}: {}", unknown.source, unknown.why),
            None => format!("{}: {}", unknown.source.plural(), unknown.why),
        };
        let reason = match self.unknown.len() {
            1 => format!("not known: {}", about(first)),
            n => format!("{n} things are not known, the first of them {}", about(first)),
        };
        let unknown = self.unknown.iter().take(Undecided::LISTED).cloned().collect();
        Some(Undecided { reason, unknown })
    }
}
