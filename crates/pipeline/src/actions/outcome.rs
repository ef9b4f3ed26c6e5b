//! How an action ended.

/// What is known of an action that ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// The exit code of a program, or the status of an HTTP answer.
    pub code: Option<i32>,
    /// The beginning of what it said.
    pub output: String,
    /// Figures by name.
    pub figures: Vec<(&'static str, f64)>,
}

/// Why an action did not work.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{reason}")]
pub struct ActionError {
    /// In words.
    pub reason: String,
    /// Whether it may work when it is tried again.
    pub again: bool,
    /// What is known of it.
    pub outcome: Outcome,
}

impl ActionError {
    /// It may work when it is tried again.
    #[must_use]
    pub fn away(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), again: true, outcome: Outcome::default() }
    }

    /// It will not work however often it is tried.
    #[must_use]
    pub fn refused(reason: impl Into<String>) -> Self {
        Self { again: false, ..Self::away(reason) }
    }

    /// With what is known of it.
    #[must_use]
    pub fn with(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }
}

/// How much of what an action said is told in events.
const TOLD: usize = 4096;

/// The beginning of what a program said, as text.
pub(super) fn beginning(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(TOLD)];
    String::from_utf8_lossy(start).trim_end().to_owned()
}
