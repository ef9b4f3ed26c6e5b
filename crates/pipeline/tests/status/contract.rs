//! What holds for every store.

use std::collections::BTreeMap;
use std::sync::Arc;

use groundrule_core::event::{Draft, Event, EventId, Kind, Severity};
use groundrule_pipeline::status::{Identity, Note, Query, Row, StatusStore};

use crate::model::rows;

fn of(subject: &str) -> Identity {
    Identity { subject: subject.to_owned(), name: "load".to_owned() }
}

pub fn said(subject: &str, time: f64, severity: u8, more: &str) -> Event {
    let text = format!(
        r#"{{"type":"status","subject":"{subject}","name":"load","severity":{severity},"eventtime":{time},"text":"t{time}","origin":"o"{more}}}"#
    );
    let id = EventId([severity; 12]);
    Event::read(text.into_bytes().into()).unwrap().identified(|| id, 0.0)
}

async fn row(store: &dyn StatusStore, subject: &str) -> Row {
    let query = Query { subject: Some(subject.to_owned()), ..Query::default() };
    store.rows(&query).await.unwrap().remove(0)
}

/// Severity, since, last and count.
fn figures(row: &Row) -> (u8, f64, f64, u64) {
    (row.severity.number(), row.since, row.last, row.count)
}

/// Every promise of the port, one after the other, on a store that is empty at first.
pub async fn holds(store: &dyn StatusStore) {
    moves_by_event_time(store).await;
    ends_with_its_time(store).await;
    remembers_what_somebody_said(store).await;
    shows_what_is_asked_for(store).await;
    keeps_notes(store).await;
    writes_many_notes_at_once(store).await;
}

async fn moves_by_event_time(store: &dyn StatusStore) {
    assert!(rows(store).await.is_empty());
    assert!(store.apply(&[]).await.unwrap().is_empty());
    // Time and severity of each, and what the row is after it.
    let steps = [
        (10.0, 0, (0, 10.0, 10.0, 1)),
        (11.0, 0, (0, 10.0, 11.0, 2)),
        (11.0, 0, (0, 10.0, 11.0, 2)),
        (12.5, 2, (2, 12.5, 12.5, 1)),
        (12.0, 0, (2, 12.5, 12.5, 1)),
        (13.0, 2, (2, 12.5, 13.0, 2)),
        (14.0, 0, (0, 14.0, 14.0, 1)),
        (14.0, 1, (1, 14.0, 14.0, 1)),
        (14.0, 3, (3, 14.0, 14.0, 1)),
        (14.0, 1, (3, 14.0, 14.0, 1)),
        (14.0, 2, (2, 14.0, 14.0, 1)),
        (14.0, 3, (2, 14.0, 14.0, 1)),
        (-5.0, 1, (2, 14.0, 14.0, 1)),
    ];
    let mut before: Option<Row> = None;
    for (time, severity, expected) in steps {
        let changes = store.apply(&[said("moves", time, severity, "")]).await.unwrap();
        let now = row(store, "moves").await;
        assert_eq!(figures(&now), expected, "after {severity} at {time}");
        let moved = before.as_ref() != Some(&now);
        let well = |row: Option<&Row>| row.is_none_or(|row| row.severity.number() == 0);
        if moved && !(well(before.as_ref()) && well(Some(&now))) {
            assert_eq!(changes.len(), 1);
            assert_eq!((&changes[0].before, &changes[0].after), (&before, &now));
            assert_eq!(changes[0].by, Some(0));
        } else {
            assert!(changes.is_empty());
        }
        if moved {
            assert_eq!(
                (now.text.as_str(), now.origin.as_str()),
                (format!("t{time}").as_str(), "o")
            );
            assert_eq!(now.eventid, EventId([severity; 12]).to_string());
        }
        before = Some(now);
    }
    let all: Vec<Event> = steps.iter().map(|(at, is, _)| said("batch", *at, *is, "")).collect();
    let changes = store.apply(&all).await.unwrap();
    assert_eq!(changes.len(), 6);
    assert_eq!(figures(&row(store, "batch").await), (2, 14.0, 14.0, 1));
    assert!(store.apply(&all).await.unwrap().is_empty());
}

async fn ends_with_its_time(store: &dyn StatusStore) {
    let expire = async |now| store.expire(now, f64::NEG_INFINITY).await.unwrap();
    let heard = async |time, severity, more| {
        store.apply(&[said("ttl", time, severity, more)]).await.unwrap()
    };
    heard(100.0, 0, r#","ttl":60"#).await;
    assert!(expire(160.0).await.is_empty());
    let changes = expire(161.0).await;
    assert_eq!(changes.len(), 1);
    assert_eq!(figures(changes[0].before.as_ref().unwrap()), (0, 100.0, 100.0, 1));
    assert_eq!(figures(&changes[0].after), (3, 160.0, 160.0, 1));
    assert_eq!(changes[0].after.text, "not heard of for 1m");
    assert_eq!(changes[0].after, row(store, "ttl").await);
    // Neither again, nor when the clock jumps.
    for now in [162.0, 1e9, 50.0, 1e9] {
        assert!(expire(now).await.is_empty());
    }
    // What had been heard already is no news.
    assert!(heard(100.0, 0, r#","ttl":60"#).await.is_empty());
    assert!(heard(99.0, 2, "").await.is_empty());
    // Something that was on its way when time ran out.
    let changes = heard(150.0, 0, r#","ttl":60"#).await;
    assert_eq!(figures(&changes[0].after), (0, 100.0, 150.0, 2));
    assert!(expire(205.0).await.is_empty());
    assert_eq!(figures(&expire(300.0).await[0].after), (3, 210.0, 210.0, 1));
    // And something that came after it.
    assert_eq!(figures(&heard(250.0, 0, "").await[0].after), (0, 250.0, 250.0, 1));
    assert!(expire(1e9).await.is_empty());
    // What was not known before stays so, and is told once.
    heard(300.0, 3, r#","ttl":10"#).await;
    assert_eq!(figures(&expire(400.0).await[0].after), (3, 300.0, 310.0, 2));
    assert!(expire(500.0).await.is_empty());
    // What is heard of in the meantime runs out later, sooner, or not at all.
    heard(600.0, 0, r#","ttl":10"#).await;
    heard(605.0, 0, r#","ttl":10"#).await;
    for now in [612.0, 613.0] {
        assert!(expire(now).await.is_empty());
    }
    assert_eq!(figures(&expire(616.0).await[0].after), (3, 615.0, 615.0, 1));
    heard(620.0, 0, r#","ttl":100"#).await;
    heard(621.0, 0, r#","ttl":5"#).await;
    assert_eq!(figures(&expire(627.0).await[0].after), (3, 626.0, 626.0, 1));
    heard(630.0, 0, r#","ttl":5"#).await;
    heard(631.0, 0, "").await;
    assert!(expire(640.0).await.is_empty());
    // What ran out while nobody listened has its time once more.
    heard(641.0, 0, r#","ttl":5"#).await;
    assert!(store.expire(700.0, 695.0).await.unwrap().is_empty());
    let changes = store.expire(700.5, 695.0).await.unwrap();
    assert_eq!(figures(&changes[0].after), (3, 646.0, 646.0, 1));
    assert_eq!(changes[0].heard, 641.0);
    // It stays a problem for what is asked later.
    heard(650.0, 3, "").await;
    assert!(expire(1e9).await.is_empty());
}

async fn remembers_what_somebody_said(store: &dyn StatusStore) {
    let (it, nobody) = (of("ack"), of("nobody"));
    let now = async || row(store, "ack").await;
    store.apply(&[said("ack", 1.0, 2, "")]).await.unwrap();
    assert!(store.acknowledge(&it, Some("ann: disk ordered")).await.unwrap());
    let path = ["web1 runs on host1".to_owned(), "host1 is CRITICAL".to_owned()];
    assert!(store.suppress(&it, &path).await.unwrap());
    assert!(store.flap(&it, true).await.unwrap());
    store.apply(&[said("ack", 2.0, 1, "")]).await.unwrap();
    let kept = now().await;
    assert_eq!(kept.acknowledged.as_deref(), Some("ann: disk ordered"));
    assert_eq!(kept.suppressed, path);
    assert!(kept.flapping);
    assert!(store.acknowledge(&it, None).await.unwrap());
    assert!(store.suppress(&it, &[]).await.unwrap());
    assert_eq!((now().await.acknowledged, now().await.suppressed), (None, Vec::new()));
    store.acknowledge(&it, Some("ann")).await.unwrap();
    store.suppress(&it, &path).await.unwrap();
    store.apply(&[said("ack", 3.0, 0, "")]).await.unwrap();
    let well = now().await;
    assert_eq!((well.acknowledged, well.suppressed), (None, Vec::new()));
    assert!(well.flapping);
    // There is nothing to know of what is well.
    assert!(store.acknowledge(&it, Some("ann")).await.unwrap());
    assert_eq!(now().await.acknowledged, None);
    assert!(store.flap(&it, false).await.unwrap());
    assert!(!now().await.flapping);
    assert!(!store.acknowledge(&nobody, Some("ann")).await.unwrap());
    assert!(!store.suppress(&nobody, &path).await.unwrap());
    assert!(!store.flap(&nobody, true).await.unwrap());
    assert!(!store.clear(&nobody).await.unwrap());
    assert!(store.clear(&it).await.unwrap());
    assert!(!store.clear(&it).await.unwrap());
    // What was forgotten begins anew.
    assert!(store.apply(&[said("ack", 1.0, 2, "")]).await.unwrap()[0].before.is_none());
    store.clear(&it).await.unwrap();
}

async fn shows_what_is_asked_for(store: &dyn StatusStore) {
    let disk = Draft::new(Kind::Alert, "o", "moves", "disk", 1.0).severity(Severity::Ok).event();
    store.apply(&[disk]).await.unwrap();
    let found = async |query: Query| -> Vec<String> {
        let rows = store.rows(&query).await.unwrap();
        rows.into_iter()
            .map(|row| format!("{} {}", row.identity.subject, row.identity.name))
            .collect()
    };
    let some = |text: &str| Some(text.to_owned());
    let all = ["batch load", "moves disk", "moves load", "ttl load"];
    assert_eq!(found(Query::default()).await, all);
    assert_eq!(found(Query { subject: some("moves"), ..Query::default() }).await, all[1..3]);
    assert_eq!(found(Query { name: some("disk"), ..Query::default() }).await, all[1..2]);
    let problems = found(Query { problems: true, ..Query::default() }).await;
    assert_eq!(problems, ["batch load", "moves load", "ttl load"]);
    assert!(found(Query { name: some("nothing"), ..Query::default() }).await.is_empty());
}

fn note(subject: &str, version: i64, open: bool, text: &str) -> Note {
    Note { of: of(subject), text: text.to_owned(), version, open, heard: 100.0 }
}

async fn keeps_notes(store: &dyn StatusStore) {
    let read = async |subject: &str| store.notes(&[of(subject)]).await.unwrap();
    let write = async |notes: &[Note]| store.note(notes).await.unwrap();
    let open = async || {
        let mut open = store.open_notes().await.unwrap();
        open.sort_unstable();
        open
    };
    assert!(read("noted").await.is_empty() && store.notes(&[]).await.unwrap().is_empty());
    assert!(write(&[]).await.is_empty() && open().await.is_empty());
    // What is not there cannot be changed, and is made once.
    assert_eq!(write(&[note("noted", 1, true, "x")]).await, [false]);
    assert_eq!(
        write(&[note("noted", 0, true, "first"), note("other", 0, false, "")]).await,
        [true; 2]
    );
    assert_eq!(
        write(&[note("noted", 0, true, "twice"), note("third", 0, true, "")]).await,
        [false, true]
    );
    assert_eq!(read("noted").await, [note("noted", 1, true, "first")]);
    assert_eq!(open().await, [(of("noted"), 1), (of("third"), 1)]);
    // It is changed by the one who has read it last.
    let changes = [note("noted", 1, false, "second"), note("third", 7, false, "")];
    assert_eq!(write(&changes).await, [true, false]);
    assert_eq!(write(&changes).await, [false; 2]);
    assert_eq!(read("noted").await, [note("noted", 2, false, "second")]);
    assert_eq!(open().await, [(of("third"), 1)]);
    // A row is another thing.
    store.apply(&[said("third", 1.0, 2, "")]).await.unwrap();
    assert!(store.clear(&of("third")).await.unwrap());
    assert_eq!(read("third").await, [note("third", 1, true, "")]);
    // What is open is not forgotten.
    store.forget_notes(100.0).await.unwrap();
    assert_eq!(read("other").await.len(), 1);
    store.forget_notes(100.5).await.unwrap();
    assert!(read("other").await.is_empty() && read("noted").await.is_empty());
    assert_eq!(
        write(&[note("noted", 2, true, "late"), note("third", 1, false, "")]).await,
        [false, true]
    );
    store.forget_notes(1e9).await.unwrap();
    assert!(read("third").await.is_empty() && open().await.is_empty());
}

async fn writes_many_notes_at_once(store: &dyn StatusStore) {
    let text = "x".repeat(2000);
    let subjects: Vec<String> = (0..1200).map(|number| format!("many{number}")).collect();
    let notes = |version| -> Vec<Note> {
        subjects.iter().map(|subject| note(subject, version, true, &text)).collect()
    };
    let (third, all): (Vec<Note>, Vec<Identity>) =
        (notes(0).into_iter().step_by(3).collect(), subjects.iter().map(|it| of(it)).collect());
    assert!(store.note(&third).await.unwrap().into_iter().all(|won| won));
    // Others were faster at every third.
    let won = store.note(&notes(0)).await.unwrap();
    assert!(won.iter().enumerate().all(|(at, won)| *won == (at % 3 != 0)));
    assert!(store.note(&notes(1)).await.unwrap().into_iter().all(|won| won));
    let read = store.notes(&all).await.unwrap();
    assert!(read.len() == 1200 && read.iter().all(|note| note.version == 2 && note.text == text));
    assert_eq!(store.open_notes().await.unwrap().len(), 1200);
    let quiet: Vec<Note> = read.into_iter().map(|note| Note { open: false, ..note }).collect();
    store.note(&quiet).await.unwrap();
    store.forget_notes(1e9).await.unwrap();
    assert!(store.notes(&all).await.unwrap().is_empty());
}

/// Of several processes that change notes at once, each change is made by one that has read it, and
/// it is told of each whether it was made.
pub async fn changes_notes_one_after_the_other(stores: Vec<Arc<dyn StatusStore>>) {
    let each = 15;
    let all: Vec<Identity> = (0..8).map(|n| of(&format!("count{n}"))).collect();
    let tasks = stores.iter().map(|store| {
        let (store, all) = (Arc::clone(store), all.clone());
        tokio::spawn(async move {
            let mut made: BTreeMap<Identity, u32> = BTreeMap::new();
            loop {
                let left = |of: &&Identity| made.get(of).is_none_or(|made| *made < each);
                let left: Vec<Identity> = all.iter().filter(left).cloned().collect();
                if left.is_empty() {
                    return;
                }
                let read = store.notes(&left).await.unwrap();
                let next = |of: &Identity| {
                    let read = read.iter().find(|note| note.of == *of).cloned();
                    let read = read.unwrap_or_else(|| note(&of.subject, 0, true, "0"));
                    let text = (read.text.parse::<u32>().unwrap() + 1).to_string();
                    Note { text, ..read }
                };
                let notes: Vec<Note> = left.iter().map(next).collect();
                let won = store.note(&notes).await.unwrap();
                for (note, _) in notes.into_iter().zip(won).filter(|(_, won)| *won) {
                    *made.entry(note.of).or_default() += 1;
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    let sum = each * u32::try_from(stores.len()).unwrap();
    let notes = stores[0].notes(&all).await.unwrap();
    assert_eq!(notes.len(), all.len());
    for note in notes {
        assert_eq!((note.text, note.version), (sum.to_string(), i64::from(sum)));
    }
}
