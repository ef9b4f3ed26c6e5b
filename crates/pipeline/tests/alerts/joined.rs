//! What is told when status and alerts work together, on one store.

use std::sync::Arc;

use groundrule_core::event::{Event, EventId};
use groundrule_pipeline::alerts::{AlertState, AlertsPart, AlertsSetup};
use groundrule_pipeline::part::Part as _;
use groundrule_pipeline::status::{SqliteStatus, StatusPart, StatusStore as _};
use serde_json::{Value, json};

use crate::alerting::{Hand, means};
use crate::store::{Needs, load, news};

const NONE: [&str; 0] = [];

struct Joined {
    directory: tempfile::TempDir,
    hand: Hand,
    store: Arc<SqliteStatus>,
    status: StatusPart,
    alerts: AlertsPart,
    number: u8,
}

impl Joined {
    /// At the time 1000, with one notifier.
    async fn new(rules: Value, needs: Vec<(&'static str, &'static str)>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let hand = Hand::at(1000.0);
        let store = Arc::new(SqliteStatus::open(&directory.path().join("status.db")).unwrap());
        let queue = format!("file:{}", directory.path().join("queue").display());
        let notifiers = json!([{"name": "q", "kind": "queue", "to": queue}]);
        let setup = AlertsSetup {
            rules: serde_json::from_value(rules).unwrap(),
            notifiers: serde_json::from_value(notifiers).unwrap(),
            means: means(),
            store: store.clone(),
            causes: Arc::new(Needs(Arc::new(needs))),
            state: AlertState::open(&directory.path().join("state")).unwrap(),
            clock: hand.clock(),
        };
        let status = StatusPart::new(store.clone(), hand.clock());
        let alerts = AlertsPart::open(setup).await.unwrap();
        Self { directory, hand, store, status, alerts, number: 0 }
    }

    /// Something is heard of a subject.
    async fn hear(&mut self, subject: &str, time: f64, severity: u8, more: &str) {
        self.number += 1;
        let id = EventId([self.number; 12]);
        let text = format!(
            r#"{{"type":"status","subject":"{subject}","name":"load","severity":{severity},"eventtime":{time}{more}}}"#
        );
        let event = Event::read(text.into()).unwrap().identified(|| id, 0.0);
        let alerts = self.status.take(&[event]).await.unwrap();
        self.alerts.take(&alerts).await.unwrap();
        self.alerts.finish().await.unwrap();
    }

    /// Time goes by.
    async fn pass(&mut self, seconds: f64) {
        self.hand.turn(seconds);
        let alerts = self.status.tick().await.unwrap();
        self.alerts.take(&alerts).await.unwrap();
        self.alerts.tick().await.unwrap();
        self.alerts.finish().await.unwrap();
    }

    async fn clear(&self, subject: &str) {
        assert!(self.store.clear(&load(subject)).await.unwrap());
    }

    /// What was told since this was asked last.
    fn news(&self) -> Vec<String> {
        news(&self.directory.path().join("queue"))
    }
}

#[tokio::test]
async fn the_end_of_what_was_not_heard_of_is_told_though_it_is_older() {
    let mut joined = Joined::new(json!({}), Vec::new()).await;
    joined.hear("web1", 990.0, 0, r#","ttl":5"#).await;
    joined.pass(6.0).await;
    assert_eq!(joined.news(), ["web1 UNKNOWN problem"]);
    joined.hear("web1", 993.0, 0, r#","ttl":600"#).await;
    assert_eq!(joined.news(), ["web1 OK resolved"]);
    joined.hear("web1", 994.0, 2, "").await;
    assert_eq!(joined.news(), ["web1 CRITICAL problem"]);
    // What was heard before is late.
    joined.hear("web1", 993.5, 0, "").await;
    assert_eq!(joined.news(), NONE);
    joined.hear("web1", 1006.0, 0, "").await;
    assert_eq!(joined.news(), ["web1 OK resolved"]);
}

#[tokio::test]
async fn what_was_cleared_begins_anew() {
    let mut joined = Joined::new(json!({}), vec![("web", "db")]).await;
    joined.hear("db", 1001.0, 2, "").await;
    joined.clear("db").await;
    joined.hear("db", 1002.0, 2, "").await;
    assert_eq!(joined.news(), ["db CRITICAL problem"; 2]);
    // Its end is told after a while, and that it is back even if its clock was wrong before.
    joined.pass(20.0).await;
    joined.clear("db").await;
    joined.pass(20.0).await;
    assert_eq!(joined.news(), ["db OK resolved"]);
    joined.hear("db", 900.0, 2, "").await;
    joined.pass(20.0).await;
    assert_eq!(joined.news(), ["db CRITICAL problem"]);
    // What is silent because of it is told when it is cleared, and ends when that is.
    joined.hear("web", 1050.0, 2, "").await;
    joined.pass(20.0).await;
    assert_eq!(joined.news(), NONE);
    joined.clear("db").await;
    joined.pass(20.0).await;
    let mut news = joined.news();
    news.sort_unstable();
    assert_eq!(news, ["db OK resolved", "web CRITICAL delayed"]);
    joined.clear("web").await;
    joined.pass(20.0).await;
    assert_eq!(joined.news(), ["web OK resolved"]);
    joined.pass(9000.0).await;
    assert_eq!(joined.news(), NONE);
}

#[tokio::test]
async fn what_stays_is_told_again_though_nothing_is_heard_of_it() {
    let mut joined = Joined::new(json!({"repeat": "1h"}), vec![("web", "db")]).await;
    joined.hear("db", 1000.0, 2, "").await;
    joined.hear("web", 1000.0, 2, "").await;
    joined.hear("lone", 1000.0, 0, r#","ttl":60"#).await;
    joined.pass(100.0).await;
    assert_eq!(joined.news(), ["db CRITICAL problem", "lone UNKNOWN problem"]);
    joined.pass(3490.0).await;
    assert_eq!(joined.news(), NONE);
    joined.pass(10.0).await;
    assert_eq!(joined.news(), ["db CRITICAL repeated"]);
    joined.pass(100.0).await;
    assert_eq!(joined.news(), ["lone UNKNOWN repeated"]);
    joined.store.acknowledge(&load("db"), Some("me")).await.unwrap();
    joined.pass(3600.0).await;
    assert_eq!(joined.news(), ["lone UNKNOWN repeated"]);
    joined.store.acknowledge(&load("db"), None).await.unwrap();
    joined.pass(10.0).await;
    assert_eq!(joined.news(), ["db CRITICAL repeated"]);
}
