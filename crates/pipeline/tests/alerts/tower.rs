//! An alerts part with all that is around it.

use std::path::PathBuf;
use std::sync::Arc;

use groundrule_core::event::{Draft, Event, EventId, Kind, Severity};
use groundrule_pipeline::alerts::{AlertRules, AlertState, AlertsPart, AlertsSetup};
use groundrule_pipeline::part::Part as _;
use groundrule_pipeline::status::StatusStore as _;
use serde_json::{Value, json};

use crate::alerting::{Hand, lines, means};
use crate::store::{Needs, Rows};

/// An alerts part, and what is around it.
pub struct Tower {
    pub directory: tempfile::TempDir,
    pub hand: Hand,
    pub store: Arc<Rows>,
    pub needs: Needs,
    pub rules: AlertRules,
    pub notifiers: Value,
    pub on_disk: bool,
    pub part: Option<AlertsPart>,
    number: u32,
}

impl Tower {
    /// With one notifier, a queue.
    pub fn new(rules: Value, needs: Vec<(&'static str, &'static str)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let queue = format!("file:{}", directory.path().join("queue").display());
        Self {
            hand: Hand::at(1000.0),
            store: Arc::default(),
            needs: Needs(Arc::new(needs)),
            rules: serde_json::from_value(rules).unwrap(),
            notifiers: json!([{"name": "q", "kind": "queue", "to": queue}]),
            on_disk: true,
            part: None,
            number: 0,
            directory,
        }
    }

    /// With other notifiers.
    pub fn notifying(mut self, notifiers: Value) -> Self {
        self.notifiers = notifiers;
        self
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts the part, or starts it again after the process was gone.
    pub async fn start(&mut self) {
        self.part = None;
        let state = match self.on_disk {
            true => AlertState::open(&self.file("state")).unwrap(),
            false => AlertState::memory(),
        };
        let setup = AlertsSetup {
            rules: self.rules,
            notifiers: serde_json::from_value(self.notifiers.clone()).unwrap(),
            means: means(),
            store: self.store.clone(),
            causes: Arc::new(self.needs.clone()),
            state,
            clock: self.hand.clock(),
        };
        self.part = Some(AlertsPart::open(setup).await.unwrap());
    }

    pub async fn started(mut self) -> Self {
        self.start().await;
        self
    }

    pub fn part(&mut self) -> &mut AlertsPart {
        self.part.as_mut().unwrap()
    }

    /// An alert of this time.
    pub fn alert(&mut self, subject: &str, severity: Severity) -> Event {
        self.number += 1;
        let mut id = [0; 12];
        id[8..].copy_from_slice(&self.number.to_be_bytes());
        Draft::new(Kind::Alert, "groundrule status", subject, "load", self.hand.now())
            .severity(severity)
            .text(format!("load of {subject} is {severity}"))
            .event()
            .identified(|| EventId(id), self.hand.now())
    }

    /// Something becomes so, and the part hears of it. Returns what the part says.
    pub async fn hear(&mut self, subject: &str, severity: Severity) -> Vec<Event> {
        let event = self.alert(subject, severity);
        self.store.apply(std::slice::from_ref(&event)).await.unwrap();
        self.take(&[event]).await
    }

    pub async fn take(&mut self, events: &[Event]) -> Vec<Event> {
        let mut says = self.part().take(events).await.unwrap();
        says.extend(self.settle().await);
        says
    }

    /// Time goes by.
    pub async fn pass(&mut self, seconds: f64) -> Vec<Event> {
        self.hand.turn(seconds);
        let mut says = self.part().tick().await.unwrap();
        says.extend(self.settle().await);
        says
    }

    /// Waits until nothing is being sent.
    async fn settle(&mut self) -> Vec<Event> {
        if self.on_disk {
            return self.part().finish().await.unwrap();
        }
        Vec::new()
    }

    /// What the queue got: subjects, severities and reasons.
    pub fn told(&self) -> Vec<(String, Severity, String)> {
        let told = |event: Event| {
            let reason = event.value()["extended_data"]["notification"]["reason"].clone();
            (event.subject().to_owned(), event.severity(), reason.as_str().unwrap().to_owned())
        };
        self.queue().into_iter().map(told).collect()
    }

    /// What the queue got.
    pub fn queue(&self) -> Vec<Event> {
        let lines = lines(&self.file("queue"));
        lines.into_iter().map(|line| Event::read(line.into()).unwrap()).collect()
    }

    /// The reasons of what the queue got since it was asked last, with the subjects.
    pub fn news(&mut self) -> Vec<String> {
        let told = self.told().into_iter();
        let news = told.map(|(subject, severity, reason)| format!("{subject} {severity} {reason}"));
        let news = news.collect();
        let _ = std::fs::remove_file(self.file("queue"));
        news
    }
}

/// The names of what was said.
pub fn names(says: &[Event]) -> Vec<&str> {
    says.iter().map(Event::name).collect()
}
