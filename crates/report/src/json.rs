//! Cucumber's JSON: one object a feature, one element a policy.

use std::io;

use groundrule_core::verdict::Status;
use groundrule_engine::event::{Event, Judged};
use groundrule_engine::policy::Policy;
use serde_json::{Value, json};

use crate::text::{exception, finding_lines};
use crate::{Output, Reporter};

pub struct Json {
    output: Output,
    /// The file of the feature that is being written.
    file: Option<String>,
    /// Whether the feature has an element already.
    begun: bool,
}

impl Json {
    pub fn new(output: Output) -> Self {
        Self { output, file: None, begun: false }
    }

    /// Writes an element, in the feature that it belongs to.
    fn add(&mut self, policy: &Policy, judged: Option<&Judged>) -> io::Result<()> {
        if self.file.as_ref() != Some(&policy.file) {
            self.end()?;
            let comma = if self.file.is_some() { "," } else { "" };
            let feature = json!({
                "uri": policy.file,
                "id": slug(&policy.feature),
                "keyword": "Feature",
                "name": policy.feature,
                "description": policy.description.as_deref().unwrap_or(""),
                "line": policy.feature_line,
                "tags": [],
            })
            .to_string();
            // The object stays open for its elements.
            writeln!(self.output.to, "{comma}{},\"elements\":[", feature.trim_end_matches('}'))?;
            self.file = Some(policy.file.clone());
            self.begun = false;
        }
        let comma = if std::mem::replace(&mut self.begun, true) { "," } else { "" };
        writeln!(self.output.to, "{comma}{}", element(policy, judged))?;
        self.output.to.flush()
    }

    fn end(&mut self) -> io::Result<()> {
        if self.file.is_some() { writeln!(self.output.to, "]}}") } else { Ok(()) }
    }
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn element(policy: &Policy, judged: Option<&Judged>) -> Value {
    let tags: Vec<_> =
        policy.tags.iter().map(|tag| json!({"name": tag, "line": policy.line})).collect();
    let last = policy.steps.len().saturating_sub(1);
    let steps: Vec<_> = (0..policy.steps.len())
        .map(|n| {
            let (result, message, nanoseconds) = match judged {
                Some(judged) => outcome(judged, n, n == last),
                None => ("skipped", None, 0),
            };
            let step = &policy.steps[n];
            let mut result = json!({"status": result, "duration": nanoseconds});
            if let Some(message) = message {
                result["error_message"] = Value::from(message);
            }
            json!({
                "keyword": format!("{} ", step.keyword),
                "name": step.text,
                "line": step.line,
                "match": {"location": format!("{}:{}", policy.file, step.line)},
                "result": result,
            })
        })
        .collect();
    json!({
        "id": format!("{};{}", slug(&policy.feature), policy.id),
        "keyword": policy.keyword,
        "type": "scenario",
        "name": policy.name,
        "description": "",
        "line": policy.line,
        "tags": tags,
        "steps": steps,
    })
}

/// A sentence that found something failed; what nobody can say of the whole fails its last one,
/// so that no reader takes it for a pass.
fn outcome(judged: &Judged, n: usize, last: bool) -> (&'static str, Option<String>, u64) {
    let result = judged.steps.get(n);
    let findings = result.map_or(0..0, |result| result.findings.clone());
    let findings = &judged.findings
        [findings.start.min(judged.findings.len())..findings.end.min(judged.findings.len())];
    let standing: Vec<_> =
        findings.iter().filter(|f| f.waiver.is_none()).flat_map(finding_lines).collect();
    let excepted: Vec<_> = findings.iter().filter_map(exception).collect();
    let (status, message) = if !standing.is_empty() {
        ("failed", Some(standing.join("\n")))
    } else if last && judged.status == Status::Undecided {
        let reason = judged.undecided.as_ref().map_or("", |undecided| &undecided.reason);
        ("failed", Some(format!("undecided: {reason}")))
    } else if !excepted.is_empty() {
        ("skipped", Some(excepted.join("\n")))
    } else {
        ("passed", None)
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "nanoseconds of a run"
    )]
    let duration = result.map_or(0, |result| (result.seconds * 1e9) as u64);
    (status, message, duration)
}

impl Reporter for Json {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(_) => writeln!(self.output.to, "["),
            Event::Judged(judged) => self.add(&judged.policy, Some(judged)),
            Event::Finished(finished) => {
                for policy in &finished.not_judged {
                    self.add(policy, None)?;
                }
                self.end()?;
                writeln!(self.output.to, "]")?;
                self.output.to.flush()
            }
        }
    }
}
