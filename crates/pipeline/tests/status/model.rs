//! A second, plain implementation: it remembers every event and looks at all of them.

use std::collections::BTreeMap;

use groundrule_core::event::{Draft, Event, EventId, Kind, Severity};
use groundrule_pipeline::status::{Row, StatusStore};
use proptest::prelude::*;

/// What a test sends: whom it is about, when, how bad, and whether it counts for a while only.
pub type Told = (u8, u8, u8);

pub fn told() -> impl Strategy<Value = Told> {
    (0_u8..3, 0_u8..12, 0_u8..4)
}

pub fn event((subject, time, severity): Told) -> Event {
    let (at, severity) = (f64::from(time), Severity::of(severity).unwrap());
    let id = EventId([subject, time, severity.number(), 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    Draft::new(Kind::Status, "test", &format!("web{subject}"), "load", at)
        .severity(severity)
        .text(format!("at {time}"))
        .event()
        .identified(|| id, 0.0)
}

/// How bad, and when last, by subject: of the latest events, the worst.
pub fn latest(all: &[Told]) -> BTreeMap<String, (u8, f64)> {
    let badness = |severity: u8| [0, 1, 3, 2][usize::from(severity)];
    let mut by_subject: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for one in all {
        by_subject.entry(format!("web{}", one.0)).or_default().push(*one);
    }
    let newest = |all: Vec<Told>| {
        let (_, time, severity) =
            all.into_iter().max_by_key(|(_, time, severity)| (*time, badness(*severity))).unwrap();
        (severity, f64::from(time))
    };
    by_subject.into_iter().map(|(subject, all)| (subject, newest(all))).collect()
}

pub async fn rows(store: &dyn StatusStore) -> Vec<Row> {
    store.rows(&Default::default()).await.unwrap()
}

pub async fn seen(store: &dyn StatusStore) -> BTreeMap<String, (u8, f64)> {
    let of = |row: Row| (row.identity.subject, (row.severity.number(), row.last));
    rows(store).await.into_iter().map(of).collect()
}
