//! When somebody is notified.

use groundrule_core::event::Severity::{Critical, Ok, Unknown, Warning};
use groundrule_core::event::{Kind, Severity};
use groundrule_pipeline::alerts::ORIGIN;
use groundrule_pipeline::part::{Part as _, PartError};
use groundrule_pipeline::status::{Note, StatusStore as _};
use serde_json::json;

use crate::store::load;
use crate::tower::{Tower, names};

const NONE: [&str; 0] = [];

#[tokio::test]
async fn changes_are_told_and_repeats_only_after_a_while() {
    let mut tower = Tower::new(json!({"repeat": "1h"}), Vec::new()).started().await;
    assert!(tower.hear("a", Ok).await.is_empty());
    let says = tower.hear("a", Warning).await;
    assert_eq!((says.len(), says[0].name(), says[0].origin()), (1, "alert.notified", ORIGIN));
    assert_eq!((says[0].kind(), says[0].subject()), (Kind::Archive, "a"));
    let data = &says[0].value()["extended_data"];
    assert_eq!((&data["notifier"], &data["reason"]), (&"q".into(), &"problem".into()));
    for _ in 0..59 {
        tower.hand.turn(60.0);
        tower.hear("a", Warning).await;
    }
    tower.hand.turn(59.0);
    tower.hear("a", Warning).await;
    assert_eq!(tower.news(), ["a WARNING problem"]);
    tower.hand.turn(1.0);
    tower.hear("a", Warning).await;
    tower.hear("a", Critical).await;
    tower.hear("a", Unknown).await;
    assert_eq!(tower.news(), ["a WARNING repeated", "a CRITICAL problem", "a UNKNOWN problem"]);
    tower.hear("a", Ok).await;
    tower.hear("a", Ok).await;
    assert_eq!(tower.news(), ["a OK resolved"]);
}

#[tokio::test]
async fn what_somebody_knows_is_not_repeated() {
    let mut tower = Tower::new(json!({"repeat": "10s"}), Vec::new()).started().await;
    tower.hear("a", Critical).await;
    tower.store.acknowledge(&load("a"), Some("me")).await.unwrap();
    tower.hand.turn(100.0);
    tower.hear("a", Critical).await;
    assert_eq!(tower.news(), ["a CRITICAL problem"]);
    tower.hear("a", Warning).await;
    tower.hear("a", Ok).await;
    assert_eq!(tower.news(), ["a WARNING problem", "a OK resolved"]);
    let mut never = Tower::new(json!({"repeat": "0s"}), Vec::new()).started().await;
    never.hear("a", Critical).await;
    never.hand.turn(1e9);
    never.hear("a", Critical).await;
    assert_eq!(never.news(), ["a CRITICAL problem"]);
}

#[tokio::test]
async fn what_no_status_is_kept_of_is_told_again_as_well() {
    let mut tower = Tower::new(json!({"repeat": "1m"}), Vec::new()).started().await;
    let event = tower.alert("a", Critical);
    tower.take(&[event]).await;
    tower.pass(30.0).await;
    assert_eq!(tower.news(), ["a CRITICAL problem"]);
    tower.start().await;
    tower.pass(30.0).await;
    assert_eq!(tower.news(), ["a CRITICAL repeated"]);
}

#[tokio::test]
async fn a_consequence_is_told_when_its_cause_is_gone() {
    let needs = vec![("web", "db"), ("db", "disk")];
    let mut tower = Tower::new(json!({}), needs).started().await;
    tower.hear("disk", Critical).await;
    let says = tower.hear("web", Critical).await;
    assert_eq!(names(&says), ["alert.suppressed"]);
    assert_eq!(says[0].text(), "load is not told, as a consequence: web needs db; db needs disk");
    assert_eq!(says[0].value()["extended_data"]["path"], json!(["web needs db", "db needs disk"]));
    assert_eq!(tower.store.row("web").suppressed, ["web needs db", "db needs disk"]);
    tower.hear("db", Critical).await;
    tower.pass(100.0).await;
    assert_eq!(tower.news(), ["disk CRITICAL problem"]);
    // The cause is gone: what is left is told, but for what is a consequence of that.
    tower.hear("disk", Ok).await;
    tower.pass(1.0).await;
    assert_eq!(tower.news(), ["disk OK resolved", "db CRITICAL delayed"]);
    assert!(tower.store.row("db").suppressed.is_empty());
    assert!(!tower.store.row("web").suppressed.is_empty());
    // The end is told of what was not.
    tower.hear("web", Ok).await;
    tower.hear("db", Ok).await;
    assert_eq!(tower.news(), ["web OK resolved", "db OK resolved"]);
    assert!(tower.store.row("web").suppressed.is_empty());
}

#[tokio::test]
async fn failures_that_need_each_other_are_not_all_silent() {
    let needs = vec![("a", "b"), ("b", "a")];
    let mut tower = Tower::new(json!({}), needs).started().await;
    let events = [tower.alert("a", Critical), tower.alert("b", Critical)];
    tower.store.apply(&events).await.unwrap();
    tower.take(&events).await;
    assert_eq!(tower.news(), ["b CRITICAL problem"]);
    tower.hear("b", Ok).await;
    tower.pass(1.0).await;
    assert_eq!(tower.news(), ["b OK resolved", "a CRITICAL delayed"]);
}

#[tokio::test]
async fn a_cause_that_is_heard_of_later_counts_while_a_problem_is_held() {
    let needs = vec![("web", "db")];
    let mut tower = Tower::new(json!({"hold": "30s"}), needs).started().await;
    tower.hear("web", Critical).await;
    tower.pass(10.0).await;
    tower.hear("db", Critical).await;
    tower.hear("blip", Critical).await;
    tower.pass(15.0).await;
    tower.hear("blip", Ok).await;
    assert_eq!(tower.news(), NONE);
    let says = tower.pass(5.0).await;
    assert_eq!(names(&says), ["alert.suppressed"]);
    tower.pass(10.0).await;
    assert_eq!(tower.news(), ["db CRITICAL problem"]);
}

#[tokio::test]
async fn what_changes_all_the_time_is_told_once_and_when_it_is_quiet() {
    let rules = json!({"changes": 3, "window": "10m"});
    let mut tower = Tower::new(rules, Vec::new()).started().await;
    for severity in [Critical, Ok, Critical, Ok, Critical, Ok, Critical] {
        tower.pass(10.0).await;
        tower.hear("a", severity).await;
    }
    let news = ["a CRITICAL problem", "a OK resolved", "a CRITICAL problem", "a OK flapping"];
    assert!(tower.queue()[3].text().starts_with("flapping: more than 3 changes in 10m"));
    assert_eq!(tower.news(), news);
    assert!(tower.store.row("a").flapping);
    tower.pass(599.0).await;
    assert_eq!(tower.news(), NONE);
    tower.pass(1.0).await;
    assert_eq!(tower.news(), ["a CRITICAL settled"]);
    assert!(!tower.store.row("a").flapping);
    tower.hear("a", Ok).await;
    assert_eq!(tower.news(), ["a OK resolved"]);
}

#[tokio::test]
async fn changes_that_are_far_apart_are_no_flapping_though_heard_of_at_once() {
    let mut tower = Tower::new(json!({"changes": 2, "window": "10m"}), Vec::new()).started().await;
    let mut events = Vec::new();
    for severity in [Critical, Ok, Critical, Ok, Critical, Ok] {
        tower.hand.turn(400.0);
        events.push(tower.alert("a", severity));
    }
    tower.take(&events).await;
    assert_eq!(tower.news().len(), 6);
}

#[tokio::test]
async fn what_was_told_is_known_after_a_restart() {
    let rules = json!({"repeat": "1h", "hold": "30s", "changes": 9});
    let mut tower = Tower::new(rules, vec![("web", "db")]).started().await;
    let mut events = Vec::new();
    for (subject, severity) in [("a", Critical), ("db", Critical), ("web", Warning)] {
        events.push(tower.alert(subject, severity));
    }
    tower.store.apply(&events).await.unwrap();
    tower.take(&events).await;
    tower.start().await;
    tower.pass(30.0).await;
    assert_eq!(tower.news(), ["a CRITICAL problem", "db CRITICAL problem"]);
    // The same comes again after a crash, and again within one batch.
    tower.start().await;
    tower.pass(0.0).await;
    let twice: Vec<_> = events.iter().chain(&events).cloned().collect();
    assert!(tower.take(&twice).await.is_empty());
    tower.hand.turn(3570.0);
    tower.hear("a", Critical).await;
    assert_eq!(tower.news(), NONE);
    tower.start().await;
    tower.hand.turn(30.0);
    tower.hear("a", Critical).await;
    tower.hear("web", Ok).await;
    assert_eq!(tower.news(), ["a CRITICAL repeated", "web OK resolved"]);
}

#[tokio::test]
async fn an_event_is_not_lost_when_the_store_is_away() {
    let mut tower = Tower::new(json!({}), vec![("web", "db")]).started().await;
    tower.hear("db", Critical).await;
    let event = tower.alert("web", Critical);
    tower.store.apply(std::slice::from_ref(&event)).await.unwrap();
    tower.store.away(true);
    let error = tower.part().take(std::slice::from_ref(&event)).await.unwrap_err();
    assert!(matches!(error, PartError::Away(_)), "{error}");
    tower.store.away(false);
    assert_eq!(names(&tower.take(&[event]).await), ["alert.suppressed"]);
}

#[tokio::test]
async fn what_the_store_has_written_without_saying_so_is_told_once() {
    let mut tower = Tower::new(json!({}), Vec::new()).started().await;
    let event = tower.alert("a", Critical);
    tower.store.breaks_off();
    assert!(tower.part().take(std::slice::from_ref(&event)).await.is_err());
    assert!(tower.told().is_empty());
    tower.take(std::slice::from_ref(&event)).await;
    assert_eq!(tower.news(), ["a CRITICAL problem"]);
    // It is told as well if nothing is heard any more.
    let event = tower.alert("b", Critical);
    tower.store.breaks_off();
    assert!(tower.part().take(std::slice::from_ref(&event)).await.is_err());
    tower.pass(1.0).await;
    assert_eq!(tower.news(), ["b CRITICAL problem"]);
    // What was not written is not told, until it is heard again.
    let event = tower.alert("c", Critical);
    tower.store.refuses();
    assert!(tower.part().take(std::slice::from_ref(&event)).await.is_err());
    tower.pass(1.0).await;
    assert_eq!(tower.news(), NONE);
    tower.take(&[event]).await;
    assert_eq!(tower.news(), ["c CRITICAL problem"]);
}

#[tokio::test]
async fn where_another_process_was_faster_everything_is_as_it_says() {
    let mut tower = Tower::new(json!({}), vec![("web", "db")]).started().await;
    tower.hear("db", Critical).await;
    assert_eq!(tower.news(), ["db CRITICAL problem"]);
    let events = [tower.alert("web", Critical), tower.alert("lone", Critical)];
    tower.store.apply(&events).await.unwrap();
    // It has heard the same, did not know of the other failure, and told it.
    let id = format!("{} CRITICAL", events[0].eventid().unwrap());
    let watch = json!({"severity": 2, "time": 1000.0, "ids": [id], "heard": 1000.0, "told": 2,
        "told_at": 1000.0, "owed": true, "heard_of": 4, "due": null, "suppressed": null,
        "changes": [1000.0], "flapping": false, "stored": true, "event": null});
    let (of, text) = (load("web"), watch.to_string());
    tower.store.overtakes(Note { of, text, version: 1, open: true, heard: 1000.0 });
    let says = tower.take(&events).await;
    assert_eq!(names(&says), ["alert.notified"]);
    assert_eq!(tower.news(), ["lone CRITICAL problem"]);
    assert!(tower.store.row("web").suppressed.is_empty());
    tower.start().await;
    tower.pass(10.0).await;
    assert_eq!(tower.news(), NONE);
    tower.hear("web", Ok).await;
    assert_eq!(tower.news(), ["web OK resolved"]);
}

#[tokio::test]
async fn a_notifier_hears_of_its_severities_and_of_their_end() {
    let tower = Tower::new(json!({}), Vec::new());
    let queue = |name: &str, severities: &[Severity]| {
        let severities: Vec<_> = severities.iter().map(|severity| severity.name()).collect();
        json!({"name": name, "kind": "queue", "severities": severities,
            "to": format!("file:{}", tower.file(name).display())})
    };
    let notifiers = json!([queue("bad", &[Critical]), queue("any", &[Warning, Critical])]);
    let mut tower = tower.notifying(notifiers).started().await;
    for severity in [Warning, Ok, Warning, Critical, Warning, Ok] {
        tower.hear("a", severity).await;
        tower.pass(1000.0).await;
    }
    let told = |name: &str| {
        let lines = crate::alerting::lines(&tower.file(name));
        let severity = |line: &String| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["severity"].clone()
        };
        lines.iter().map(severity).collect::<Vec<_>>()
    };
    assert_eq!(told("bad"), [2, 0]);
    assert_eq!(told("any"), [1, 0, 1, 2, 1, 0]);
}

#[test]
fn wrong_rules_are_told() {
    use groundrule_pipeline::alerts::AlertRules;
    let wrong = |value| serde_json::from_value::<AlertRules>(value).unwrap_err().to_string();
    assert!(wrong(json!({"repeat": "often"})).contains("repeat is \"often\""));
    assert!(wrong(json!({"changes": 0})).contains("changes is 0"));
    assert!(wrong(json!({"holding": "1s"})).contains("unknown field"));
}
