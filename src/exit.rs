//! How the program ends.

use std::process::ExitCode;

use groundrule_engine::event::Summary;

/// Every exit code, in the order in which the worst one wins: could not run, violations,
/// undecided, nothing selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All policies hold, or what was asked for was done.
    Held = 0,
    /// A policy is violated.
    Violated = 1,
    /// It could not run: usage, configuration, a policy that cannot be read, a crash.
    Failed = 2,
    /// A policy could not be decided.
    Undecided = 3,
    /// No policy was selected.
    NothingSelected = 4,
}

impl Exit {
    /// The exit code of a run.
    pub fn of(summary: &Summary, failed: bool) -> Self {
        match summary {
            _ if failed => Self::Failed,
            Summary { violated: 1.., .. } => Self::Violated,
            Summary { undecided: 1.., .. } => Self::Undecided,
            Summary { policies: 0, .. } => Self::NothingSelected,
            _ => Self::Held,
        }
    }

    /// The code.
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// What a Nagios plugin ends with: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.
pub fn nagios(exit: Exit, critical: bool) -> u8 {
    match exit {
        Exit::Held => 0,
        Exit::Violated if critical => 2,
        Exit::Violated => 1,
        Exit::Failed | Exit::Undecided | Exit::NothingSelected => 3,
    }
}
