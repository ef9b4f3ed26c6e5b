//! Whatever happens in whatever order: no problem stays silent, no end is kept back, and nothing is
//! told twice.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_core::event::{Event, Severity};
use groundrule_pipeline::status::StatusStore as _;
use proptest::prelude::*;
use serde_json::json;

use crate::store::load;
use crate::tower::Tower;

const SUBJECTS: [&str; 4] = ["web", "db", "disk", "lone"];

/// What can happen.
#[derive(Clone, Debug)]
enum Step {
    Hear(usize, u8),
    Pass(u16),
    Replay,
    Restart,
    Acknowledge(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0..SUBJECTS.len(), 0_u8..4).prop_map(|(subject, severity)| Step::Hear(subject, severity)),
        4 => (0_u16..200).prop_map(Step::Pass),
        1 => Just(Step::Replay),
        1 => Just(Step::Restart),
        1 => (0..SUBJECTS.len()).prop_map(Step::Acknowledge),
    ]
}

/// What is expected.
#[derive(Default)]
struct Model {
    now: BTreeMap<&'static str, Severity>,
    /// Whose problem was told or kept back, and its end not told yet.
    owed: BTreeSet<String>,
    /// What was said: it may be said again after a restart.
    said: BTreeSet<String>,
    events: Vec<Event>,
}

impl Model {
    /// Looks at what was told and said after a step.
    fn look(&mut self, tower: &mut Tower, says: &[Event]) -> Result<(), TestCaseError> {
        for event in says {
            let is_news = self.said.insert(event.eventid().unwrap().to_owned());
            if is_news && event.name() == "alert.suppressed" {
                self.owed.insert(event.subject().to_owned());
            }
        }
        for (subject, severity, reason) in tower.told() {
            if severity == Severity::Ok && reason != "flapping" {
                prop_assert!(self.owed.remove(&subject), "{subject} was no problem: {reason}");
            } else {
                self.owed.insert(subject);
            }
        }
        let _ = std::fs::remove_file(tower.file("queue"));
        for (subject, severity) in &self.now {
            let flapping = tower.store.row(subject).flapping;
            let good = *severity == Severity::Ok && !flapping;
            prop_assert!(
                !good || !self.owed.contains(*subject),
                "the end of {subject} is not told"
            );
        }
        Ok(())
    }
}

async fn run(steps: Vec<Step>, rules: serde_json::Value, cycle: bool) -> Result<(), TestCaseError> {
    let mut needs = vec![("web", "db"), ("db", "disk")];
    needs.extend(cycle.then_some(("disk", "web")));
    let mut tower = Tower::new(rules, needs).started().await;
    let mut model = Model::default();
    let mut last: BTreeMap<String, Severity> = BTreeMap::new();
    let mut unique = BTreeSet::new();
    // Time enough for all that waits comes last.
    let end = [Step::Restart, Step::Pass(700), Step::Pass(100), Step::Pass(100), Step::Replay];
    for step in steps.into_iter().chain(end) {
        let says = match step {
            Step::Hear(subject, severity) => {
                let subject = SUBJECTS[subject];
                let severity = Severity::of(severity).unwrap();
                tower.hand.turn(0.5);
                let event = tower.alert(subject, severity);
                tower.store.apply(std::slice::from_ref(&event)).await.unwrap();
                model.now.insert(subject, severity);
                model.events.push(event.clone());
                tower.take(&[event]).await
            }
            Step::Pass(seconds) => tower.pass(f64::from(seconds)).await,
            Step::Replay => {
                let says = tower.take(&model.events.clone()).await;
                prop_assert!(tower.told().is_empty(), "told twice: {:?}", tower.told());
                says
            }
            Step::Restart => {
                tower.start().await;
                Vec::new()
            }
            Step::Acknowledge(subject) => {
                tower.store.acknowledge(&load(SUBJECTS[subject]), Some("me")).await.unwrap();
                Vec::new()
            }
        };
        for event in tower.queue() {
            let reason = event.value()["extended_data"]["notification"]["reason"].to_string();
            let subject = event.subject().to_owned();
            let key = (subject, event.eventid().unwrap().to_owned(), reason);
            let is_repeated = key.2.contains("repeated");
            prop_assert!(unique.insert(key.clone()) || is_repeated, "told twice: {key:?}");
            last.insert(event.subject().to_owned(), event.severity());
        }
        // What has become the consequence of something else since is told once more after that.
        for silent in says.iter().filter(|event| event.name() == "alert.suppressed") {
            unique.retain(|(subject, _, reason): &(String, String, String)| {
                subject != silent.subject() || !reason.contains("delayed")
            });
        }
        model.look(&mut tower, &says)?;
    }
    for (subject, severity) in &model.now {
        let row = tower.store.row(subject);
        prop_assert!(!row.flapping);
        if row.suppressed.is_empty() {
            let told = last.get(*subject).copied().unwrap_or(Severity::Ok);
            prop_assert_eq!(told, *severity, "{}", subject);
            continue;
        }
        prop_assert!(*severity != Severity::Ok);
        // It is silent because of a failure that was told.
        let cause = row.suppressed.last().unwrap().rsplit(' ').next().unwrap();
        let cause = tower.store.row(cause);
        prop_assert_eq!(cause.severity, Severity::Critical);
        prop_assert!(cause.suppressed.is_empty(), "{} because of {:?}", subject, cause);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_problem_stays_silent_and_nothing_is_told_twice(
        steps in proptest::collection::vec(step(), 1..40),
        hold in prop_oneof![Just("0s"), Just("30s")],
        changes in 2_usize..8,
        cycle: bool,
    ) {
        let rules = json!({"repeat": "5m", "hold": hold, "changes": changes, "window": "10m"});
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps, rules, cycle))?;
    }
}
