//! What every place of reservations does.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeMap;
use std::sync::Arc;

use groundrule_core::name::NodeName;
use groundrule_core::ports::Reservations;
use groundrule_core::reservation::{Action, Reservation};
use groundrule_reservations::open;
use jiff::Timestamp;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn reservation(id: &str, node: &str, made: i64, until: i64) -> Reservation {
    let nodes = vec![NodeName::new(node).unwrap()];
    let (made, until) = (at(made), at(until));
    Reservation { id: id.to_owned(), action: Action::Terminate { nodes }, made, until }
}

async fn keeps_to_the_contract(url: &str) {
    let variables = BTreeMap::new();
    let one = open(url, &variables).await.unwrap();
    let other = open(url, &variables).await.unwrap();
    let now = at(1_790_000_000);
    let held = one.held(now).await.unwrap();
    assert!(held.all.is_empty());

    // Reserved only as long as nobody else did.
    let first = reservation("a", "db1", 1_790_000_000, 1_790_000_600);
    let second = reservation("b", "db2", 1_790_000_000, 1_790_000_600);
    assert!(one.reserve(std::slice::from_ref(&first), held.version).await.unwrap());
    assert!(!other.reserve(std::slice::from_ref(&second), held.version).await.unwrap());
    let held = other.held(now).await.unwrap();
    assert_eq!(held.all, std::slice::from_ref(&first));
    assert!(other.reserve(std::slice::from_ref(&second), held.version).await.unwrap());
    let held = one.held(now).await.unwrap();
    assert_eq!(held.all, [first.clone(), second.clone()]);

    // Released once, and seen by those who have read before.
    assert!(one.release("a", now).await.unwrap());
    assert!(!one.release("a", now).await.unwrap());
    let third = reservation("c", "db3", 1_790_000_000, 1_790_000_600);
    assert!(!other.reserve(std::slice::from_ref(&third), held.version).await.unwrap());

    // Lapses by itself, and counts again when the clock was wrong.
    let later = at(1_790_000_600);
    assert!(one.held(later).await.unwrap().all.is_empty());
    assert!(!one.release("b", later).await.unwrap());
    assert_eq!(one.held(now).await.unwrap().all, [second]);

    // A clock that is set back by years holds nothing for years.
    let early = at(1_690_000_000);
    let held = one.held(early).await.unwrap();
    let ends: Vec<_> = held.all.iter().map(|held| held.until).collect();
    assert!(ends.iter().all(|end| *end <= at(1_690_000_600)), "{ends:?}");
    assert_eq!(held.all.len(), 1);
}

/// Of many who want the same place at once exactly one gets it.
async fn gives_each_version_to_one(url: &str) {
    let variables = BTreeMap::new();
    let all: Vec<Arc<dyn Reservations>> = {
        let mut all = Vec::new();
        for _ in 0..4 {
            all.push(open(url, &variables).await.unwrap());
        }
        all
    };
    let now = at(1_790_000_000);
    for round in 0..25 {
        let version = all[0].held(now).await.unwrap().version;
        let mut tasks = Vec::new();
        for (n, one) in all.iter().enumerate() {
            let one = Arc::clone(one);
            tasks.push(tokio::spawn(async move {
                let id = format!("{round:03}-{n}");
                let new = reservation(&id, "db1", 1_790_000_000, 1_790_000_600);
                one.reserve(std::slice::from_ref(&new), version).await.unwrap()
            }));
        }
        let mut reserved = 0;
        for task in tasks {
            reserved += usize::from(task.await.unwrap());
        }
        assert_eq!(reserved, 1, "round {round}");
        assert_eq!(all[1].held(now).await.unwrap().all.len(), round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", directory.path().join("gate.db").display());
    keeps_to_the_contract(&url).await;
    let url = format!("sqlite:{}", directory.path().join("race.db").display());
    gives_each_version_to_one(&url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn mongodb() {
    let server = groundrule_services::mongodb();
    let at = format!("mongodb://127.0.0.1:{}", server.port());
    keeps_to_the_contract(&format!("{at}/contract")).await;
    gives_each_version_to_one(&format!("{at}/race")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_is_not_there_says_so() {
    let variables = BTreeMap::new();
    for (url, expected) in [
        ("redis://x", "keeps no reservations: write sqlite: or mongodb://"),
        ("sqlite:/nowhere/at/all.db", "there is no directory /nowhere/at; make it"),
        ("mongodb://user:secret@127.0.0.1/x", "the password stands in the URL"),
    ] {
        let error = open(url, &variables).await.err().unwrap().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
    let away = open("mongodb://127.0.0.1:9/x", &variables).await.unwrap();
    let error = away.held(at(0)).await.unwrap_err().to_string();
    assert!(error.contains("mongodb://127.0.0.1:9: not to be reached"), "{error}");
}
