//! A Nagios plugin's output: one line with performance data, then one line a finding.

use std::io;

use groundrule_core::verdict::{Severity, Status};
use groundrule_engine::event::{Event, Judged, RunFinished};

use crate::text::clean;
use crate::{Output, Reporter};

pub struct Nagios {
    output: Output,
    details: Vec<String>,
    critical: usize,
    warnings: usize,
}

/// What a plugin prints when it could not find out: the first line of its output.
#[must_use]
pub fn unknown(why: &str) -> String {
    format!("POLICY UNKNOWN - {}", line(why))
}

/// Text on one line, without the bar that begins performance data.
fn line(text: &str) -> String {
    clean(text).replace('|', "/").replace('\n', " ")
}

impl Nagios {
    pub fn new(output: Output) -> Self {
        Self { output, details: Vec::new(), critical: 0, warnings: 0 }
    }

    fn judged(&mut self, judged: &Judged) {
        let id = &judged.policy.id;
        match judged.status {
            Status::Held | Status::Waived => {}
            Status::Violated => {
                *match judged.policy.severity {
                    Severity::Critical => &mut self.critical,
                    Severity::Warning => &mut self.warnings,
                } += 1;
                let standing = judged.findings.iter().filter(|f| f.waiver.is_none());
                self.details.extend(
                    standing.map(|finding| format!("{id}: {}", line(&finding.violation.message))),
                );
            }
            Status::Undecided => {
                let reason = judged.undecided.as_ref().map_or("", |undecided| &undecided.reason);
                self.details.push(format!("{id}: undecided: {}", line(reason)));
            }
        }
    }

    fn finished(&mut self, finished: &RunFinished) -> io::Result<()> {
        let s = finished.summary;
        let state =
            match (self.critical, self.warnings, s.undecided, s.policies, finished.crashed.len()) {
                (_, _, _, _, 1..) => "UNKNOWN",
                (1.., _, _, _, _) => "CRITICAL",
                (_, 1.., _, _, _) => "WARNING",
                (_, _, 1.., _, _) | (_, _, _, 0, _) => "UNKNOWN",
                _ => "OK",
            };
        let (critical, warnings) = (self.critical, self.warnings);
        writeln!(
            self.output.to,
            "POLICY {state} - {critical} critical, {warnings} warning, {} undecided, {} ok | 'violated'={};;0;0; 'undecided'={};;;0; 'waived'={};;;0; 'held'={};;;0; 'time'={:.3}s;;;0;",
            s.undecided,
            s.held + s.waived,
            s.violated,
            s.undecided,
            s.waived,
            s.held,
            finished.seconds,
        )?;
        let bugs = finished.crashed.iter().map(|bug| format!("this is a bug: {}", line(bug)));
        for detail in std::mem::take(&mut self.details).into_iter().chain(bugs) {
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
