//! The status in MongoDB, on a real server.

use std::collections::BTreeMap;
use std::sync::Arc;

use groundrule_core::event::Event;
use groundrule_pipeline::status::{self, MongoStatus, StatusError, StatusStore};
use groundrule_services::Service;

use crate::contract::{self, said};
use crate::model::{event, latest, rows, seen};

fn url(server: &Service, rest: &str) -> String {
    format!("mongodb://{}:{}/{rest}", server.host(), server.port())
}

async fn connect(url: &str) -> MongoStatus {
    MongoStatus::connect(url, &BTreeMap::new()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_what_every_store_holds() {
    let server = groundrule_services::mongodb();
    let url = url(&server, "");
    let store = status::open(&url, &BTreeMap::new()).await.unwrap();
    contract::holds(&*store).await;
    let changes = store.apply(&[said("last", 1.0, 2, "")]).await.unwrap();
    // What was returned last, nobody may have been told.
    let other = connect(&url).await;
    let left = other.expire(f64::NEG_INFINITY, f64::NEG_INFINITY).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((&left[0].before, &left[0].after), (&None, &changes[0].after));
    assert!(other.expire(f64::NEG_INFINITY, f64::NEG_INFINITY).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_share_it_see_what_the_others_did() {
    let server = groundrule_services::mongodb();
    let url = url(&server, "site.now");
    let all: Vec<(u8, u8, u8)> =
        (0..240_u32).map(|n| ((n % 3) as u8, (n * 7 % 200) as u8, (n * 5 % 4) as u8)).collect();
    let tasks = (0..3_usize).map(|which| {
        let (url, all) = (url.clone(), all.clone());
        tokio::spawn(async move {
            let store = connect(&url).await;
            let own: Vec<Event> = all.into_iter().skip(which).step_by(3).map(event).collect();
            for some in own.chunks(9) {
                store.apply(some).await.unwrap();
            }
            // And once more, as after a crash.
            store.apply(&own).await.unwrap();
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    assert_eq!(seen(&connect(&url).await).await, latest(&all));
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_share_it_change_notes_one_after_the_other() {
    let server = groundrule_services::mongodb();
    let url = url(&server, "");
    let mut stores: Vec<Arc<dyn StatusStore>> = Vec::new();
    for _ in 0..3 {
        stores.push(Arc::new(connect(&url).await));
    }
    contract::changes_notes_one_after_the_other(stores).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_has_what_it_said_and_nothing_is_left_untold() {
    let server = groundrule_services::mongodb();
    let store = Arc::new(connect(&url(&server, "")).await);
    store.apply(&[said("a", 1.0, 2, "")]).await.unwrap();
    server.kill();
    let error = store.apply(&[said("a", 2.0, 0, "")]).await.unwrap_err();
    assert!(matches!(error, StatusError::Away(_)), "{error}");
    server.restart();
    let changes = loop {
        match store.apply(&[said("a", 2.0, 0, "")]).await {
            Ok(changes) => break changes,
            Err(StatusError::Away(_)) => {}
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(changes.last().unwrap().after.severity.number(), 0);
    assert_eq!(rows(&*store).await[0].last, 2.0);
}
