//! Alerts parts of several processes, which share a status store and a queue, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::event::{Draft, Event, EventId, Kind, Severity};
use groundrule_pipeline::alerts::{AlertState, AlertsPart, AlertsSetup};
use groundrule_pipeline::part::Part as _;
use groundrule_pipeline::status::{ORIGIN, SqliteStatus, StatusStore};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::alerting::{Hand, means};
use crate::store::{Needs, news};

const NONE: [&str; 0] = [];

/// The processes, and what they share.
struct Processes {
    directory: tempfile::TempDir,
    hand: Hand,
    rules: Value,
    /// Who depends on whom.
    needs: Needs,
    parts: Vec<Option<AlertsPart>>,
    number: u32,
}

impl Processes {
    async fn new(count: usize, rules: Value) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let parts = (0..count).map(|_| None).collect();
        let (hand, needs) = (Hand::at(1000.0), Needs::default());
        let mut all = Self { directory, hand, rules, needs, parts, number: 0 };
        for which in 0..count {
            all.start(which).await;
        }
        all
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Starts a process, or a new one after it was killed.
    async fn start(&mut self, which: usize) {
        self.kill(which);
        let store = SqliteStatus::open(&self.file("status.db")).unwrap();
        self.parts[which] = Some(self.opened(Arc::new(store)).await);
    }

    async fn opened(&self, store: Arc<dyn StatusStore>) -> AlertsPart {
        let queue = format!("file:{}", self.file("queue").display());
        let notifiers = json!([{"name": "q", "kind": "queue", "to": queue}]);
        let setup = AlertsSetup {
            rules: serde_json::from_value(self.rules.clone()).unwrap(),
            notifiers: serde_json::from_value(notifiers).unwrap(),
            means: means(),
            store,
            causes: Arc::new(self.needs.clone()),
            state: AlertState::open(&self.file("state.sqlite")).unwrap(),
            clock: self.hand.clock(),
        };
        AlertsPart::open(setup).await.unwrap()
    }

    fn kill(&mut self, which: usize) {
        self.parts[which] = None;
    }

    fn part(&mut self, which: usize) -> &mut AlertsPart {
        self.parts[which].as_mut().unwrap()
    }

    /// An alert of this time.
    fn alert(&mut self, subject: &str, severity: u8) -> Event {
        self.number += 1;
        let mut id = [0; 12];
        id[8..].copy_from_slice(&self.number.to_be_bytes());
        Draft::new(Kind::Alert, ORIGIN, subject, "load", self.hand.now())
            .severity(Severity::of(severity).unwrap())
            .event()
            .identified(|| EventId(id), self.hand.now())
    }

    /// Something becomes so, and one of them hears of it.
    async fn hear(&mut self, which: usize, subject: &str, severity: u8) {
        self.hand.turn(0.5);
        let event = self.alert(subject, severity);
        let store = SqliteStatus::open(&self.file("status.db")).unwrap();
        store.apply(&[Event::read(status(&event).into()).unwrap()]).await.unwrap();
        self.part(which).take(&[event]).await.unwrap();
        self.part(which).finish().await.unwrap();
    }

    /// Time goes by for all that run.
    async fn pass(&mut self, seconds: f64) {
        self.hand.turn(seconds);
        for part in self.parts.iter_mut().flatten() {
            part.tick().await.unwrap();
            part.finish().await.unwrap();
        }
    }

    /// What was told since this was asked last.
    fn news(&self) -> Vec<String> {
        news(&self.file("queue"))
    }

    /// Nothing can be sent, or everything again.
    fn away(&self, away: bool) {
        let file = self.file("queue.away");
        match away {
            true => std::fs::write(file, "").unwrap(),
            false => std::fs::remove_file(file).unwrap(),
        }
    }
}

/// What the status heard when it made this alert.
fn status(alert: &Event) -> String {
    String::from_utf8_lossy(alert.raw()).replace(ORIGIN, "test")
}

#[tokio::test]
async fn the_end_is_told_by_whoever_hears_of_it() {
    let mut all = Processes::new(2, json!({})).await;
    all.hear(0, "a", 2).await;
    assert_eq!(all.news(), ["a CRITICAL problem"]);
    all.hear(1, "a", 0).await;
    assert_eq!(all.news(), ["a OK resolved"]);
    all.pass(20.0).await;
    assert_eq!(all.news(), NONE);
    all.hear(0, "a", 2).await;
    all.hear(1, "a", 2).await;
    assert_eq!(all.news(), ["a CRITICAL problem"]);
    all.hear(0, "a", 0).await;
    assert_eq!(all.news(), ["a OK resolved"]);
}

#[tokio::test]
async fn what_time_asks_for_is_told_by_one_of_them() {
    let rules = json!({"repeat": "1h", "hold": "30s", "changes": 2, "window": "5m"});
    let mut all = Processes::new(2, rules).await;
    all.hear(0, "a", 2).await;
    all.pass(15.0).await;
    assert_eq!(all.news(), NONE);
    all.pass(15.0).await;
    assert_eq!(all.news(), ["a CRITICAL problem"]);
    all.pass(3600.0).await;
    all.pass(20.0).await;
    assert_eq!(all.news(), ["a CRITICAL repeated"]);
    for severity in [0, 2, 0] {
        all.hear(1, "a", severity).await;
    }
    assert_eq!(all.news(), ["a OK resolved", "a OK flapping"]);
    all.pass(200.0).await;
    all.pass(100.0).await;
    assert_eq!(all.news(), ["a OK settled"]);
}

#[tokio::test]
async fn the_others_go_on_with_what_a_dead_one_began() {
    let rules = json!({"repeat": "1h", "hold": "30s"});
    let mut all = Processes::new(2, rules).await;
    all.hear(0, "a", 2).await;
    all.kill(0);
    all.pass(15.0).await;
    all.pass(15.0).await;
    assert_eq!(all.news(), ["a CRITICAL problem"]);
    all.pass(3600.0).await;
    assert_eq!(all.news(), ["a CRITICAL repeated"]);
}

#[tokio::test]
async fn what_a_dead_one_could_not_send_is_sent_by_the_others() {
    let mut all = Processes::new(2, json!({})).await;
    all.away(true);
    all.hear(0, "a", 2).await;
    all.hear(1, "b", 2).await;
    all.kill(0);
    all.away(false);
    all.pass(5.0).await;
    all.pass(10.0).await;
    let mut news = all.news();
    news.sort_unstable();
    assert_eq!(news, ["a CRITICAL problem", "b CRITICAL problem"]);
    // Whoever starts next finds nothing to do.
    all.start(0).await;
    all.pass(20.0).await;
    assert_eq!(all.news(), NONE);
}

#[tokio::test]
async fn what_runs_in_one_is_not_sent_by_another_that_starts() {
    let mut all = Processes::new(1, json!({})).await;
    all.away(true);
    all.hear(0, "a", 2).await;
    all.hear(0, "b", 2).await;
    all.parts.push(None);
    all.start(1).await;
    all.away(false);
    all.part(1).tick().await.unwrap();
    all.part(1).finish().await.unwrap();
    assert_eq!(all.news(), NONE);
    all.hear(1, "c", 2).await;
    all.pass(20.0).await;
    let mut news = all.news();
    news.sort_unstable();
    assert_eq!(news, ["a CRITICAL problem", "b CRITICAL problem", "c CRITICAL problem"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_that_hear_the_same_at_once_tell_it_once() {
    let mut all = Processes::new(3, json!({"changes": 1000})).await;
    for round in 0..20 {
        let severity = if round % 2 == 0 { 2 } else { 0 };
        all.hand.turn(1.0);
        let events: Vec<Event> = (0..30).map(|n| all.alert(&format!("web{n}"), severity)).collect();
        let tasks: Vec<_> = all
            .parts
            .drain(..)
            .map(|part| {
                let events = events.clone();
                tokio::spawn(async move {
                    let mut part = part.unwrap();
                    part.take(&events).await.unwrap();
                    part
                })
            })
            .collect();
        for task in tasks {
            all.parts.push(Some(task.await.unwrap()));
        }
        for part in all.parts.iter_mut().flatten() {
            part.finish().await.unwrap();
        }
        let news = all.news();
        assert_eq!(news.len(), 30, "{news:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_killed_while_it_hears_loses_nothing() {
    let mut all = Processes::new(2, json!({"changes": 1000})).await;
    for step in 0..30_u64 {
        let severity = if step % 2 == 0 { 2 } else { 0 };
        all.hand.turn(1.0);
        let events: Vec<Event> = (0..20).map(|n| all.alert(&format!("web{n}"), severity)).collect();
        let limit = Duration::from_micros(step * 300);
        let taking = all.part(0).take(&events);
        let is_heard = tokio::time::timeout(limit, taking).await.is_ok();
        all.start(0).await;
        // What it did not acknowledge comes again.
        if !is_heard {
            all.part(1).take(&events).await.unwrap();
        }
        all.pass(10.0).await;
        let subject = |line: &String| line.split(' ').next().unwrap().to_owned();
        let told: BTreeSet<String> = all.news().iter().map(subject).collect();
        assert_eq!(told.len(), 20, "killed after {limit:?}: {told:?}");
    }
}

#[tokio::test]
async fn an_end_that_is_heard_before_its_problem_leaves_no_problem() {
    let mut all = Processes::new(2, json!({})).await;
    let problem = all.alert("a", 2);
    all.hear(1, "a", 0).await;
    all.part(0).take(&[problem]).await.unwrap();
    all.pass(4000.0).await;
    assert_eq!(all.news(), NONE);
}

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    /// One hears that one of the subjects is so bad.
    Hear(usize, usize, u8),
    Pass(u16),
    /// One is killed, and a new one takes its place.
    Replace(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0_usize..2, 0_usize..3, 0_u8..4).prop_map(|(which, of, bad)| Step::Hear(which, of, bad)),
        3 => (0_u16..400).prop_map(Step::Pass),
        1 => (0_usize..2).prop_map(Step::Replace),
    ]
}

/// What was told of each subject, in its order.
type Told = BTreeMap<String, Vec<String>>;

/// What so many processes tell of the same.
async fn told(count: usize, steps: &[Step], rules: &Value, needs: bool) -> Told {
    let mut all = Processes::new(0, rules.clone()).await;
    if needs {
        all.needs = Needs(Arc::new(vec![("web0", "web1"), ("web1", "web2")]));
    }
    for which in 0..count {
        all.parts.push(None);
        all.start(which).await;
    }
    let mut told = Told::new();
    for step in steps {
        match step {
            Step::Hear(which, of, bad) => {
                all.hear(which % count, &format!("web{of}"), *bad).await;
                // Whose cause is gone is told by the one that knows of it, after ten seconds.
                if needs {
                    all.pass(10.0).await;
                }
            }
            Step::Pass(seconds) => {
                all.pass(10.0).await;
                all.pass(f64::from(*seconds)).await;
            }
            Step::Replace(which) => all.start(which % count).await,
        }
        for line in all.news() {
            let (subject, rest) = line.split_once(' ').unwrap();
            told.entry(subject.to_owned()).or_default().push(rest.to_owned());
        }
    }
    told
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_tell_what_one_alone_tells(
        steps in proptest::collection::vec(step(), 1..40),
        hold in prop_oneof![Just("0s"), Just("30s")],
        changes in 2_usize..8,
        needs: bool,
    ) {
        let rules = json!({"repeat": "5m", "hold": hold, "changes": changes, "window": "10m"});
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (one, two) = runtime.block_on(async {
            (told(1, &steps, &rules, needs).await, told(2, &steps, &rules, needs).await)
        });
        prop_assert_eq!(one, two);
    }
}

/// A ledger of an earlier version, which had the watches.
fn earlier(file: &Path, watch: &Value) {
    let connection = rusqlite::Connection::open(file).unwrap();
    drop(AlertState::open(file).unwrap());
    let key = json!(["a", "load"]).to_string();
    let watch = watch.to_string();
    connection.execute("INSERT INTO mark VALUES (?1, ?2)", [key, watch]).unwrap();
}

#[tokio::test]
async fn what_an_earlier_version_knew_is_taken_over() {
    let mut all = Processes::new(0, json!({})).await;
    let watch = json!({"severity": 2, "time": 900.0, "ids": ["x"], "heard": 900.0, "told": 2,
        "told_at": 900.0, "owed": true, "heard_of": 4, "due": null, "suppressed": null,
        "changes": [900.0], "flapping": false, "stored": false, "event": null});
    earlier(&all.file("state.sqlite"), &watch);
    all.parts.extend([None, None]);
    all.start(0).await;
    all.start(1).await;
    all.hear(1, "a", 2).await;
    assert_eq!(all.news(), NONE);
    all.hear(1, "a", 0).await;
    assert_eq!(all.news(), ["a OK resolved"]);
}
