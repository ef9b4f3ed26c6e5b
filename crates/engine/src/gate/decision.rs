//! What a gate says, and why.

use groundrule_core::verdict::Violation;
use serde::Serialize;

/// Whether an action may happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It may.
    #[default]
    Allow,
    /// It must not: it breaks a rule.
    Deny,
    /// It must not: nobody knows whether it breaks a rule.
    Undecided,
}

/// What an action breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reason {
    /// The policy's id.
    pub policy: String,
    /// Who breaks it, as in reports.
    pub subjects: Vec<String>,
    /// In words.
    pub message: String,
    /// How the subjects are connected, one hop a line.
    pub path: Vec<String>,
    /// The finding's identity, the same as in a run.
    pub fingerprint: String,
}

/// What is not known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Doubt {
    /// The policy's id; in parentheses what is no policy.
    pub policy: String,
    /// In words.
    pub reason: String,
}

/// What a gate says of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decision {
    /// What it breaks.
    pub reasons: Vec<Reason>,
    /// What is not known.
    pub undecided: Vec<Doubt>,
}

impl Decision {
    /// Whether the action may happen: what it certainly breaks counts first.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match (self.reasons.is_empty(), self.undecided.is_empty()) {
            (false, _) => Verdict::Deny,
            (true, false) => Verdict::Undecided,
            (true, true) => Verdict::Allow,
        }
    }

    pub(super) fn deny(&mut self, policy: &str, violation: &Violation) {
        self.reasons.push(Reason {
            policy: policy.to_owned(),
            subjects: violation.subjects.clone(),
            message: violation.message.clone(),
            path: violation.path.clone(),
            fingerprint: violation.fingerprint(policy),
        });
    }

    pub(super) fn doubt(&mut self, policy: &str, reason: &str) {
        self.undecided.push(Doubt { policy: policy.to_owned(), reason: reason.to_owned() });
    }
}
