//! What can go wrong with a file: the process dies, or the disk is full.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use groundrule_pipeline::archive::{Archive, ArchiveError, Limits, Query, SqliteArchive};

use crate::events::{again, entry, numbers};
use crate::sqlite::{clock, open};

/// Where the process that is killed writes to; the test below does nothing without it.
const FILE: &str = "GROUNDRULE_TEST_ARCHIVE";

/// No test of its own: what the next one starts, and kills. It tells what is archived.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "it is started, and killed, by the test after it"]
async fn writes_until_it_is_killed() {
    #[expect(clippy::disallowed_methods, reason = "told by the test that starts it")]
    let Ok(path) = std::env::var(FILE) else { return };
    let archive = std::sync::Arc::new(open(Path::new(&path)));
    let hands: Vec<_> = (0..4_u64)
        .map(|hand| {
            let archive = std::sync::Arc::clone(&archive);
            tokio::spawn(async move {
                for batch in 0.. {
                    let from = hand * 1_000_000 + batch * 10;
                    archive.append((from..from + 10).map(entry).collect()).await.unwrap();
                    let mut file = std::io::stdout().lock();
                    std::io::Write::write_all(&mut file, format!("\nkept {from}\n").as_bytes())
                        .unwrap();
                }
            })
        })
        .collect();
    for hand in hands {
        hand.await.unwrap();
    }
}

/// Has a process write to the file, kills it after so many appends, and returns those that it said
/// were kept.
fn killed(path: &Path, after: usize) -> Vec<u64> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "faults::writes_until_it_is_killed", "--nocapture"])
        .env(FILE, path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut kept = lines.filter_map(|line| line.strip_prefix("kept ")?.parse().ok());
    let mut all: Vec<u64> = kept.by_ref().take(after).collect();
    child.kill().unwrap();
    all.extend(kept);
    child.wait().unwrap();
    all
}

#[tokio::test]
async fn what_was_kept_is_there_once_when_the_process_was_killed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.db");
    let mut kept = Vec::new();
    for after in [1, 20, 200] {
        let before: Vec<u64> = kept.clone();
        kept.extend(killed(&path, after));
        assert!(kept.len() >= before.len() + after);
        std::fs::rename(&path, directory.path().join("at.db")).unwrap();
        for end in ["-wal", "-shm"] {
            let of = |name: &str| directory.path().join(format!("{name}{end}"));
            // As the killed process left them.
            if of("events.db").exists() {
                std::fs::rename(of("events.db"), of("at.db")).unwrap();
            }
        }
        let archive = open(&directory.path().join("at.db"));
        let mut found = numbers(&archive, &Query::default()).await;
        found.sort_unstable();
        assert!(found.is_sorted_by(|one, next| one < next), "one is there twice");
        // Each append is there whole, or not at all.
        assert_eq!(found.len() % 10, 0);
        let this: Vec<u64> = kept[before.len()..].to_vec();
        for from in this {
            for number in from..from + 10 {
                assert!(found.binary_search(&number).is_ok(), "{number} was lost");
            }
        }
        // All that the broker had no acknowledgement of comes again: nothing becomes of that.
        let count = found.len();
        archive.append(found.into_iter().map(entry).map(again).collect()).await.unwrap();
        assert_eq!(numbers(&archive, &Query::default()).await.len(), count);
        drop(archive);
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(directory.path().join(format!("at.db{end}")));
        }
    }
}

/// A file system of its own, which is small.
struct Small(PathBuf);

impl Small {
    fn mount(directory: &Path, size: &str) -> Self {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"])
            .arg(directory)
            .output()
            .unwrap();
        assert!(
            mounted.status.success(),
            "this test mounts a small file system, which only root may: {}",
            String::from_utf8_lossy(&mounted.stderr)
        );
        Self(directory.to_owned())
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_and_nothing_is_kept_by_half() {
    let directory = tempfile::tempdir().unwrap();
    let small = Small::mount(directory.path(), "4m");
    let path = small.0.join("events.db");
    let ballast = small.0.join("ballast");
    std::fs::write(&ballast, vec![1; 2 << 20]).unwrap();
    let archive = SqliteArchive::open(&path, Limits::default(), clock()).unwrap();
    let mut next = 0;
    let batch = |next: u64| (next..next + 1000).map(entry).collect();
    let error = loop {
        match archive.append(batch(next)).await {
            Ok(_) => next += 1000,
            Err(error) => break error,
        }
    };
    assert!(next > 0);
    assert!(matches!(&error, ArchiveError::Away(_)), "{error:?}");
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(archive.append(batch(next)).await.is_err());
    assert_eq!(numbers(&archive, &Query::default()).await, (0..next).collect::<Vec<u64>>());
    std::fs::remove_file(&ballast).unwrap();
    archive.append(batch(next)).await.unwrap();
    drop(archive);
    let found = numbers(&open(&path), &Query::default()).await;
    assert_eq!(found, (0..next + 1000).collect::<Vec<u64>>());
}
