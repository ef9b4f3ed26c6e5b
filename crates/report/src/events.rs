//! Status events: one for every subject that breaks a policy, one for every policy, and one for
//! what was violating and is not any more.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use groundrule_core::event::{Draft, Event, Kind, Severity};
use groundrule_core::verdict::{self, Status};
use groundrule_engine::event::{self as run, Finding, Judged, RunStarted};
use groundrule_engine::policy::Policy;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{Output, Reporter, Violating};

/// Who sends the events.
const ORIGIN: &str = "groundrule";

/// Later than the last run by this much, in seconds, if the clock says that it was before.
const STEP: f64 = 0.001;

/// What was violating at the last run on an estate: subjects by policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// The time of the last run's events, in seconds since 1970.
    pub time: f64,
    /// By the policy's id; those that nothing violates are not there.
    pub policies: BTreeMap<String, Remembered>,
}

/// What was violating a policy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Remembered {
    /// The file that it stands in.
    pub file: String,
    /// Its feature.
    pub feature: String,
    /// Who violated it.
    pub subjects: BTreeSet<String>,
}

/// Turns what a run tells into events.
pub struct Translator {
    memory: Memory,
    gone: Vec<String>,
    version: &'static str,
    run: String,
    estate: String,
    time: f64,
}

impl Translator {
    /// Begins with what was violating, and the ids of remembered policies that are no longer
    /// there.
    #[must_use]
    pub fn new(violating: Violating, version: &'static str) -> Self {
        let Violating { memory, gone } = violating;
        Self { memory, gone, version, run: String::new(), estate: String::new(), time: 0.0 }
    }

    /// What is violating now: to be remembered for the next run.
    #[must_use]
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// The events that something in a run makes.
    pub fn tell(&mut self, told: &run::Event) -> Vec<Event> {
        match told {
            run::Event::Started(started) => self.started(started),
            run::Event::Judged(judged) => self.judged(judged),
            run::Event::Finished(_) => Vec::new(),
        }
    }

    fn started(&mut self, started: &RunStarted) -> Vec<Event> {
        self.run.clone_from(&started.run);
        self.estate.clone_from(&started.estate);
        #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit")]
        let now = started.at.as_microsecond() as f64 / 1e6;
        // A recovery that is older than its violation would be taken for late news.
        self.time = if now > self.memory.time { now } else { self.memory.time + STEP };
        self.memory.time = self.time;
        let mut events = Vec::new();
        for id in std::mem::take(&mut self.gone) {
            let Some(remembered) = self.memory.policies.remove(&id) else {
                continue;
            };
            let why = "the policy is no longer there";
            for subject in remembered.subjects.iter().chain([&self.estate]) {
                let draft = self.draft(subject, &id).tag("feature", &*remembered.feature);
                events.push(draft.text(why).event());
            }
        }
        events
    }

    fn judged(&mut self, judged: &Judged) -> Vec<Event> {
        let policy = &judged.policy;
        let mut by_subject: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        for finding in &judged.findings {
            for subject in &finding.violation.subjects {
                by_subject.entry(subject).or_default().push(finding);
            }
        }
        let before = self.memory.policies.remove(&policy.id).unwrap_or_default().subjects;
        let mut events = Vec::new();
        for (subject, findings) in &by_subject {
            events.push(self.violating(policy, subject, findings));
        }
        let unknown = doubt(judged);
        for subject in before.iter().filter(|subject| !by_subject.contains_key(subject.as_str())) {
            let draft = self.of(policy, subject);
            events.push(
                match &unknown {
                    Some(why) => draft.severity(Severity::Unknown).text(format!(
                        "it broke this rule, and it is not known whether it still does: {why}"
                    )),
                    None => draft.text("it does not break this rule any more"),
                }
                .event(),
            );
        }
        events.push(self.verdict(judged));
        let mut subjects: BTreeSet<_> = by_subject.into_keys().map(str::to_owned).collect();
        if unknown.is_some() {
            subjects.extend(before);
        }
        if !subjects.is_empty() {
            let (file, feature) = (policy.file.clone(), policy.feature.clone());
            self.memory.policies.insert(policy.id.clone(), Remembered { file, feature, subjects });
        }
        events
    }

    fn draft(&self, subject: &str, policy: &str) -> Draft {
        Draft::new(Kind::Status, ORIGIN, subject, &format!("policy.{policy}"), self.time)
            .tag("run", &*self.run)
            .tag("version", self.version)
    }

    /// An event about a policy.
    fn of(&self, policy: &Policy, subject: &str) -> Draft {
        let draft = self
            .draft(subject, &policy.id)
            .tag("feature", &*policy.feature)
            .with("policy", json!({"file": policy.file, "line": policy.line, "name": policy.name}));
        match &policy.owner {
            Some(owner) => draft.tag("owner", &**owner),
            None => draft,
        }
    }

    fn violating(&self, policy: &Policy, subject: &str, findings: &[&Finding]) -> Event {
        // One that is not waived says what is wrong.
        let worst = findings.iter().find(|f| f.waiver.is_none()).unwrap_or(&findings[0]);
        let more = match findings.len() {
            1 => String::new(),
            n => format!(" (and {} more)", n - 1),
        };
        let listed: Vec<Value> = findings.iter().map(|finding| evidence(finding)).collect();
        let draft = self
            .of(policy, subject)
            .severity(severity(policy.severity))
            .text(format!("{}{more}", worst.violation.message))
            .with("fingerprint", &*worst.fingerprint)
            .with("evidence", worst.violation.evidence.clone())
            .with("findings", listed);
        match &worst.waiver {
            Some(waived) => draft.tag("waiver", &*waived.id),
            None => draft,
        }
        .event()
    }

    /// What a policy came to.
    fn verdict(&self, judged: &Judged) -> Event {
        let policy = &judged.policy;
        let violations = judged.findings.iter().filter(|f| f.waiver.is_none()).count();
        let waived = judged.findings.len() - violations;
        let plural = if violations == 1 { "violation" } else { "violations" };
        let (bad, text) = match judged.status {
            Status::Held => (Severity::Ok, "held".to_owned()),
            Status::Waived => (Severity::Ok, "every violation is waived".to_owned()),
            Status::Violated => (
                severity(policy.severity),
                match judged.findings.iter().find(|f| f.violation.subjects.is_empty()) {
                    Some(finding) => finding.violation.message.clone(),
                    None => format!("{violations} {plural}"),
                },
            ),
            Status::Undecided => (
                Severity::Unknown,
                judged.undecided.as_ref().map_or_else(
                    || "undecided".to_owned(),
                    |why| format!("undecided: {}", why.reason),
                ),
            ),
        };
        #[expect(clippy::cast_precision_loss, reason = "figures of events are floats")]
        let figures = [
            ("violations", violations as f64),
            ("waived", waived as f64),
            ("population", judged.population as f64),
            ("seconds", judged.seconds),
        ];
        let draft = self
            .of(policy, &self.estate)
            .severity(bad)
            .text(text)
            .with("verdict", judged.status.to_string());
        figures.into_iter().fold(draft, |draft, (name, figure)| draft.metric(name, figure)).event()
    }
}

/// Why nobody who is not found can be said to keep the rule.
fn doubt(judged: &Judged) -> Option<String> {
    match (&judged.doubts, judged.not_judged) {
        (Some(doubts), _) => Some(doubts.reason.clone()),
        (None, 0) => None,
        (None, n) => Some(format!("{n} nodes were left out")),
    }
}

fn severity(of: verdict::Severity) -> Severity {
    match of {
        verdict::Severity::Warning => Severity::Warning,
        verdict::Severity::Critical => Severity::Critical,
    }
}

/// A finding for machines.
fn evidence(finding: &Finding) -> Value {
    let violation = &finding.violation;
    json!({
        "subjects": violation.subjects, "about": violation.about, "message": violation.message,
        "evidence": violation.evidence, "path": violation.path, "fingerprint": finding.fingerprint,
        "waiver": finding.waiver.as_ref().map(|waived| &waived.id),
    })
}

/// Writes events, one a line.
pub struct Events {
    output: Output,
    translator: Translator,
}

impl Events {
    pub fn new(mut output: Output) -> Self {
        let violating = std::mem::take(&mut output.violating);
        let translator = Translator::new(violating, output.version);
        Self { output, translator }
    }
}

impl Reporter for Events {
    fn tell(&mut self, event: &run::Event) -> io::Result<()> {
        for event in self.translator.tell(event) {
            self.output.to.write_all(event.raw())?;
            self.output.to.write_all(b"\n")?;
        }
        self.output.to.flush()
    }
}
