//! How notifications are sent, and what happens where they cannot be.

use groundrule_core::event::Severity::{Critical, Ok, Warning};
use groundrule_core::event::{Event, Severity};
use groundrule_pipeline::part::Part as _;
use groundrule_pipeline::status::StatusStore as _;
use serde_json::json;

use crate::alerting::{lines, server};
use crate::tower::{Tower, names};

#[tokio::test]
async fn every_kind_of_notifier_notifies() {
    let (address, requests) = server("HTTP/1.1 202 Accepted").await;
    let tower = Tower::new(json!({}), Vec::new());
    std::fs::write(tower.file("token"), "secret-token\n").unwrap();
    let notifiers = json!([
        {"name": "program", "kind": "command",
         "run": ["tee", tower.file("program")]},
        {"name": "file", "kind": "log", "file": tower.file("log")},
        {"name": "own log", "kind": "log"},
        {"name": "queue", "kind": "queue", "to": format!("file:{}", tower.file("queue").display())},
        {"name": "hook", "kind": "webhook", "url": format!("http://{address}/hook?key=hidden"),
         "token_file": tower.file("token")},
    ]);
    let mut tower = tower.notifying(notifiers).started().await;
    let says = tower.hear("web1", Critical).await;
    assert_eq!(names(&says), ["alert.notified"; 5]);
    let event = tower.queue().remove(0);
    assert_eq!(event.value()["extended_data"]["notification"]["reason"], "problem");
    let raw = std::str::from_utf8(event.raw()).unwrap();
    assert_eq!(lines(&tower.file("program")), [raw]);
    assert_eq!(lines(&tower.file("log")), [raw]);
    let request = requests.lock().unwrap().remove(0);
    assert!(request.starts_with("POST /hook?key=hidden HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer secret-token\r\n"), "{request}");
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
    assert!(request.ends_with(&format!("\r\n\r\n{raw}")), "{request}");
    let all = format!("{says:?}");
    assert!(!all.contains("hidden") && !all.contains("secret-token"), "{all}");
}

#[tokio::test]
async fn what_fails_is_tried_again_and_then_told() {
    let mut tower = Tower::new(json!({}), Vec::new());
    tower.notifiers[0]["attempts"] = 3.into();
    let away = tower.file("queue.away");
    std::fs::write(&away, "").unwrap();
    tower.start().await;
    assert!(tower.hear("a", Critical).await.is_empty());
    assert!(tower.pass(1.0).await.is_empty());
    let says = tower.pass(2.0).await;
    assert_eq!((says[0].name(), says[0].severity()), ("alert.failed", Severity::Critical));
    assert_eq!(says[0].text(), "notification of q failed: the queue is away");
    assert_eq!(says[0].value()["extended_data"]["attempts"], 3);
    // Later ones wait for earlier ones about the same, also over a restart.
    tower.hear("a", Ok).await;
    tower.hear("a", Warning).await;
    tower.start().await;
    tower.pass(0.0).await;
    std::fs::remove_file(&away).unwrap();
    assert_eq!(names(&tower.pass(1.0).await), ["alert.notified"; 2]);
    assert_eq!(tower.news(), ["a OK resolved", "a WARNING problem"]);
}

#[tokio::test]
async fn an_answer_that_will_not_change_is_not_asked_for_again() {
    for (answer, name) in [
        ("HTTP/1.1 403 Forbidden", "alert.failed"),
        ("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/", "alert.failed"),
        ("HTTP/1.1 503 Service Unavailable", "-"),
    ] {
        let (address, requests) = server(answer).await;
        let hook = json!([{"name": "hook", "kind": "webhook", "url": format!("http://{address}/"), "attempts": 9}]);
        let mut tower = Tower::new(json!({}), Vec::new()).notifying(hook).started().await;
        let says = tower.hear("a", Critical).await;
        assert_eq!(says.first().map_or("-", Event::name), name, "{answer}: {says:?}");
        assert_eq!(requests.lock().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_server_that_hangs_or_is_away_is_given_up() {
    let hangs = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for address in [hangs.local_addr().unwrap(), gone] {
        let notifiers = json!([
            {"name": "hook", "kind": "webhook", "url": format!("http://{address}/"), "timeout": "200ms", "attempts": 1},
            {"name": "mail", "kind": "mail", "server": address.to_string(), "tls": "none", "to": ["a@example.net"], "from": "b@example.net", "timeout": "200ms", "attempts": 1},
        ]);
        let mut tower = Tower::new(json!({}), Vec::new()).notifying(notifiers).started().await;
        let says = tower.hear("a", Critical).await;
        assert_eq!(names(&says), ["alert.failed"; 2], "{says:?}");
    }
}

#[tokio::test]
async fn without_a_state_on_disk_all_is_tried_before_the_end() {
    let mut tower = Tower::new(json!({"hold": "1h"}), Vec::new());
    tower.on_disk = false;
    tower.start().await;
    tower.hear("a", Critical).await;
    let says = tower.part().finish().await.unwrap();
    assert_eq!(names(&says), ["alert.notified"]);
    assert_eq!(tower.news(), ["a CRITICAL problem"]);

    let mut tower = Tower::new(json!({}), Vec::new());
    tower.on_disk = false;
    std::fs::write(tower.file("queue.away"), "").unwrap();
    tower.start().await;
    tower.hear("a", Critical).await;
    tower.hear("a", Warning).await;
    let says = tower.part().finish().await.unwrap();
    assert_eq!(names(&says), ["alert.failed"; 2]);
}

#[tokio::test]
async fn what_was_said_and_not_archived_is_said_again_with_the_same_identity() {
    let mut tower = Tower::new(json!({}), vec![("web", "db")]).started().await;
    tower.hear("db", Critical).await;
    let event = tower.alert("web", Critical);
    tower.store.apply(std::slice::from_ref(&event)).await.unwrap();
    let says = tower.part().take(std::slice::from_ref(&event)).await.unwrap();
    tower.start().await;
    let again = tower.part().take(&[event]).await.unwrap();
    // In no order.
    assert_eq!(again.len(), 2);
    let suppressed = again.iter().find(|event| event.name() == "alert.suppressed").unwrap();
    assert_eq!(suppressed.raw(), says[0].raw());
    assert!(tower.pass(1.0).await.is_empty());
    // After a while it is archived for certain.
    tower.pass(60.0).await;
    tower.start().await;
    assert!(tower.pass(1.0).await.is_empty());
}

#[tokio::test]
async fn what_is_too_deep_for_a_notification_is_left_out() {
    let mut tower = Tower::new(json!({}), Vec::new()).started().await;
    for levels in [98, 99] {
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        let raw = format!(
            r#"{{"type":"alert","subject":"s{levels}","name":"n","severity":2,"extended_data":{open}{close}}}"#
        );
        let says = tower.take(&[Event::read(raw.into()).unwrap()]).await;
        assert_eq!(names(&says), ["alert.notified"]);
        let data = tower.queue().pop().unwrap().value()["extended_data"].clone();
        assert_eq!(data["notification"]["reason"], "problem");
        assert_eq!(data.get("value").is_some(), levels == 98);
        assert_eq!(data.get("left_out").is_some(), levels == 99);
    }
}

#[test]
fn another_database_is_not_taken_for_a_state() {
    use groundrule_pipeline::alerts::AlertState;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("other");
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE precious (x)").unwrap();
    drop(other);
    let error = AlertState::open(&path).unwrap_err().to_string();
    assert!(error.contains("not a ledger of groundrule"), "{error}");
    std::fs::write(&path, "no database at all, but some text that is long enough to be none")
        .unwrap();
    assert!(AlertState::open(&path).is_err());
    assert!(AlertState::open(&directory.path().join("absent/state")).is_err());
}
