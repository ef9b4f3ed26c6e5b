//! The spool on a real disk: in order, durable, bounded, and for one process.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::VecDeque;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use std::time::Duration;

use bytes::Bytes;
use groundrule_core::delivery::Message;
use groundrule_transport::spool::{Spool, SpoolError};
use proptest::prelude::*;

const LIMIT: u64 = 1 << 30;

/// How many bytes of the disk are looked at in one go, and what it needs for each message beside its body.
const AT_ONCE: usize = 16 << 20;
const HEADER: usize = 24;

fn message(body: impl Into<Vec<u8>>) -> Message {
    Message::new(Bytes::from(body.into()))
}

fn numbered(range: std::ops::Range<u32>) -> Vec<Message> {
    range.map(|n| message(n.to_string())).collect()
}

fn bodies(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned()).collect()
}

fn segments(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        entries.filter(|p| p.extension().is_some_and(|e| e == "segment")).collect();
    found.sort();
    found
}

#[derive(Clone, Debug)]
enum Step {
    /// Bodies of these sizes.
    Append(Vec<usize>),
    Peek(usize),
    Advance(usize),
    Reopen,
    /// The process ends while a record is written, of which this share (of 1000) is on the disk.
    Crash(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => proptest::collection::vec(0_usize..3000, 0..6).prop_map(Step::Append),
        1 => proptest::collection::vec(0_usize..3_000_000, 1..4).prop_map(Step::Append),
        2 => (0_usize..20).prop_map(Step::Peek),
        3 => (0_usize..8).prop_map(Step::Advance),
        1 => Just(Step::Reopen),
        1 => (0_usize..5000, 0_u64..1000).prop_map(|(size, share)| Step::Crash(size, share)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever happens to it, it holds what a queue in memory would hold.
    #[test]
    fn it_is_a_queue(steps in proptest::collection::vec(step(), 1..40)) {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
        let mut model: VecDeque<Message> = VecDeque::new();
        let mut made = 0_u32;
        for step in steps {
            match step {
                Step::Append(sizes) => {
                    let messages: Vec<_> = sizes.iter().map(|size| {
                        made += 1;
                        let body: Vec<u8> = (0..*size).map(|at| (at as u32 * 31 + made) as u8).collect();
                        Message { cut: made.is_multiple_of(3).then_some(u64::from(made)), redelivered: made.is_multiple_of(2), ..message(body) }
                    }).collect();
                    spool.append(&messages).unwrap();
                    model.extend(messages);
                }
                Step::Peek(max) => {
                    let peeked = spool.peek(max).unwrap();
                    // Fewer where they are large: no further one once so much has come.
                    let before = model.iter().scan(0, |sum, message| {
                        let before = *sum;
                        *sum += HEADER + message.body.len();
                        Some(before)
                    });
                    let fit = before.take(max).take_while(|before| *before < AT_ONCE).count();
                    prop_assert_eq!(peeked.len(), fit);
                    for (is, should) in peeked.iter().zip(&model) {
                        prop_assert_eq!(&is.body, &should.body);
                        prop_assert_eq!((is.cut, is.redelivered), (should.cut, should.redelivered));
                    }
                }
                Step::Advance(n) => {
                    spool.advance(n).unwrap();
                    model.drain(..n.min(model.len()));
                }
                Step::Reopen => {
                    drop(spool);
                    spool = Spool::open(directory.path(), LIMIT).unwrap();
                }
                Step::Crash(size, share) => {
                    spool.append(&[message(vec![7; size])]).unwrap();
                    drop(spool);
                    let file = segments(directory.path()).pop().unwrap();
                    let file = File::options().write(true).open(file).unwrap();
                    let record = size as u64 + 24;
                    let there = (record * share / 1000).min(record - 1);
                    file.set_len(file.metadata().unwrap().len() - record + there).unwrap();
                    spool = Spool::open(directory.path(), LIMIT).unwrap();
                }
            }
            prop_assert_eq!(spool.len(), model.len());
            prop_assert_eq!(spool.bytes(), model.iter().map(|m| m.body.len() as u64 + 24).sum::<u64>());
        }
        let mut all = Vec::new();
        while !spool.is_empty() {
            let some = spool.peek(7).unwrap();
            spool.advance(some.len()).unwrap();
            all.extend(some.into_iter().map(|message| message.body));
        }
        prop_assert_eq!(all, model.into_iter().map(|message| message.body).collect::<Vec<_>>());
    }
}

#[test]
fn what_was_sent_gives_the_disk_back() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
    for _ in 0..50 {
        spool.append(&[message(vec![1; 1 << 20])]).unwrap();
    }
    assert_eq!(segments(directory.path()).len(), 4);
    spool.advance(40).unwrap();
    assert_eq!(segments(directory.path()).len(), 2);
    spool.advance(10).unwrap();
    assert_eq!(segments(directory.path()), Vec::<PathBuf>::new());
    assert_eq!((spool.len(), spool.bytes()), (0, 0));
    spool.append(&[message("next")]).unwrap();
    drop(spool);
    let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
    assert_eq!(bodies(&spool.peek(9).unwrap()), ["next"]);
}

#[test]
fn over_the_limit_nothing_is_taken() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), 100).unwrap();
    spool.append(&[message("first")]).unwrap();
    let error = spool.append(&[message("x"), message(vec![0; 60])]).unwrap_err();
    assert!(matches!(error, SpoolError::Full { limit: 100, .. }), "{error}");
    assert_eq!(bodies(&spool.peek(9).unwrap()), ["first"]);
    spool.advance(1).unwrap();
    spool.append(&[message(vec![0; 60])]).unwrap();
}

#[test]
fn two_do_not_share_one() {
    let directory = tempfile::tempdir().unwrap();
    let _first = Spool::open(directory.path(), LIMIT).unwrap();
    let error = Spool::open(directory.path(), LIMIT).err().unwrap().to_string();
    assert!(error.contains("another process has it open"), "{error}");
}

#[test]
fn damage_in_the_middle_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
    for _ in 0..20 {
        spool.append(&[message(vec![1; 1 << 20])]).unwrap();
    }
    drop(spool);
    let first = segments(directory.path()).swap_remove(0);
    let mut bytes = fs::read(&first).unwrap();
    bytes[3 << 20] ^= 1;
    fs::write(&first, bytes).unwrap();
    let error = Spool::open(directory.path(), LIMIT).err().unwrap();
    assert!(matches!(&error, SpoolError::Damaged { file, .. } if *file == first), "{error}");
}

/// The name of the variable that makes this program fill a disk.
const FILL: &str = "GROUNDRULE_TEST_FILL";

/// The same program, started with a limit on the size of files, finds the disk full.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself, and must know which it is")]
fn a_full_disk_leaves_it_as_it_was() {
    if let Some(directory) = std::env::var_os(FILL) {
        return fill(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let child = Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 128; exec \"$@\"", "sh"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "a_full_disk_leaves_it_as_it_was"])
        .env(FILL, directory.path())
        .output()
        .unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
    let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
    assert_eq!(bodies(&spool.peek(9).unwrap()), ["before", "after"]);
}

fn fill(directory: &Path) {
    let mut spool = Spool::open(directory, LIMIT).unwrap();
    spool.append(&[message("before")]).unwrap();
    for _ in 0..2 {
        let error = spool.append(&[message("with"), message(vec![0; 1 << 20])]).unwrap_err();
        assert!(matches!(error, SpoolError::Disk { what: "write", .. }), "{error}");
        assert_eq!(spool.len(), 1);
    }
    spool.append(&[message("after")]).unwrap();
}

/// The name of the variable that makes this program append until it is killed.
const APPEND: &str = "GROUNDRULE_TEST_APPEND";

/// The same program, started to append and killed while it does, loses nothing that it was told is
/// safe.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself, and must know which it is")]
fn a_process_that_is_killed_loses_nothing() {
    if let Some(directory) = std::env::var_os(APPEND) {
        return append_for_ever(Path::new(&directory));
    }
    let directory = tempfile::tempdir().unwrap();
    let mut safe = 0;
    for _ in 0..3 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "a_process_that_is_killed_loses_nothing"])
            .env(APPEND, directory.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let appended = directory.path().join("appended");
        let told = || fs::read(&appended).map_or(0, |bytes| bytes.len());
        while told() < safe + 20 {
            std::thread::sleep(Duration::from_millis(1));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        safe = told();
        let mut spool = Spool::open(directory.path(), LIMIT).unwrap();
        assert!(spool.len() >= 3 * safe, "{} of {}", spool.len(), 3 * safe);
        let there = spool.peek(usize::MAX).unwrap();
        assert_eq!(there.len(), spool.len());
        let first = spool.len() - spool.len() % 3;
        assert_eq!(bodies(&there[..first]), bodies(&numbered(0..u32::try_from(first).unwrap())));
        // What came after was never said to be safe, and not in whole.
        let mut kept = there;
        kept.truncate(3 * safe);
        spool.advance(spool.len()).unwrap();
        spool.append(&kept).unwrap();
    }
}

/// Writes a byte for each group that is safe.
fn append_for_ever(directory: &Path) {
    use std::io::Write;
    let mut told =
        File::options().create(true).append(true).open(directory.join("appended")).unwrap();
    let mut spool = Spool::open(directory, LIMIT).unwrap();
    let mut next = u32::try_from(spool.len()).unwrap();
    loop {
        spool.append(&numbered(next..next + 3)).unwrap();
        told.write_all(b".").unwrap();
        next += 3;
    }
}
