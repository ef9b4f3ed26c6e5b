//! What Nagios and its plugins say, as events, and the way back.
//!
//! Three forms come in: passive results as Nagios' command file takes them, lines of the files that
//! it writes performance data to, and what a plugin wrote with its exit code, as NRPE hands it on.
//! The checked host is the subject; the service is the name, and [`HOST`] for the host itself.

mod line;
mod output;
mod passive;
mod perfdata;
#[cfg(test)]
mod properties;

use crate::event::{Draft, Kind, Severity};

pub use line::{BadLine, lines, read_line};
pub use output::Output;
pub use passive::passive_result;
pub use perfdata::{Figure, perfdata};

/// The name of the event that tells whether a host is up.
pub const HOST: &str = "host";

/// An event that was read, and what of its performance data could not be.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The event, with every figure that could be read.
    pub draft: Draft,
    /// Why a figure was left out, one sentence each. The event tells them too.
    pub complaints: Vec<String>,
}

/// What is checked, and when it was.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// Who observed it.
    pub origin: &'a str,
    /// The checked host.
    pub host: &'a str,
    /// The service on it, or [`HOST`].
    pub service: &'a str,
    /// In seconds since 1970.
    pub time: f64,
}

impl Check<'_> {
    /// The status that a plugin's output and exit code tell. A code that plugins do not have is
    /// UNKNOWN.
    #[must_use]
    pub fn result(&self, code: i64, output: &[u8]) -> Reading {
        let severity = u8::try_from(code).ok().and_then(Severity::of).unwrap_or(Severity::Unknown);
        self.status(severity, &Output::read(&String::from_utf8_lossy(output)))
    }

    /// A status with what was written.
    fn status(&self, severity: Severity, output: &Output) -> Reading {
        self.reading(self.draft(Kind::Status).severity(severity), output)
    }

    fn draft(&self, kind: Kind) -> Draft {
        Draft::new(kind, self.origin, self.host.trim(), self.service.trim(), self.time)
    }

    /// The event with what was written: text, figures, and what else the figures' parts tell.
    fn reading(&self, mut draft: Draft, output: &Output) -> Reading {
        let (figures, complaints) = perfdata(&output.perfdata);
        draft = draft.text(&*output.text);
        if !output.details.is_empty() {
            draft = draft.with("details", &*output.details);
        }
        for figure in &figures {
            draft = draft.metric(&figure.label, figure.value);
        }
        let described: serde_json::Map<_, _> = figures
            .iter()
            .filter_map(|figure| Some((figure.label.clone(), figure.description()?)))
            .collect();
        if !described.is_empty() {
            draft = draft.with("perfdata", described);
        }
        if !complaints.is_empty() {
            draft = draft.with("perfdata_refused", complaints.clone());
        }
        Reading { draft, complaints }
    }
}
