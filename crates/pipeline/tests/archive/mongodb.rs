//! The archive in MongoDB, on a real server.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::event::{Draft, Kind};
use groundrule_pipeline::archive::{self, Archive, ArchiveError, Limits, MongoArchive, Query};
use groundrule_services::Service;

use crate::contract;
use crate::events::{again, entry, entry_of, id, numbers, time};
use crate::sqlite::clock;

fn url(server: &Service, rest: &str) -> String {
    format!("mongodb://{}:{}/{rest}", server.host(), server.port())
}

async fn connect(url: &str) -> Result<MongoArchive, ArchiveError> {
    MongoArchive::connect(url, Limits::default(), clock(), &BTreeMap::new()).await
}

async fn refused(url: &str) -> String {
    match connect(url).await {
        Err(ArchiveError::Refused(words)) => words,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("{url} was taken"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_what_every_archive_holds() {
    let server = groundrule_services::mongodb();
    let nothing = BTreeMap::new();
    let url = url(&server, "");
    let missing = archive::read(&url, clock(), &nothing).await.err().unwrap();
    assert!(missing.to_string().contains("no collection events"), "{missing}");
    let archive = archive::open(&url, Limits::default(), clock(), &nothing).await.unwrap();
    contract::holds(&*archive).await;
    // Another one sees the same, and goes on behind it although its clock is behind.
    let all = numbers_of_web1(&*archive).await;
    let other = MongoArchive::connect(&url, Limits::default(), Arc::new(|| 5.0), &nothing);
    other.await.unwrap().append(vec![entry(700)]).await.unwrap();
    let reader = archive::read(&url, clock(), &nothing).await.unwrap();
    let expected: Vec<u64> = all.into_iter().chain([700]).collect();
    assert_eq!(numbers_of_web1(&*reader).await, expected);
}

async fn numbers_of_web1(archive: &dyn Archive) -> Vec<u64> {
    let query = Query { subject: Some("web1".to_owned()), ..Query::default() };
    numbers(archive, &query).await
}

#[tokio::test(flavor = "multi_thread")]
async fn its_collection_is_capped() {
    let server = groundrule_services::mongodb();
    let archive = connect(&url(&server, "site.log?capped=262144")).await.unwrap();
    let long = |number| {
        let draft = Draft::new(Kind::Archive, "test", "s", "n", time(number));
        entry_of(number, draft.tag("long", "x".repeat(1000)))
    };
    for from in (0..2000).step_by(100) {
        archive.append((from..from + 100).map(long).collect()).await.unwrap();
    }
    let found = numbers(&archive, &Query::default()).await;
    assert!(found.len() > 50 && found.len() < 300, "{}", found.len());
    assert_eq!(found.last(), Some(&1999));
    // It is there already when it is opened again, whatever the size.
    let again = connect(&url(&server, "site.log?capped=1000000")).await.unwrap();
    assert_eq!(numbers(&again, &Query::default()).await, found);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_kept_is_there_once_when_the_server_was_killed() {
    let server = groundrule_services::mongodb();
    let archive = Arc::new(connect(&url(&server, "")).await.unwrap());
    let writing = {
        let archive = Arc::clone(&archive);
        tokio::spawn(async move {
            let mut failures = Vec::new();
            for from in (0..4000).step_by(50) {
                let entries: Vec<_> = (from..from + 50).map(entry).collect();
                // As a portal does it: until it is kept.
                while let Err(error) = archive.append(entries.clone()).await {
                    assert!(matches!(error, ArchiveError::Away(_)), "{error}");
                    failures.push(error.to_string());
                    tokio::time::sleep(Duration::from_millis(200)).await;
                }
            }
            failures
        })
    };
    while numbers(&*archive, &Query { limit: Some(1), ..Query::default() }).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.kill();
    while archive.get(&id(1).to_string()).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.restart();
    let failures = writing.await.unwrap();
    assert!(failures.iter().all(|words| !words.contains("Topology")), "{failures:?}");
    // What came to the broker again while the server was away.
    archive.append((3900..4010).map(entry).map(again).collect()).await.unwrap();
    let mut found = numbers(&*archive, &Query::default()).await;
    found.sort_unstable();
    assert_eq!(found, (0..4010).collect::<Vec<u64>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_stopped_is_away_until_it_goes_on() {
    let server = groundrule_services::mongodb();
    let archive = connect(&url(&server, "")).await.unwrap();
    archive.append(vec![entry(1)]).await.unwrap();
    server.stop();
    let error = archive.append(vec![entry(2)]).await.unwrap_err();
    assert!(matches!(error, ArchiveError::Away(_)), "{error}");
    server.cont();
    archive.append(vec![entry(2)]).await.unwrap();
    assert_eq!(numbers(&archive, &Query::default()).await, [1, 2]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_away_and_why_is_told() {
    let port = groundrule_services::free_port();
    let variables =
        BTreeMap::from([("GROUNDRULE_MONGODB_PASSWORD".to_owned(), "s3cr:t/@".to_owned())]);
    let url = format!("mongodb://ann@127.0.0.1:{port}/");
    let error = MongoArchive::connect(&url, Limits::default(), clock(), &variables).await;
    let error = error.err().unwrap();
    assert!(matches!(error, ArchiveError::Away(_)), "{error}");
    let words = error.to_string();
    assert!(words.starts_with(&format!("mongodb://127.0.0.1:{port}: not to be reached: ")));
    assert!(words.contains("Connection refused"), "{words}");
    assert!(!format!("{error:?}").contains("s3cr"));
}

#[tokio::test]
async fn a_url_that_is_not_as_it_must_be_is_refused() {
    let cases = [
        ("mongodb://ann:s3cr3t@127.0.0.1/", "the password stands in the URL"),
        (
            "mongodb://ann@127.0.0.1/",
            "no password for ann; put it into GROUNDRULE_MONGODB_PASSWORD",
        ),
        ("mongodb://ann@127.0.0.1/?password_file=/nowhere", "password_file /nowhere: No such file"),
        ("mongodb:///events", "no host"),
        ("mongodb://127.0.0.1/?capped=much", "capped=much is no number of bytes"),
        ("mongodb://127.0.0.1/?nonsense=1", "nonsense"),
    ];
    for (url, expected) in cases {
        let words = refused(url).await;
        assert!(words.contains(expected), "{words}");
        assert!(!words.contains("s3cr3t"));
    }
    let limits = Limits { bytes: None, age: Some(Duration::from_secs(1)) };
    let nothing = BTreeMap::new();
    let aged = MongoArchive::connect("mongodb://127.0.0.1/", limits, clock(), &nothing).await;
    assert!(matches!(aged, Err(ArchiveError::Refused(_))));
    let other = archive::open("postgres://x", Limits::default(), clock(), &nothing).await;
    assert!(other.err().unwrap().to_string().starts_with("no such archive; write sqlite:FILE"));
}
