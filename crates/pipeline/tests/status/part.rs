//! What the part makes of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use groundrule_core::event::{Event, EventId, Kind, Severity};
use groundrule_pipeline::part::Part;
use groundrule_pipeline::status::{ORIGIN, SqliteStatus, StatusPart};
use serde_json::{Value, json};

use crate::contract::said;

#[tokio::test]
async fn what_was_not_told_before_a_crash_is_told_after_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    let begun = || StatusPart::new(Arc::new(SqliteStatus::open(&path).unwrap()), Arc::new(|| 0.0));
    let events = [said("web1", 1.0, 2, ""), said("web2", 1.0, 0, ""), said("web1", 2.0, 0, "")];
    let mut part = begun();
    part.take(&events[..1]).await.unwrap();
    let alerts = part.take(&events[1..]).await.unwrap();
    assert_eq!(brief(&alerts), [(0, true, json!(2))]);
    drop(part);
    // The alerts came to nobody, and the events come again.
    let mut part = begun();
    let again = part.take(&[&events[..], &[said("web2", 2.0, 1, "")]].concat()).await.unwrap();
    assert_eq!(brief(&again), [(0, true, json!(2)), (1, true, json!(0))]);
    assert_eq!(again[0].value()["extended_data"]["previous"]["text"], "t1");
    // These did, as the part was told by being asked to finish.
    assert!(part.finish().await.unwrap().is_empty());
    assert!(begun().take(&events).await.unwrap().is_empty());
}

struct Bench {
    part: StatusPart,
    now: Arc<AtomicU64>,
    _directory: tempfile::TempDir,
}

fn bench() -> Bench {
    let directory = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStatus::open(&directory.path().join("status.db")).unwrap());
    let now = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&now);
    let part = StatusPart::new(store, Arc::new(move || clock.load(Ordering::SeqCst) as f64));
    Bench { part, now, _directory: directory }
}

fn brief(events: &[Event]) -> Vec<(u8, bool, Value)> {
    let of = |event: &Event| {
        assert_eq!((event.kind(), event.origin()), (Kind::Alert, ORIGIN));
        let data = event.value()["extended_data"].clone();
        let transition = data["transition"].as_bool().unwrap();
        (event.severity().number(), transition, data["previous"]["severity"].clone())
    };
    events.iter().map(of).collect()
}

#[tokio::test]
async fn transitions_and_what_is_not_well_become_alerts() {
    let mut bench = bench();
    let events: Vec<Event> =
        [(1, 0), (2, 0), (3, 2), (4, 2), (4, 2), (3, 1), (5, 0), (6, 0), (7, 1)]
            .map(|(time, severity)| said("web1", f64::from(time), severity, ""))
            .into();
    let alerts = bench.part.take(&events).await.unwrap();
    let expected =
        [(2, true, json!(0)), (2, false, json!(2)), (0, true, json!(2)), (1, true, json!(0))];
    assert_eq!(brief(&alerts), expected);
    // The first word of something bad is a transition as well.
    let alerts = bench.part.take(&[said("web2", 1.0, 3, "")]).await.unwrap();
    assert_eq!(brief(&alerts), [(3, true, Value::Null)]);
    // A crash, and all come again.
    assert!(bench.part.take(&events).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_alert_says_all_that_is_known() {
    let mut bench = bench();
    bench.part.take(&[said("web1", 1.0, 1, "")]).await.unwrap();
    let more = r#","metrics":{"load":7.5},"tags":{"owner":"dba","n":1},"extended_data":{"policy":{"line":7}}"#;
    let status = said("web1", 2.5, 2, more);
    let alerts = bench.part.take(std::slice::from_ref(&status)).await.unwrap();
    let alert = &alerts[0];
    assert_eq!((alert.subject(), alert.name(), alert.text()), ("web1", "load", "t2.5"));
    assert_eq!((alert.severity(), alert.time()), (Severity::Critical, Some(2.5)));
    assert_eq!(alert.metrics(), [("load".to_owned(), 7.5)]);
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(alert.tags(), [tag("owner", "dba"), tag("n", "1")]);
    assert_eq!(
        alert.value()["extended_data"],
        json!({
            "previous": {"severity": 1, "since": 1.0, "last": 1.0, "count": 1, "text": "t1"},
            "transition": true,
            "since": 2.5,
            "count": 1,
            "eventid": status.eventid().unwrap(),
            "origin": "o",
            "event": {"policy": {"line": 7}},
        })
    );
}

#[tokio::test]
async fn what_has_no_room_in_an_alert_is_left_out() {
    let mut bench = bench();
    let deep = format!("{}{}", "[".repeat(99), "]".repeat(99));
    let more = format!(r#","metrics":{{"load":7.5}},"tags":{{"a":"b"}},"extended_data":{deep}"#);
    let alerts = bench.part.take(&[said("web1", 1.0, 2, &more)]).await.unwrap();
    let data = &alerts[0].value()["extended_data"];
    assert_eq!(data["left_out"], json!(["extended_data.event"]));
    assert_eq!((data.get("event"), &data["count"]), (None, &json!(1)));
    assert_eq!((alerts[0].metrics().len(), alerts[0].tags().len()), (1, 1));
    assert_eq!(alerts[0].text(), "t1");
    // One level less is kept; an object in an object is no deeper than an array.
    let more = format!(r#","extended_data":{}"#, &deep[1..197]);
    let alerts = bench.part.take(&[said("web1", 2.0, 2, &more)]).await.unwrap();
    assert!(alerts[0].value()["extended_data"].get("left_out").is_none());
    // An alert is no larger than its event, though it says more.
    let more = format!(r#","extended_data":{{"x":"{}"}}"#, "x".repeat(600_000));
    let large = said("web1", 3.0, 2, &more);
    let alerts = bench.part.take(std::slice::from_ref(&large)).await.unwrap();
    assert!(alerts[0].raw().len() <= large.raw().len());
    let data = &alerts[0].value()["extended_data"];
    assert_eq!(data["left_out"], json!(["extended_data.event"]));
}

#[tokio::test]
async fn alerts_that_come_back_make_no_more_of_them() {
    let mut bench = bench();
    let alerts = bench.part.take(&[said("web1", 1.0, 2, "")]).await.unwrap();
    assert!(bench.part.take(&alerts).await.unwrap().is_empty());
    let others = Event::read(
        br#"{"type":"alert","subject":"s","name":"n","severity":2,"eventtime":1,"origin":"nagios"}"#
            .as_slice()
            .into(),
    )
    .unwrap();
    let metric = Event::read(
        br#"{"type":"metric","subject":"s","name":"m","severity":2,"eventtime":1}"#.as_slice().into(),
    )
    .unwrap();
    assert_eq!(bench.part.take(&[metric, others]).await.unwrap().len(), 1);
}

#[tokio::test]
async fn what_is_not_heard_of_becomes_unknown() {
    let mut bench = bench();
    bench.part.take(&[said("web1", 100.0, 0, r#","ttl":60"#)]).await.unwrap();
    bench.now.store(150, Ordering::SeqCst);
    assert!(bench.part.tick().await.unwrap().is_empty());
    bench.now.store(200, Ordering::SeqCst);
    let alerts = bench.part.tick().await.unwrap();
    assert_eq!(brief(&alerts), [(3, true, json!(0))]);
    assert_eq!((alerts[0].text(), alerts[0].time()), ("not heard of for 1m", Some(160.0)));
    assert!(bench.part.tick().await.unwrap().is_empty());
    let alerts = bench.part.take(&[said("web1", 190.0, 0, "")]).await.unwrap();
    assert_eq!(brief(&alerts), [(0, true, json!(3))]);
}

#[tokio::test]
async fn nothing_runs_out_before_a_new_process_had_time_to_hear_of_it() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    let now = Arc::new(AtomicU64::new(100));
    let begun = || {
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || clock.load(Ordering::SeqCst) as f64);
        StatusPart::new(Arc::new(SqliteStatus::open(&path).unwrap()), clock)
    };
    let more = r#","ttl":60"#;
    let both = [said("web1", 100.0, 0, more), said("web2", 100.0, 0, more)];
    begun().take(&both).await.unwrap();
    // It was down for long, and what came meanwhile is still in the queue.
    now.store(1000, Ordering::SeqCst);
    let mut part = begun();
    assert!(part.tick().await.unwrap().is_empty());
    now.store(1030, Ordering::SeqCst);
    assert!(part.take(&[said("web1", 1010.0, 0, more)]).await.unwrap().is_empty());
    now.store(1060, Ordering::SeqCst);
    assert!(part.tick().await.unwrap().is_empty());
    now.store(1061, Ordering::SeqCst);
    let alerts = part.tick().await.unwrap();
    assert_eq!(brief(&alerts), [(3, true, json!(0))]);
    assert_eq!((alerts[0].subject(), alerts[0].time()), ("web2", Some(160.0)));
    part.finish().await.unwrap();
    // A clock that was wrong at first and is set back does not keep it from running out.
    now.store(1_000_000, Ordering::SeqCst);
    let mut part = begun();
    now.store(1062, Ordering::SeqCst);
    assert!(part.tick().await.unwrap().is_empty());
    now.store(1123, Ordering::SeqCst);
    assert_eq!(part.tick().await.unwrap()[0].subject(), "web1");
}

#[tokio::test]
async fn a_clock_that_is_far_ahead_does_not_make_a_status_deaf() {
    let Bench { mut part, now, _directory } = bench();
    now.store(1_790_000_000, Ordering::SeqCst);
    // Milliseconds where seconds are meant.
    let text = r#"{"type":"status","subject":"web1","name":"load","severity":2,"eventtime":1790000000000}"#;
    let id = EventId::of(1_789_999_999.0, &[b"x"]);
    let ahead = Event::read(text.to_owned().into()).unwrap().identified(|| id, 0.0);
    let alerts = part.take(std::slice::from_ref(&ahead)).await.unwrap();
    assert_eq!(brief(&alerts), [(2, true, Value::Null)]);
    assert_eq!(alerts[0].time(), Some(1_789_999_999.0));
    now.store(1_790_000_020, Ordering::SeqCst);
    let good = said("web1", 1_790_000_010.0, 0, "");
    assert_eq!(brief(&part.take(&[good]).await.unwrap()), [(0, true, json!(2))]);
    // It is late when it comes again.
    assert!(part.take(&[ahead]).await.unwrap().is_empty());
}
