//! One JSON document with everything that was found: an interface for tools.

use std::io;

use groundrule_core::source::Problem;
use groundrule_core::verdict::{Status, Undecided};
use groundrule_engine::event::{Event, Finding, Judged, RunFinished, RunStarted};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::{Output, Reporter};

pub struct Results {
    output: Output,
    first: bool,
    problems: Vec<Problem>,
}

#[derive(Serialize)]
struct Policy<'r> {
    id: &'r str,
    feature: &'r str,
    name: &'r str,
    file: &'r str,
    line: usize,
    tags: &'r [String],
    status: Status,
    severity: groundrule_core::verdict::Severity,
    owner: Option<&'r str>,
    population: usize,
    not_judged: usize,
    attempts: usize,
    seconds: f64,
    violations: Vec<Violation<'r>>,
    undecided: Option<&'r Undecided>,
}

#[derive(Serialize)]
struct Violation<'r> {
    subjects: &'r [String],
    message: &'r str,
    about: &'r str,
    evidence: &'r Map<String, Value>,
    path: &'r [String],
    fingerprint: &'r str,
    waiver: Option<Waiver<'r>>,
    expired_waiver: Option<&'r str>,
}

#[derive(Serialize)]
struct Waiver<'r> {
    id: &'r str,
    reason: &'r str,
    owner: &'r str,
    expires: String,
    days_left: i64,
    ticket: Option<&'r str>,
}

impl<'r> Violation<'r> {
    fn of(finding: &'r Finding) -> Self {
        let violation = &finding.violation;
        Self {
            subjects: &violation.subjects,
            message: &violation.message,
            about: &violation.about,
            evidence: &violation.evidence,
            path: &violation.path,
            fingerprint: &finding.fingerprint,
            waiver: finding.waiver.as_ref().map(|waived| Waiver {
                id: &waived.id,
                reason: &waived.reason,
                owner: &waived.owner,
                expires: waived.expires.to_string(),
                days_left: waived.days_left,
                ticket: waived.ticket.as_deref(),
            }),
            expired_waiver: finding.expired.as_ref().map(|(id, _)| id.as_str()),
        }
    }
}

impl Results {
    pub fn new(output: Output) -> Self {
        Self { output, first: true, problems: Vec::new() }
    }

    fn started(&mut self, started: &RunStarted) -> io::Result<()> {
        self.problems.clone_from(&started.problems);
        let version = Value::from(self.output.version);
        let (run, at) = (Value::from(started.run.as_str()), Value::from(started.at.to_string()));
        let estate = Value::from(started.estate.as_str());
        write!(
            self.output.to,
            "{{\"groundrule\":{version},\"run\":{run},\"started\":{at},\"estate\":{estate},\n\"policies\":[\n"
        )
    }

    fn judged(&mut self, judged: &Judged) -> io::Result<()> {
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        write!(self.output.to, "{comma}")?;
        let policy = &judged.policy;
        let row = Policy {
            id: &policy.id,
            feature: &policy.feature,
            name: &policy.name,
            file: &policy.file,
            line: policy.line,
            tags: &policy.tags,
            status: judged.status,
            severity: policy.severity,
            owner: policy.owner.as_deref(),
            population: judged.population,
            not_judged: judged.not_judged,
            attempts: judged.attempts,
            seconds: judged.seconds,
            violations: judged.findings.iter().map(Violation::of).collect(),
            undecided: judged.undecided.as_ref(),
        };
        serde_json::to_writer(&mut self.output.to, &row).map_err(io::Error::from)?;
        writeln!(self.output.to)?;
        self.output.to.flush()
    }

    fn finished(&mut self, finished: &RunFinished) -> io::Result<()> {
        let summary = serde_json::to_string(&finished.summary)?;
        let seconds = serde_json::to_string(&finished.seconds)?;
        let notes = serde_json::to_string(&finished.notes)?;
        let not_judged: Vec<_> = finished.not_judged.iter().map(|policy| &policy.id).collect();
        let not_judged = serde_json::to_string(&not_judged)?;
        let refused = finished.refused;
        let crashed = serde_json::to_string(&finished.crashed)?;
        let problems = serde_json::to_string(&self.problems)?;
        writeln!(
            self.output.to,
            "],\n\"summary\":{summary},\n\"seconds\":{seconds},\"not_judged\":{not_judged},\"notes\":{notes},\"refused\":{refused},\"crashed\":{crashed},\n\"problems\":{problems}}}"
        )?;
        self.output.to.flush()
    }
}

impl Reporter for Results {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(started) => self.started(started),
            Event::Judged(judged) => self.judged(judged),
            Event::Finished(finished) => self.finished(finished),
        }
    }
}
