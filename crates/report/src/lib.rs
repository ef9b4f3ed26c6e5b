//! Reports: what a run tells, in the forms that people and tools read.
//!
//! Every format is one row of [`FORMATS`] and one file. A reporter gets the run's events one by one
//! and writes as soon as it can.

mod events;
mod github;
mod json;
mod junit;
mod nagios;
mod pretty;
mod results;
mod text;

use std::io::{self, Write};
use std::path::PathBuf;

use groundrule_engine::event::Event;

pub use events::{Memory, Remembered, Translator};
pub use nagios::unknown as nagios_unknown;

/// Takes what a run tells and writes it down.
pub trait Reporter {
    /// Writes what can be written now.
    ///
    /// # Errors
    /// When it cannot be written.
    fn tell(&mut self, event: &Event) -> io::Result<()>;
}

/// Where a report goes, and what may be assumed of it.
pub struct Output {
    /// The stream.
    pub to: Box<dyn Write>,
    /// Whether it may be coloured.
    pub color: bool,
    /// Whether somebody watches: a line that is rewritten may be shown.
    pub progress: bool,
    /// A file that GitHub shows with the run.
    pub github_summary: Option<PathBuf>,
    /// The version of the program.
    pub version: &'static str,
    /// What was violating at the last run.
    pub violating: Violating,
}

/// What was violating at the last run, and which of those policies are no longer there.
#[derive(Clone, Debug, Default)]
pub struct Violating {
    /// What is remembered.
    pub memory: Memory,
    /// The ids of remembered policies that are no longer there.
    pub gone: Vec<String>,
}

/// A form of report.
pub struct Format {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a line.
    pub doc: &'static str,
    /// Makes a reporter.
    pub make: fn(Output) -> Box<dyn Reporter>,
}

/// Every format, the default first.
pub const FORMATS: &[Format] = &[
    Format {
        name: "pretty",
        doc: "for people: violations in full, everything else in one line",
        make: |output| Box::new(pretty::Pretty::new(output)),
    },
    Format {
        name: "results",
        doc: "one JSON document with everything that was found",
        make: |output| Box::new(results::Results::new(output)),
    },
    Format {
        name: "junit",
        doc: "JUnit XML, one suite a feature",
        make: |output| Box::new(junit::Junit::new(output)),
    },
    Format {
        name: "json",
        doc: "Cucumber's JSON",
        make: |output| Box::new(json::Json::new(output)),
    },
    Format {
        name: "github",
        doc: "annotations and a summary for GitHub Actions",
        make: |output| Box::new(github::Github::new(output)),
    },
    Format {
        name: "events",
        doc: "status events for the monitoring pipeline, one JSON object a line",
        make: |output| Box::new(events::Events::new(output)),
    },
    Format {
        name: "nagios",
        doc: "a Nagios plugin's line with performance data; the exit code is Nagios's",
        make: |output| Box::new(nagios::Nagios::new(output)),
    },
];

/// The format of this name.
#[must_use]
pub fn format(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}
