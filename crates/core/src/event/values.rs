//! Kinds and severities.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What an event is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Figures of a moment.
    Metric,
    /// The state that something is in; may have metrics too.
    Status,
    /// Something to keep and look up.
    Archive,
    /// Somebody should know.
    Alert,
    /// Something that happened once more.
    SimpleCounter,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::Metric, Self::Status, Self::Archive, Self::Alert, Self::SimpleCounter];

    /// As events write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Metric => "metric",
            Self::Status => "status",
            Self::Archive => "archive",
            Self::Alert => "alert",
            Self::SimpleCounter => "simple_counter",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How bad an event is, as Nagios counts: 0 to 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Severity {
    /// 0
    #[default]
    Ok = 0,
    /// 1
    Warning = 1,
    /// 2
    Critical = 2,
    /// 3: it could not be found out.
    Unknown = 3,
}

impl Severity {
    /// Every severity, by its number.
    pub const ALL: [Self; 4] = [Self::Ok, Self::Warning, Self::Critical, Self::Unknown];

    /// The severity of this number.
    #[must_use]
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.get(usize::from(number)).copied()
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        self as u8
    }

    /// As Nagios writes it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
