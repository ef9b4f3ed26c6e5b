//! What the part makes of events.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use groundrule_core::event::{Event, Kind, Severity};
use groundrule_pipeline::part::Part;
use groundrule_pipeline::status::{ORIGIN, SqliteStatus, StatusPart};
use serde_json::{Value, json};

use crate::contract::said;

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
