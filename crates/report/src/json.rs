//! Cucumber's JSON: one object a feature, written when the feature is complete.

use std::io;
use std::sync::Arc;

use groundrule_core::verdict::Status;
use groundrule_engine::event::{Event, Judged};
use serde_json::{Value, json};

use crate::text::{exception, finding_lines};
use crate::{Output, Reporter};

pub struct Json {
    output: Output,
    first: bool,
    feature: Vec<Arc<Judged>>,
}

impl Json {
    pub fn new(output: Output) -> Self {
        Self { output, first: true, feature: Vec::new() }
    }

    fn feature(&mut self) -> io::Result<()> {
        let judged = std::mem::take(&mut self.feature);
        let Some(first) = judged.first() else {
            return Ok(());
        };
        let comma = if std::mem::take(&mut self.first) { "" } else { "," };
        let feature = json!({
            "uri": first.policy.file,
            "id": slug(&first.policy.feature),
            "keyword": "Feature",
            "name": first.policy.feature,
            "description": first.policy.description.as_deref().unwrap_or(""),
            "line": 1,
            "tags": [],
            "elements": judged.iter().map(|judged| element(judged)).collect::<Vec<_>>(),
        });
        write!(self.output.to, "{comma}\n{feature}")
    }
}

fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

fn element(judged: &Judged) -> Value {
    let policy = &judged.policy;
    let tags: Vec<_> =
        policy.tags.iter().map(|tag| json!({"name": tag, "line": policy.line})).collect();
    let last = policy.steps.len().saturating_sub(1);
    let steps: Vec<_> = (0..policy.steps.len()).map(|n| step(judged, n, n == last)).collect();
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
fn step(judged: &Judged, n: usize, last: bool) -> Value {
    let step = &judged.policy.steps[n];
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
    let mut result = json!({"status": status, "duration": duration});
    if let Some(message) = message {
        result["error_message"] = Value::from(message);
    }
    json!({
        "keyword": format!("{} ", step.keyword),
        "name": step.text,
        "line": step.line,
        "match": {"location": format!("{}:{}", judged.policy.file, step.line)},
        "result": result,
    })
}

impl Reporter for Json {
    fn tell(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Started(_) => write!(self.output.to, "["),
            Event::Judged(judged) => {
                if self.feature.first().is_some_and(|first| first.policy.file != judged.policy.file)
                {
                    self.feature()?;
                }
                self.feature.push(Arc::clone(judged));
                Ok(())
            }
            Event::Finished(_) => {
                self.feature()?;
                writeln!(self.output.to, "\n]")?;
                self.output.to.flush()
            }
        }
    }
}
