//! Where events come from, and where routes send them.

use std::fmt;

/// From where an event is routed: each place has its own folder of rule files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// It came in from outside.
    Portal,
    /// The status part made it.
    Status,
    /// The metrics part made it.
    Metrics,
    /// The alerts part made it.
    Alerts,
}

impl Place {
    /// Every place.
    pub const ALL: [Self; 4] = [Self::Portal, Self::Status, Self::Metrics, Self::Alerts];

    /// The name of its folder.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Portal => "portal",
            Self::Status => "status",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
        }
    }

    /// The place of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|place| place.name() == name)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A part of the pipeline that a route can send to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartName {
    /// What is so now.
    Status,
    /// Figures, to Graphite.
    Metrics,
    /// Who is told.
    Alerts,
    /// What is done.
    Callbacks,
}

impl PartName {
    /// Every part.
    pub const ALL: [Self; 4] = [Self::Status, Self::Metrics, Self::Alerts, Self::Callbacks];

    /// As rule files write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Status => "status",
            Self::Metrics => "metrics",
            Self::Alerts => "alerts",
            Self::Callbacks => "callbacks",
        }
    }

    /// The part of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// Where a route sends an event.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// Part of this pipeline.
    Part(PartName),
    /// A transport.
    Url(String),
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => f.write_str(part.name()),
            Self::Url(url) => f.write_str(url),
        }
    }
}
