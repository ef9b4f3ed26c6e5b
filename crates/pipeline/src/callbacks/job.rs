//! A call that is to be done, and what is told of it.

use groundrule_core::event::{Draft, Event, Kind, Severity};
use serde::{Deserialize, Serialize};

use super::ORIGIN;
use crate::actions::Ending;

/// A call that is to be done.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    /// The name of the rule.
    pub(super) rule: String,
    /// The event, as JSON.
    pub(super) event: String,
    /// For how many events the rule did not call since the call before.
    pub(super) skipped: u64,
}

impl Job {
    pub(super) fn event(&self) -> Option<Event> {
        Event::read(self.event.clone().into()).ok()
    }

    /// What is archived of a call that ended.
    pub(super) fn told(&self, ending: &Ending, now: f64) -> Draft {
        let cause = self.event();
        let subject = cause.as_ref().map_or("-", Event::subject);
        let (severity, word, text, outcome) = match ending {
            Ok(outcome) => (Severity::Ok, "ok", format!("{} was called", self.rule), outcome),
            Err(error) => {
                let text = format!("{} failed: {error}", self.rule);
                (Severity::Critical, "failed", text, &error.outcome)
            }
        };
        let mut draft =
            Draft::new(Kind::Archive, ORIGIN, subject, &format!("callback.{}", self.rule), now)
                .severity(severity)
                .text(text)
                .with("rule", self.rule.as_str())
                .with("outcome", word)
                .with("output", outcome.output.as_str())
                .with("skipped", self.skipped);
        if let Some(code) = outcome.code {
            draft = draft.with("exit_code", code);
        }
        if let Some(id) = cause.as_ref().and_then(Event::eventid) {
            draft = draft.with("cause", id);
        }
        for (name, value) in &outcome.figures {
            draft = draft.metric(name, *value);
        }
        draft
    }
}
