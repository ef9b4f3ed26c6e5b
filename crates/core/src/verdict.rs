//! What a policy comes to: held, violated, undecided; and the findings behind it.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::source::Unknown;

/// The outcome of one policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// It holds, and nothing unknown could change that.
    Held,
    /// At least one violation is certain, and not waived.
    Violated,
    /// Something that could change the answer is not known.
    Undecided,
    /// Every violation is waived.
    Waived,
}

/// How much a violation matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Tag `@warning`.
    Warning,
    /// Tag `@critical`, and the default.
    Critical,
}

impl Status {
    /// Whether it is one that is retried, and that a run stops at if it stops early.
    #[must_use]
    pub fn stops(self) -> bool {
        matches!(self, Self::Violated | Self::Undecided)
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Held => "held",
            Self::Violated => "violated",
            Self::Undecided => "undecided",
            Self::Waived => "waived",
        })
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        })
    }
}

/// One thing that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Who breaks it, sorted: nodes (`web1.example.net`) or resources on nodes
    /// (`web1.example.net/Service[nginx]`); none when there was nothing to judge.
    pub subjects: Vec<String>,
    /// What it is about: a fact, a resource, a dependency. Never a value, a count or a date, so
    /// that the finding is the same one in the next run.
    pub about: String,
    /// A sentence that a platform manager understands.
    pub message: String,
    /// What was found, for machines.
    pub evidence: Map<String, Value>,
    /// How the subjects are connected, one hop a line, where the rule is about connections.
    pub path: Vec<String>,
}

impl Violation {
    /// A violation without evidence and path.
    #[must_use]
    pub fn new(
        mut subjects: Vec<String>,
        about: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        subjects.sort_unstable();
        subjects.dedup();
        Self {
            subjects,
            about: about.into(),
            message: message.into(),
            evidence: Map::new(),
            path: Vec::new(),
        }
    }

    /// The same with something that was found.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.evidence.insert(key.to_owned(), value.into());
        self
    }

    /// The identity of this finding across runs: policy, subjects, and what it is about; 32
    /// hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self, policy: &str) -> String {
        let mut text = policy.to_owned();
        for part in self.subjects.iter().chain(std::iter::once(&self.about)) {
            text.push('\n');
            text.push_str(part);
        }
        format!("{:032x}", xxhash_rust::xxh3::xxh3_128(text.as_bytes()))
    }
}

/// Why a policy could not be decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Undecided {
    /// In one sentence.
    pub reason: String,
    /// What is not known: the first hundred.
    pub unknown: Vec<Unknown>,
}

impl Undecided {
    /// How many unknowns a report lists.
    pub const LISTED: usize = 100;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_knows_no_order_value_or_count() {
        let a = Violation::new(vec!["b".into(), "a".into()], "fact zone", "2 share a")
            .with("value", "a");
        let b = Violation::new(vec!["a".into(), "b".into(), "a".into()], "fact zone", "3 share b");
        assert_eq!(a.fingerprint("p"), b.fingerprint("p"));
        assert_ne!(a.fingerprint("p"), a.fingerprint("q"));
        assert_eq!(a.fingerprint("p").len(), 32);
    }
}
