//! A notification that is to be sent, and what is told of it.

use groundrule_core::event::{Draft, Event, Kind, MAX_DEPTH, Severity, depth};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::ORIGIN;
use super::rules::AlertRules;
use super::watch::Reason;
use crate::actions::Outcome;
use crate::status::Identity;

/// An event that is told later is kept whole only if it is not larger than this.
const KEPT_WHOLE: usize = 16 * 1024;

/// A notification that is to be sent.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Job {
    /// The notifier's name.
    pub(super) notifier: String,
    /// The event, as JSON.
    pub(super) event: String,
    /// Whom and what it is about: these are sent one after the other.
    pub(super) about: (String, String),
    /// How often it was tried.
    pub(super) attempts: u32,
    /// When it is tried.
    pub(super) due: f64,
}

impl Job {
    pub(super) fn event(&self) -> Option<Event> {
        read(&self.event)
    }

    /// What is archived of a notification that was sent.
    pub(super) fn sent(&self, kind: &str, outcome: &Outcome, now: f64) -> Draft {
        let text = format!("{} was notified by {kind}", self.notifier);
        let draft = self.draft("alert.notified", outcome, now).with("outcome", "ok");
        draft.text(text).severity(Severity::Ok)
    }

    /// What is archived of a notification that nobody got.
    pub(super) fn failed(&self, why: &str, outcome: &Outcome, now: f64) -> Draft {
        let text = format!("notification of {} failed: {why}", self.notifier);
        let draft = self.draft("alert.failed", outcome, now).with("outcome", "failed");
        draft.text(text).severity(Severity::Critical)
    }

    fn draft(&self, name: &str, outcome: &Outcome, now: f64) -> Draft {
        let event = self.event();
        let (subject, about) = &self.about;
        let mut draft = Draft::new(Kind::Archive, ORIGIN, subject, name, now)
            .with("notifier", self.notifier.as_str())
            .with("attempts", self.attempts)
            .with("name", about.as_str())
            .with("output", outcome.output.as_str());
        if let Some(code) = outcome.code {
            draft = draft.with("exit_code", code);
        }
        let Some(event) = event else { return draft };
        let value = event.value();
        let reason = &value["extended_data"]["notification"]["reason"];
        draft = draft.with("reason", reason.clone()).with("severity", event.severity().name());
        match event.eventid() {
            Some(id) => draft.with("cause", id),
            None => draft,
        }
    }
}

pub(super) fn read(raw: &str) -> Option<Event> {
    Event::read(raw.to_owned().into()).ok()
}

/// The event that notifiers get: the alert with the reason why.
pub(super) fn notification(event: &Event, reason: Reason, rules: &AlertRules) -> String {
    let mut value = event.value();
    value.insert("type".to_owned(), Kind::Alert.name().into());
    if reason == Reason::Flapping {
        let window = humantime::format_duration(rules.window);
        let text = format!(
            "flapping: more than {} changes in {window}, silent until it is quiet; now {}: {}",
            rules.changes,
            event.severity(),
            event.text()
        );
        value.insert("text".to_owned(), text.into());
    }
    let data = value.entry("extended_data").or_insert_with(|| json!({}));
    if !data.is_object() {
        let value = data.take();
        // One level deeper it may be too deep for an event.
        *data = match depth(&value) + 2 <= MAX_DEPTH {
            true => json!({ "value": value }),
            false => json!({ "left_out": ["extended_data"] }),
        };
    }
    if let Value::Object(data) = data {
        data.insert("notification".to_owned(), json!({"reason": reason.name()}));
    }
    Value::Object(value).to_string()
}

/// What is told at the end of something that was cleared.
pub(super) fn cleared(of: &Identity, now: f64) -> Event {
    let draft = Draft::new(Kind::Alert, ORIGIN, &of.subject, &of.name, now);
    draft.severity(Severity::Ok).text("its status was cleared").event()
}

/// The event to tell later: whole if it is not too large.
pub(super) fn kept(event: &Event) -> String {
    if event.raw().len() <= KEPT_WHOLE {
        return String::from_utf8_lossy(event.raw()).into_owned();
    }
    let text = event.text();
    let text = &text[..text.floor_char_boundary(KEPT_WHOLE / 4)];
    let mut left_out = vec!["metrics", "tags", "extended_data"];
    if text.len() < event.text().len() {
        left_out.push("text");
    }
    let time = event.time().unwrap_or_default();
    let mut value = Draft::new(event.kind(), event.origin(), event.subject(), event.name(), time)
        .severity(event.severity())
        .text(text)
        .with("left_out", left_out)
        .event()
        .value();
    if let Some(id) = event.eventid() {
        value.insert("eventid".to_owned(), id.into());
    }
    Value::Object(value).to_string()
}

/// What is archived of an alert that is not told because of something else.
pub(super) fn suppressed(event: &Event, path: &[String], now: f64) -> Draft {
    let text = format!("{} is not told, as a consequence: {}", event.name(), path.join("; "));
    let draft = Draft::new(Kind::Archive, ORIGIN, event.subject(), "alert.suppressed", now)
        .text(text)
        .with("name", event.name())
        .with("severity", event.severity().name())
        .with("path", path.to_vec());
    match event.eventid() {
        Some(id) => draft.with("cause", id),
        None => draft,
    }
}
