//! A Nagios plugin's output: one line with performance data, then one line a finding.

use std::io;

use groundrule_core::plain::line;
use groundrule_core::verdict::{Severity, Status};
use groundrule_engine::event::{Event, Judged, RunFinished};

use crate::text::standing;
use crate::{Output, Reporter};

pub struct Nagios {
    output: Output,
    critical: Kind,
    warning: Kind,
    undecided: Kind,
}

/// Policies that came to the same, and a line for each of their findings.
#[derive(Default)]
struct Kind {
    policies: Vec<String>,
    details: Vec<String>,
}

/// What a plugin prints when it could not find out: the first line of its output.
#[must_use]
pub fn unknown(why: &str) -> String {
    format!("POLICY UNKNOWN - {}", bare(why))
}

/// Text on one line, without the bar that begins performance data.
fn bare(text: &str) -> String {
    line(text).replace('|', "/")
}

impl Kind {
    /// How many, and the first of them by their ids: often nobody sees more than the first line.
    fn told(&self, word: &str) -> String {
        const NAMED: usize = 3;
        let mut names = self.policies.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        if self.policies.len() > NAMED {
            names.push_str(&format!(" and {} more", self.policies.len() - NAMED));
        }
        let names = if names.is_empty() { names } else { format!(" ({names})") };
        format!("{} {word}{names}", self.policies.len())
    }
}

impl Nagios {
    pub fn new(output: Output) -> Self {
        let [critical, warning, undecided] = std::array::from_fn(|_| Kind::default());
        Self { output, critical, warning, undecided }
    }

    fn judged(&mut self, judged: &Judged) {
        let id = bare(&judged.policy.id);
        let (kind, told) = match judged.status {
            Status::Held | Status::Waived => return,
            Status::Violated => {
                let kind = match judged.policy.severity {
                    Severity::Critical => &mut self.critical,
                    Severity::Warning => &mut self.warning,
                };
                (kind, standing(judged).map(|f| bare(&f.violation.message)).collect())
            }
            Status::Undecided => {
                let reason = judged.undecided.as_ref().map_or("", |undecided| &undecided.reason);
                (&mut self.undecided, vec![format!("undecided: {}", bare(reason))])
            }
        };
        kind.details.extend(told.into_iter().map(|told| format!("{id}: {told}")));
        kind.policies.push(id);
    }

    fn finished(&mut self, finished: &RunFinished) -> io::Result<()> {
        let s = finished.summary;
        let lost = finished.refused || !finished.crashed.is_empty() || s.policies == 0;
        let state = match (s.undecided, self.warning.policies.len(), self.critical.policies.len()) {
            _ if lost => "UNKNOWN",
            (_, _, 1..) => "CRITICAL",
            (_, 1.., _) => "WARNING",
            (1.., _, _) => "UNKNOWN",
            _ => "OK",
        };
        let mut told = vec![
            self.critical.told("critical"),
            self.warning.told("warning"),
            self.undecided.told("undecided"),
            format!("{} ok", s.held),
        ];
        if s.waived > 0 {
            told.push(format!("{} waived", s.waived));
        }
        if !finished.not_judged.is_empty() {
            told.push(format!("{} not judged", finished.not_judged.len()));
        }
        writeln!(
            self.output.to,
            "POLICY {state} - {} | 'violated'={};;0;0; 'undecided'={};;;0; 'waived'={};;;0; 'held'={};;;0; 'time'={:.3}s;;;0;",
            told.join(", "),
            s.violated,
            s.undecided,
            s.waived,
            s.held,
            finished.seconds,
        )?;
        let bugs = finished.crashed.iter().map(|bug| format!("this is a bug: {}", bare(bug)));
        let notes = finished.notes.iter().map(|note| bare(note));
        // The worst first: monitoring cuts long output.
        let kinds = [&self.critical, &self.warning, &self.undecided];
        let details = kinds.into_iter().flat_map(|kind| kind.details.iter().cloned());
        for detail in bugs.chain(details).chain(notes) {
            writeln!(self.output.to, "{detail}")?;
        }
        self.output.to.flush()
    }
}

impl Reporter for Nagios {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(_) => Ok(()),
            Event::Judged(judged) => {
                self.judged(judged);
                Ok(())
            }
            Event::Finished(finished) => self.finished(finished),
        }
    }
}
