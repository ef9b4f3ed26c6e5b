//! The status in a file.

use std::path::Path;
use std::sync::Arc;

use groundrule_core::event::Event;
use groundrule_pipeline::status::{Row, SqliteStatus, StatusError, StatusStore};
use proptest::prelude::*;

use crate::contract::{self, said};
use crate::model::{event, latest, rows, seen, told};

fn open(path: &Path) -> SqliteStatus {
    SqliteStatus::open(path).unwrap()
}

fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

#[tokio::test]
async fn it_holds_what_every_store_holds() {
    let directory = tempfile::tempdir().unwrap();
    contract::holds(&open(&directory.path().join("status.db"))).await;
}

#[tokio::test]
async fn it_is_there_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    open(&path).apply(&[said("a", 1.0, 2, r#","ttl":5"#)]).await.unwrap();
    let store = open(&path);
    let before = rows(&store).await;
    let changes = store.expire(100.0, f64::NEG_INFINITY).await.unwrap();
    assert_eq!((&changes[0].before, &changes[0].after), (&None, &before[0]));
    assert_eq!(changes[1].before.as_ref(), before.first());
    // It died before it told of that.
    let store = open(&path);
    let changes = store.expire(200.0, f64::NEG_INFINITY).await.unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0].before.as_ref().unwrap().text, "t1");
    assert_eq!(changes[0].after, rows(&store).await[0]);
    assert!(store.expire(200.0, f64::NEG_INFINITY).await.unwrap().is_empty());
    let store = open(&path);
    assert!(store.apply(&[said("a", 1.0, 2, "")]).await.unwrap().is_empty());
    let reader = SqliteStatus::read_only(&path).unwrap();
    assert_eq!(rows(&reader).await, rows(&store).await);
    assert!(matches!(reader.expire(0.0, f64::NEG_INFINITY).await, Err(StatusError::Refused(_))));
}

#[tokio::test]
async fn a_file_of_an_earlier_version_gets_notes() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    open(&path).apply(&[said("a", 1.0, 2, "")]).await.unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("DROP TABLE notes").unwrap();
    let store = open(&path);
    assert_eq!(rows(&store).await.len(), 1);
    assert!(store.open_notes().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_share_a_file_see_what_the_other_did() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    let stores = [Arc::new(open(&path)), Arc::new(open(&path))];
    let tasks: Vec<_> = (0..2_usize)
        .map(|which| {
            let store = Arc::clone(&stores[which]);
            tokio::spawn(async move {
                for step in 0..60_u8 {
                    let time = f64::from(step * 2) + which as f64;
                    let events =
                        [said("both", time, 1, ""), said(&format!("own{which}"), time, 0, "")];
                    store.apply(&events).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let rows = rows(&*stores[0]).await;
    let figures: Vec<_> = rows.iter().map(|row| (row.last, row.since <= 1.0)).collect();
    assert_eq!(figures, [(119.0, true), (118.0, true), (119.0, true)]);
    assert_eq!((rows[1].count, rows[2].count), (60, 60));
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_share_it_change_notes_one_after_the_other() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    let store = |_| Arc::new(open(&path)) as Arc<dyn StatusStore>;
    contract::changes_notes_one_after_the_other((0..3).map(store).collect()).await;
}

#[test]
fn what_is_no_status_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    std::fs::write(&path, "a text\n".repeat(200)).unwrap();
    let error = SqliteStatus::open(&path).err().unwrap().to_string();
    assert!(error.contains("not a status file of groundrule"), "{error}");
    let nothing = SqliteStatus::read_only(&directory.path().join("none")).err().unwrap();
    assert!(nothing.to_string().contains("no such file"));
}

#[tokio::test]
async fn a_file_that_was_removed_takes_nothing_more() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("status.db");
    let store = open(&path);
    store.apply(&[said("web1", 1.0, 2, "")]).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    store.apply(&[said("web2", 1.0, 2, "")]).await.unwrap();
    let subjects = |rows: Vec<Row>| -> Vec<String> {
        rows.into_iter().map(|row| row.identity.subject).collect()
    };
    assert_eq!(subjects(rows(&store).await), ["web2"]);
    assert_eq!(subjects(rows(&open(&path)).await), ["web2"]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever comes in whatever order and however often, the newest event counts, and of several
    /// at one time the worst; replaying what came before changes nothing; nor does it matter how
    /// many are handed in at a time, and whether the file is opened anew in between.
    #[test]
    fn it_is_as_the_plain_model_says(
        all in proptest::collection::vec(told(), 1..60), batch in 1_usize..20,
        back in 0_usize..60, anew: bool,
    ) {
        run(async {
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("status.db");
            let mut store = open(&path);
            let events: Vec<Event> = all.iter().copied().map(event).collect();
            let mut done = 0;
            for some in events.chunks(batch) {
                store.apply(some).await.unwrap();
                done += some.len();
                prop_assert_eq!(seen(&store).await, latest(&all[..done]));
                let before = rows(&store).await;
                if anew {
                    store.expire(f64::NEG_INFINITY, f64::NEG_INFINITY).await.unwrap();
                    store = open(&path);
                }
                let changes = store.apply(&events[done.saturating_sub(back)..done]).await.unwrap();
                prop_assert!(changes.is_empty());
                prop_assert_eq!(rows(&store).await, before);
            }
            // One at a time, it is the same, to the last figure.
            let other = open(&directory.path().join("other.db"));
            let mut moved = 0;
            for event in &events {
                moved += other.apply(std::slice::from_ref(event)).await.unwrap().len();
            }
            prop_assert_eq!(rows(&other).await, rows(&store).await);
            let once = open(&directory.path().join("once.db"));
            prop_assert_eq!(once.apply(&events).await.unwrap().len(), moved);
            Ok(())
        })?;
    }

    /// The order of arrival makes no difference.
    #[test]
    fn the_order_makes_no_difference(
        all in proptest::collection::vec(told(), 1..30).prop_flat_map(|all| {
            (Just(all.clone()), Just(all).prop_shuffle())
        }),
    ) {
        run(async {
            let directory = tempfile::tempdir().unwrap();
            let mut found = Vec::new();
            for (order, name) in [(&all.0, "a.db"), (&all.1, "b.db")] {
                let store = open(&directory.path().join(name));
                let events: Vec<Event> = order.iter().copied().map(event).collect();
                store.apply(&events).await.unwrap();
                found.push(seen(&store).await);
            }
            prop_assert_eq!(&found[0], &found[1]);
            Ok(())
        })?;
    }
}
