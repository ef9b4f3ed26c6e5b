//! What a run tells while it goes: the only road from judging to reporting.

use std::collections::HashMap;
use std::sync::Arc;

use groundrule_core::source::Problem;
use groundrule_core::verdict::{Status, Undecided, Violation};
use jiff::Timestamp;

use crate::policy::Policy;

/// Something that happened in a run.
#[derive(Clone)]
pub enum Event {
    /// The run begins.
    Started(Arc<RunStarted>),
    /// A policy was judged. Policies come in the order of their files.
    Judged(Arc<Judged>),
    /// The run is over.
    Finished(Arc<RunFinished>),
}

/// A run that begins.
pub struct RunStarted {
    /// Its identity.
    pub run: String,
    /// When.
    pub at: Timestamp,
    /// The estate's name.
    pub estate: String,
    /// How many policies will be judged.
    pub policies: usize,
    /// How many of them each file has.
    pub per_file: HashMap<String, usize>,
    /// Faults of the estate.
    pub problems: Vec<Problem>,
    /// Sources that the estate does not have.
    pub missing: Vec<groundrule_core::source::Source>,
}

/// A policy that was judged.
pub struct Judged {
    /// The policy.
    pub policy: Arc<Policy>,
    /// What it came to.
    pub status: Status,
    /// How many subjects its Given steps selected.
    pub population: usize,
    /// How many nodes were left out, of which it is not known whether the rule is about them.
    pub not_judged: usize,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What breaks the rule.
    pub findings: Vec<Finding>,
    /// Why it cannot be said to hold; also beside waived violations.
    pub undecided: Option<Undecided>,
    /// What is not known that bears on it, also beside violations that are certain.
    pub doubts: Option<Undecided>,
    /// Each of its sentences.
    pub steps: Vec<StepResult>,
    /// How many times it was judged; more than one after `@retry`.
    pub attempts: usize,
}

/// A violation in a report.
pub struct Finding {
    /// What breaks the rule.
    pub violation: Violation,
    /// Its identity across runs.
    pub fingerprint: String,
    /// The waiver that covers it.
    pub waiver: Option<Waived>,
    /// The waiver that covered it until it expired, and when that was.
    pub expired: Option<(String, jiff::civil::Date)>,
}

/// A waiver that covers a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waived {
    /// Its id.
    pub id: String,
    /// Why.
    pub reason: String,
    /// Who is to mend it.
    pub owner: String,
    /// The last day.
    pub expires: jiff::civil::Date,
    /// Days that are left, the last one included.
    pub days_left: i64,
    /// Where it is discussed.
    pub ticket: Option<String>,
}

/// How one sentence of a policy ended.
#[derive(Clone, Debug, PartialEq)]
pub struct StepResult {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// Which of the findings it made.
    pub findings: std::ops::Range<usize>,
    /// Whether it met something that is not known.
    pub doubted: bool,
}

/// A run that is over.
pub struct RunFinished {
    /// How long it took, in seconds.
    pub seconds: f64,
    /// How many policies came to what.
    pub summary: Summary,
    /// Policies that were not judged: the run stopped before them, or met a bug.
    pub not_judged: Vec<Arc<Policy>>,
    /// What people should look at: waivers that expired, are unused or unknown.
    pub notes: Vec<String>,
    /// Whether the notes make the run a failure.
    pub refused: bool,
    /// Policies that could not be judged because of a bug, and what went wrong.
    pub crashed: Vec<String>,
}

/// How many policies came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// All that were judged.
    pub policies: usize,
    /// Hold.
    pub held: usize,
    /// Are violated.
    pub violated: usize,
    /// Are undecided.
    pub undecided: usize,
    /// Are violated, and every violation is waived.
    pub waived: usize,
}

impl Summary {
    /// Counts one more.
    pub fn count(&mut self, status: Status) {
        self.policies += 1;
        *match status {
            Status::Held => &mut self.held,
            Status::Violated => &mut self.violated,
            Status::Undecided => &mut self.undecided,
            Status::Waived => &mut self.waived,
        } += 1;
    }
}
