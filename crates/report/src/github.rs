//! GitHub Actions: an annotation for each finding, and a summary in Markdown.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::sync::Arc;

use groundrule_core::plain::{line, lines};
use groundrule_core::verdict::{Severity, Status};
use groundrule_engine::event::{Event, Judged, RunFinished};

use crate::text::{exception, finding_lines, not_judged, standing};
use crate::{Output, Reporter};

pub struct Github {
    output: Output,
    /// What the summary lists: everything that does not hold.
    noteworthy: Vec<Arc<Judged>>,
}

impl Github {
    pub fn new(output: Output) -> Self {
        Self { output, noteworthy: Vec::new() }
    }

    fn annotate(&mut self, level: &str, judged: &Judged, message: &str) -> io::Result<()> {
        let policy = &judged.policy;
        let (file, title) = (property(&policy.file), property(&policy.name));
        let message = data(&lines(message));
        writeln!(
            self.output.to,
            "::{level} file={file},line={},title={title}::{message}",
            policy.line
        )
    }

    fn judged(&mut self, judged: &Arc<Judged>) -> io::Result<()> {
        let level = match judged.policy.severity {
            Severity::Warning => "warning",
            Severity::Critical => "error",
        };
        for finding in standing(judged) {
            self.annotate(level, judged, &finding_lines(finding).join("\n"))?;
        }
        for why in judged.findings.iter().filter(|f| f.waiver.is_some()).filter_map(exception) {
            self.annotate("notice", judged, &why)?;
        }
        if judged.status == Status::Undecided {
            let reason = judged.undecided.as_ref().map_or("", |undecided| &undecided.reason);
            self.annotate("warning", judged, &format!("undecided: {reason}"))?;
        }
        if judged.status != Status::Held {
            self.noteworthy.push(Arc::clone(judged));
        }
        self.output.to.flush()
    }

    fn finished(&mut self, finished: &RunFinished) -> io::Result<()> {
        for policy in &finished.not_judged {
            let (file, title) = (property(&policy.file), property(&policy.name));
            let line = policy.line;
            let why = not_judged(finished);
            writeln!(self.output.to, "::notice file={file},line={line},title={title}::{why}")?;
        }
        let level = if finished.refused { "error" } else { "notice" };
        for note in &finished.notes {
            writeln!(self.output.to, "::{level} title=groundrule::{}", data(&lines(note)))?;
        }
        for bug in &finished.crashed {
            writeln!(
                self.output.to,
                "::error title=groundrule::this is a bug: {}",
                data(&lines(bug))
            )?;
        }
        self.output.to.flush()?;
        let Some(path) = self.output.github_summary.clone() else {
            return Ok(());
        };
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        let s = finished.summary;
        writeln!(
            file,
            "### Ground rules: {} held, {} violated, {} undecided, {} waived, {} not judged\n",
            s.held,
            s.violated,
            s.undecided,
            s.waived,
            finished.not_judged.len()
        )?;
        if !self.noteworthy.is_empty() {
            writeln!(file, "| policy | status | what |\n|---|---|---|")?;
        }
        for judged in &self.noteworthy {
            let what: Vec<_> = match judged.status {
                Status::Undecided => {
                    judged.undecided.iter().map(|undecided| undecided.reason.clone()).collect()
                }
                _ => judged
                    .findings
                    .iter()
                    .map(|finding| finding.violation.message.clone())
                    .collect(),
            };
            let what: Vec<_> = what.iter().map(|text| cell(text)).collect();
            writeln!(
                file,
                "| {} | {} | {} |",
                cell(&judged.policy.name),
                judged.status,
                what.join("<br>")
            )?;
        }
        Ok(())
    }
}

/// Text of a command's message.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Text of a command's property.
fn property(text: &str) -> String {
    data(&lines(text)).replace(':', "%3A").replace(',', "%2C")
}

/// Text of a table's cell.
fn cell(text: &str) -> String {
    line(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

impl Reporter for Github {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(_) => Ok(()),
            Event::Judged(judged) => self.judged(judged),
            Event::Finished(finished) => self.finished(finished),
        }
    }
}
