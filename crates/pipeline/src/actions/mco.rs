//! Runs an MCollective action on machines that a filter selects.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::Event;
use serde::Deserialize;

use super::process::{self, Program};
use super::template::Template;
use super::{Action, ActionError, Means, Outcome, Plan};

/// How much of the replies is read: some thousand machines' replies.
const REPLIES: usize = 8 * 1024 * 1024;

/// How many machines are named in words.
const NAMED: usize = 5;

/// The options of `mco`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Mco {
    /// The agent.
    agent: String,
    /// Its action.
    action: String,
    /// The action's arguments, in which fields of the event can be.
    #[serde(default)]
    arguments: BTreeMap<String, Template>,
    /// Which machines.
    #[serde(default)]
    filter: Filter,
    /// The client's configuration; MCollective looks for one itself if there is none.
    config: Option<PathBuf>,
    /// The client program.
    #[serde(default = "mco")]
    program: String,
}

/// Which machines: those that all of these select.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Classes that they have.
    #[serde(default)]
    classes: Vec<Template>,
    /// Facts that they have, as in `location=dc1`.
    #[serde(default)]
    facts: Vec<Template>,
    /// Their names.
    #[serde(default)]
    identities: Vec<Template>,
    /// All of them: must be said.
    #[serde(default)]
    everywhere: bool,
}

impl Filter {
    /// The options of `mco` and their values.
    fn options(&self) -> impl Iterator<Item = (&'static str, &Template)> {
        let all = [("-C", &self.classes), ("-F", &self.facts), ("-I", &self.identities)];
        all.into_iter().flat_map(|(option, values)| values.iter().map(move |value| (option, value)))
    }
}

fn mco() -> String {
    "mco".to_owned()
}

impl Plan for Mco {
    fn check(&self) -> Result<(), String> {
        for (what, word) in [("agent", &self.agent), ("action", &self.action)] {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if word.is_empty() || !word.chars().all(plain) {
                return Err(format!("{what} is {word:?}: letters, digits and underscores"));
            }
        }
        if let Some(name) =
            self.arguments.keys().find(|name| name.starts_with('-') || name.contains('='))
        {
            return Err(format!("arguments has {name:?}: no name of an argument"));
        }
        match (self.filter.options().next().is_some(), self.filter.everywhere) {
            (false, false) => Err("filter is empty: name classes, facts or identities; \
                                   or everywhere: true, for every machine"
                .to_owned()),
            (true, true) => Err("filter selects some machines and is everywhere".to_owned()),
            _ => Ok(()),
        }
    }

    fn build(&self, means: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        Ok(Box::new(Call { what: self.clone(), environment: means.environment.clone(), limit }))
    }
}

struct Call {
    what: Mco,
    environment: Vec<(String, String)>,
    limit: Duration,
}

impl Call {
    fn words(&self, event: &Event) -> Result<Vec<String>, ActionError> {
        let what = &self.what;
        let mut words = vec![what.program.clone(), "rpc".to_owned()];
        if let Some(config) = &what.config {
            words.extend(["-c".to_owned(), config.display().to_string()]);
        }
        words.push("-j".to_owned());
        for (option, value) in what.filter.options() {
            // A value such as `/./` would select other machines than were meant.
            words.extend([option.to_owned(), value.fill_plainly(event)?]);
        }
        words.extend([what.agent.clone(), what.action.clone()]);
        for (name, value) in &what.arguments {
            words.push(format!("{name}={}", value.fill(event)?));
        }
        Ok(words)
    }
}

#[async_trait]
impl Action for Call {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        let words = self.words(event)?;
        let ended = process::run(Program {
            words: &words,
            input: None,
            environment: &self.environment,
            limit: self.limit,
            keep: REPLIES,
        })
        .await?;
        judged(&ended)
    }
}

/// What one machine replies.
#[derive(Deserialize)]
struct Reply {
    sender: String,
    statuscode: i64,
    #[serde(default)]
    statusmsg: String,
}

fn judged(ended: &process::Ended) -> Result<Outcome, ActionError> {
    let mut outcome = ended.outcome();
    let Ok(replies) = serde_json::from_slice::<Vec<Reply>>(&ended.output) else {
        let errors = super::outcome::beginning(&ended.errors);
        let why =
            errors.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no reason");
        let reason = format!("mco gave no replies: {}", plain(why));
        return Err(ActionError::away(reason).with(outcome));
    };
    let silent = silent(&String::from_utf8_lossy(&ended.errors));
    let failed: Vec<&Reply> = replies.iter().filter(|reply| reply.statuscode != 0).collect();
    #[expect(clippy::cast_precision_loss, reason = "there are fewer machines")]
    let figure = |count: usize| count as f64;
    outcome.figures = vec![
        ("answered", figure(replies.len() - failed.len())),
        ("failed", figure(failed.len())),
        ("silent", figure(silent.len())),
    ];
    let mut wrong = Vec::new();
    if replies.is_empty() && silent.is_empty() {
        wrong.push("the filter selects no machine that is there".to_owned());
    }
    for reply in failed.iter().take(NAMED) {
        wrong.push(format!("{}: {}", reply.sender, plain(&reply.statusmsg)));
    }
    if failed.len() > NAMED {
        wrong.push(format!("{} more failed", failed.len() - NAMED));
    }
    if !silent.is_empty() {
        let named = silent.len().min(NAMED);
        let more = if silent.len() > named { " and others" } else { "" };
        wrong.push(format!("no answer from {}{more}", silent[..named].join(", ")));
    }
    if wrong.is_empty() && ended.code != Some(0) {
        wrong.push("mco says that it failed".to_owned());
    }
    if wrong.is_empty() {
        return Ok(outcome);
    }
    Err(ActionError::away(wrong.join("; ")).with(outcome))
}

/// Which machines were asked and did not answer: only standard error tells.
fn silent(errors: &str) -> Vec<String> {
    let (_, names) = errors.split_once("Did not receive responses from ").unwrap_or_default();
    let names = names.lines().next().unwrap_or_default();
    names.split([',', ' ']).map(plain).filter(|name| !name.is_empty()).collect()
}

/// Without the escape sequences of coloured output.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut escaped = false;
    for c in text.chars() {
        match c {
            '\u{1b}' => escaped = true,
            _ if escaped => escaped = !c.is_ascii_alphabetic(),
            _ if c.is_control() => {}
            _ => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use groundrule_core::event::{Draft, Kind};
    use serde_json::json;

    use super::*;

    fn call(options: serde_json::Value) -> Call {
        let what: Mco = serde_json::from_value(options).unwrap();
        what.check().unwrap();
        Call { what, environment: Vec::new(), limit: Duration::from_secs(1) }
    }

    fn ended(code: i32, output: &str, errors: &str) -> process::Ended {
        process::Ended { code: Some(code), output: output.into(), errors: errors.into() }
    }

    #[test]
    fn arguments_are_a_list_and_filters_plain() {
        let call = call(json!({"agent": "puppet", "action": "runonce", "config": "/c.cfg",
            "arguments": {"why": "{text}"},
            "filter": {"classes": ["roles::lb"], "facts": ["a=b"], "identities": ["{subject}"]}}));
        let event =
            |subject| Draft::new(Kind::Archive, "o", subject, "n", 1.0).text("a -b; c").event();
        assert_eq!(
            call.words(&event("web1")).unwrap().join("|"),
            "mco|rpc|-c|/c.cfg|-j|-C|roles::lb|-F|a=b|-I|web1|puppet|runonce|why=a -b; c"
        );
        assert!(call.words(&event("/./")).is_err());
        assert!(call.words(&event("-C")).is_err());
    }

    #[test]
    fn replies_are_counted() {
        let replies = r#"[{"agent":"a","action":"b","sender":"web1","statuscode":0,"statusmsg":"OK","data":{}},
            {"agent":"a","action":"b","sender":"web2","statuscode":1,"statusmsg":"disabled","data":{}}]"#;
        let good = &replies[..replies.find("},\n").unwrap()];
        let outcome = judged(&ended(0, &format!("{good}}}]"), "")).unwrap();
        assert_eq!(outcome.figures, [("answered", 1.0), ("failed", 0.0), ("silent", 0.0)]);
        let warning = "\u{1b}[33mwarn\u{1b}[0m 2026: Could not receive all responses. Did not receive responses from web3, web4\n";
        let error = judged(&ended(0, replies, warning)).unwrap_err();
        assert_eq!(error.reason, "web2: disabled; no answer from web3, web4");
        assert_eq!(error.outcome.figures, [("answered", 1.0), ("failed", 1.0), ("silent", 2.0)]);
        let none = judged(&ended(1, "[]\n", "")).unwrap_err();
        assert_eq!(none.reason, "the filter selects no machine that is there");
        let broken =
            judged(&ended(1, "", "\nThe \u{1b}[1mrpc\u{1b}[0m application failed")).unwrap_err();
        assert_eq!(broken.reason, "mco gave no replies: The rpc application failed");
    }
}
