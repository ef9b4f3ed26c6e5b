//! The archive in a file.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use groundrule_pipeline::archive::{Archive, ArchiveError, Limits, Query, SqliteArchive};
use groundrule_pipeline::part::Clock;

use crate::contract;
use crate::events::{again, entry, id, named, numbers};

pub fn clock() -> Clock {
    Arc::new(|| 1_790_000_000.0)
}

pub fn open(path: &Path) -> SqliteArchive {
    SqliteArchive::open(path, Limits::default(), clock()).unwrap()
}

fn refused(result: Result<SqliteArchive, ArchiveError>) -> String {
    match result {
        Err(ArchiveError::Refused(words)) => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn it_holds_what_every_archive_holds() {
    let directory = tempfile::tempdir().unwrap();
    contract::holds(&open(&directory.path().join("events.db"))).await;
}

#[tokio::test]
async fn what_was_archived_is_there_when_it_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    for from in [0, 10, 500] {
        open(&path).append((from..from + 10).map(entry).collect()).await.unwrap();
    }
    let archive = open(&path);
    // One that came before this process was there.
    archive.append(vec![again(entry(505)), again(entry(510))]).await.unwrap();
    let expected: Vec<u64> = (0..20).chain(500..511).collect();
    let read = SqliteArchive::read_only(&path).unwrap();
    assert_eq!(numbers(&read, &Query::default()).await, expected);
    assert!(matches!(read.append(vec![entry(1)]).await, Err(ArchiveError::Refused(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_hands_and_two_archives_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let archives = [Arc::new(open(&path)), Arc::new(open(&path))];
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let archive = Arc::clone(&archives[task as usize % 2]);
            tokio::spawn(async move {
                for batch in 0..10 {
                    let from = task * 1000 + batch * 7;
                    archive.append((from..from + 7).map(entry).collect()).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Each knows what the other archived.
    for archive in &archives {
        archive.append((0..70).map(entry).map(again).collect()).await.unwrap();
    }
    let mut found = numbers(&*archives[0], &Query::default()).await;
    found.sort_unstable();
    let expected: Vec<u64> = (0..20).flat_map(|task| task * 1000..task * 1000 + 70).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn it_grows_to_its_size_and_stays_there() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let most = 1 << 20;
    let limits = Limits { bytes: Some(most), age: None };
    let archive = SqliteArchive::open(&path, limits, clock()).unwrap();
    let mut next = 0;
    let mut sizes = Vec::new();
    for _ in 0..150 {
        archive.append((next..next + 1000).map(entry).map(named).collect()).await.unwrap();
        next += 1000;
        sizes.push(std::fs::metadata(&path).unwrap().len());
    }
    drop(archive);
    sizes.push(std::fs::metadata(&path).unwrap().len());
    assert!(sizes.iter().all(|size| *size <= most), "{sizes:?}");
    let archive = open(&path);
    let found = numbers(&archive, &Query::default()).await;
    assert!(found.len() > 3000 && found.len() < 100_000, "{}", found.len());
    assert_eq!(found, (next - found.len() as u64..next).collect::<Vec<u64>>());
    assert_eq!(archive.get(&id(next - 1).to_string()).await.unwrap().len(), 1);
    assert!(archive.get(&id(1).to_string()).await.unwrap().is_empty());
}

#[tokio::test]
async fn it_forgets_what_is_too_old() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let limits = Limits { bytes: None, age: Some(Duration::from_secs(100)) };
    for (at, from) in [(1000.0, 0), (1050.0, 100), (1120.0, 200), (900.0, 300)] {
        let archive = SqliteArchive::open(&path, limits, Arc::new(move || at)).unwrap();
        archive.append((from..from + 100).map(entry).collect()).await.unwrap();
    }
    // The clock that jumped back removed nothing.
    let archive = open(&path);
    let found = numbers(&archive, &Query::default()).await;
    assert_eq!(found, (100..400).collect::<Vec<u64>>());
}

#[test]
fn what_is_no_archive_is_refused_and_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let opened = || SqliteArchive::open(&path, Limits::default(), clock());

    assert!(refused(SqliteArchive::read_only(&path)).contains("no such file"));
    assert!(!path.exists());

    std::fs::write(&path, "not a database, but a text that somebody still needs\n".repeat(50))
        .unwrap();
    assert!(refused(opened()).contains("not an archive of groundrule; name another file"));
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("not a database"));
    std::fs::remove_file(&path).unwrap();

    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(refused(opened()).contains("an SQLite database, but not an archive of groundrule"));
    drop(other);
    std::fs::remove_file(&path).unwrap();

    drop(opened().unwrap());
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(refused(opened()).contains("of version 99, made by a newer groundrule"));

    let nowhere = directory.path().join("none/events.db");
    assert!(
        refused(SqliteArchive::open(&nowhere, Limits::default(), clock()))
            .contains("there is no directory")
    );
    assert!(
        refused(SqliteArchive::open(directory.path(), Limits::default(), clock()))
            .contains("a directory; name a file")
    );
}

#[tokio::test]
async fn a_file_that_is_moved_away_takes_nothing_along() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let archive = open(&path);
    archive.append(vec![entry(1)]).await.unwrap();
    for end in ["", "-wal", "-shm"] {
        let file = directory.path().join(format!("events.db{end}"));
        std::fs::rename(&file, directory.path().join(format!("old.db{end}"))).unwrap();
    }
    archive.append(vec![entry(2)]).await.unwrap();
    assert_eq!(numbers(&open(&path), &Query::default()).await, [2]);
}

#[tokio::test]
async fn a_damaged_block_is_told_and_nothing_is_made_up() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    open(&path).append(vec![entry(1)]).await.unwrap();
    let file = rusqlite::Connection::open(&path).unwrap();
    file.execute("UPDATE contents SET events = x'00ff00ff'", []).unwrap();
    let archive = open(&path);
    let error = archive.get(&id(1).to_string()).await.unwrap_err().to_string();
    assert!(error.contains("block 1 is damaged"), "{error}");
    archive.append(vec![entry(2)]).await.unwrap();
    assert_eq!(archive.get(&id(2).to_string()).await.unwrap().len(), 1);
}
