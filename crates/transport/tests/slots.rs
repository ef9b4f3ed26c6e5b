//! The spools of one address, shared by processes that come and go.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use bytes::Bytes;
use groundrule_core::delivery::{Backlog as _, Message};
use groundrule_transport::spool::{Slots, Spool, SpoolError};
use proptest::prelude::*;

const LIMIT: u64 = 1 << 30;

/// A process that is being started has every lock of this one for a moment. Tests that say what is
/// free hold this for reading.
static STARTING: RwLock<()> = RwLock::new(());

fn alone() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

fn open(directory: &Path) -> Slots {
    Slots::open(directory, LIMIT).unwrap()
}

fn messages(bodies: impl IntoIterator<Item = impl ToString>) -> Vec<Message> {
    let message = |body: String| Message::new(Bytes::from(body));
    bodies.into_iter().map(|body| message(body.to_string())).collect()
}

fn bodies(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned()).collect()
}

/// All that waits, in its order.
fn drained(slots: &mut Slots) -> Vec<String> {
    let mut all = Vec::new();
    while slots.waiting() > 0 {
        let some = slots.first(3).unwrap();
        assert!(!some.is_empty());
        slots.forget(some.len()).unwrap();
        all.extend(bodies(&some));
    }
    all
}

#[derive(Clone, Debug)]
enum Step {
    Append(usize),
    /// Looks at so many, adopts in between or not, and forgets so many of them.
    Send(usize, bool, usize),
    Adopt,
    /// The process ends, and another one starts later.
    Die,
}

fn step() -> impl Strategy<Value = (usize, Step)> {
    let step = prop_oneof![
        4 => (1_usize..5).prop_map(Step::Append),
        4 => (1_usize..6, any::<bool>(), 0_usize..6).prop_map(|(max, adopt, n)| Step::Send(max, adopt, n)),
        2 => Just(Step::Adopt),
        2 => Just(Step::Die),
    ];
    (0_usize..4, step)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whoever starts, adopts and dies: everything comes, nothing comes again that was forgotten,
    /// and what one process appended comes in its order.
    #[test]
    fn nothing_is_lost_and_nothing_comes_again(steps in proptest::collection::vec(step(), 1..60)) {
        let _alone = alone();
        let directory = tempfile::tempdir().unwrap();
        // Each life of a process with the messages that it made.
        let mut alive: BTreeMap<usize, (usize, Slots)> = BTreeMap::new();
        let (mut lives, mut made) = (0, 0);
        let mut forgotten: Vec<String> = Vec::new();
        for (who, step) in steps {
            let (life, slots) = alive.entry(who).or_insert_with(|| {
                lives += 1;
                (lives, open(directory.path()))
            });
            match step {
                Step::Append(n) => {
                    let new: Vec<_> = (made..made + n).map(|n| format!("{life} {n:05}")).collect();
                    made += n;
                    slots.append(&messages(new)).unwrap();
                }
                Step::Send(max, adopt, n) => {
                    let first = bodies(&slots.first(max).unwrap());
                    prop_assert_eq!(first.is_empty(), slots.waiting() == 0);
                    if adopt {
                        slots.adopt().unwrap();
                    }
                    let n = n.min(first.len());
                    slots.forget(n).unwrap();
                    forgotten.extend_from_slice(&first[..n]);
                }
                Step::Adopt => slots.adopt().unwrap(),
                Step::Die => drop(alive.remove(&who)),
            }
        }
        alive.clear();
        let mut last = open(directory.path());
        last.adopt().unwrap();
        forgotten.extend(drained(&mut last));
        prop_assert_eq!(forgotten.iter().collect::<BTreeSet<_>>().len(), made);
        prop_assert_eq!(forgotten.len(), made);
        for life in 1..=lives {
            let its: Vec<_> = forgotten.iter().filter(|body| body.starts_with(&format!("{life} "))).collect();
            prop_assert!(its.is_sorted(), "{its:?}");
        }
    }
}

#[test]
fn what_is_gone_is_adopted_the_oldest_first_and_given_up_when_it_is_sent() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let [mut ours, mut older, mut newer] = [(); 3].map(|()| open(directory.path()));
    ours.append(&messages(["ours"])).unwrap();
    newer.append(&messages(["newer"])).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    older.append(&messages(["older"])).unwrap();
    // Where they are says nothing of how old they are.
    let segment = directory.path().join("1/0000000000000000.segment");
    let past = std::time::SystemTime::UNIX_EPOCH;
    File::options().write(true).open(segment).unwrap().set_modified(past).unwrap();
    ours.adopt().unwrap();
    assert_eq!(ours.waiting(), 1, "the others live");
    drop((older, newer));
    ours.adopt().unwrap();
    assert_eq!(ours.waiting(), 3);
    ours.append(&messages(["last"])).unwrap();
    let slot = |n: u32| Spool::open(&directory.path().join(n.to_string()), LIMIT);
    assert!(matches!(slot(1), Err(SpoolError::Locked { .. })), "it is held");
    assert_eq!(drained(&mut ours), ["older", "newer", "ours", "last"]);
    for n in [1, 2] {
        assert!(slot(n).unwrap().is_empty());
        let files = fs::read_dir(directory.path().join(n.to_string())).unwrap();
        let names: BTreeSet<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["lock", "position"].map(Into::into).into());
    }
}

/// While the far side is away, processes that come and go need no more slots than live at a time.
#[test]
fn there_are_no_more_slots_than_processes_at_a_time() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let mut stays = open(directory.path());
    for n in 0..80 {
        let mut comes = open(directory.path());
        comes.append(&messages([n])).unwrap();
        drop(comes);
        stays.adopt().unwrap();
    }
    let slots = fs::read_dir(directory.path()).unwrap().count();
    assert!(slots <= 3, "{slots} slots");
    let mut all = Vec::new();
    while stays.waiting() > 0 {
        all.extend(drained(&mut stays));
        stays.adopt().unwrap();
    }
    assert_eq!(all.len(), 80);
}

/// A damaged spool is told, and keeps no other from being taken over.
#[test]
fn damage_keeps_nothing_from_being_adopted() {
    let _alone = alone();
    let directory = tempfile::tempdir().unwrap();
    let [mut ours, mut damaged, mut good] = [(); 3].map(|()| open(directory.path()));
    let large = Message::new(Bytes::from(vec![1; 17 << 20]));
    damaged.append(&[large]).unwrap();
    damaged.append(&messages(["behind"])).unwrap();
    good.append(&messages(["good"])).unwrap();
    drop((damaged, good));
    let segment = directory.path().join("1/0000000000000000.segment");
    let whole = fs::read(&segment).unwrap();
    let mut bytes = whole.clone();
    bytes[100] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let error = ours.adopt().unwrap_err().to_string();
    assert!(error.contains("0000000000000000.segment: damaged"), "{error}");
    assert_eq!(ours.waiting(), 1);
    assert_eq!(drained(&mut ours), ["good"]);
    // It is not read again and again, and counts once it is mended.
    ours.adopt().unwrap();
    fs::write(&segment, whole).unwrap();
    ours.adopt().unwrap();
    assert_eq!(ours.waiting(), 2);
}

/// The name of the variable that makes this program work on spools until it is killed, and who it is.
const WORK: &str = "GROUNDRULE_TEST_SLOTS";
const LIFE: &str = "GROUNDRULE_TEST_LIFE";

/// The same program, started several times to append, adopt and send, and killed while it does.
#[test]
#[expect(clippy::disallowed_methods, reason = "the test starts itself, and must know which it is")]
fn processes_that_are_killed_lose_nothing() {
    if let Some(directory) = std::env::var_os(WORK) {
        return work(Path::new(&directory), &std::env::var(LIFE).unwrap());
    }
    let directory = tempfile::tempdir().unwrap();
    let mut life = 0;
    let mut start = || -> Child {
        life += 1;
        let _starting = STARTING.write().unwrap_or_else(PoisonError::into_inner);
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "processes_that_are_killed_lose_nothing"])
            .env(WORK, directory.path())
            .env(LIFE, life.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap()
    };
    let mut alive = [(); 3].map(|()| start());
    for turn in 0..24 {
        std::thread::sleep(Duration::from_millis(30 + 17 * (turn % 7)));
        let victim = &mut alive[turn as usize % 3];
        victim.kill().unwrap();
        victim.wait().unwrap();
        *victim = start();
    }
    for mut child in alive {
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let log = |name: &str| {
        let text = fs::read_to_string(directory.path().join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut rest = open(&directory.path().join("spool"));
    rest.adopt().unwrap();
    let rest = drained(&mut rest);
    let (appended, sent, mut forgotten) = (log("appended"), log("sent"), log("forgotten"));
    assert!(appended.len() > 100 && forgotten.len() > 50, "{} {}", appended.len(), forgotten.len());
    let came: BTreeSet<_> = sent.iter().chain(&rest).collect();
    let lost: Vec<_> = appended.iter().filter(|body| !came.contains(body)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    forgotten.extend(rest);
    let once: BTreeSet<_> = forgotten.iter().collect();
    assert_eq!(once.len(), forgotten.len(), "what was forgotten came again");
}

/// Writes down what is appended, what is sent and what is forgotten, each once it is so. It is
/// slower in sending than in appending, so that something is left.
fn work(directory: &Path, life: &str) {
    let tell = |name: &str, bodies: &[String]| {
        let file = File::options().create(true).append(true).open(directory.join(name));
        let lines: String = bodies.iter().map(|body| format!("{body}\n")).collect();
        file.unwrap().write_all(lines.as_bytes()).unwrap();
    };
    let mut slots = open(&directory.join("spool"));
    for turn in 0.. {
        let new: Vec<_> = (0..3).map(|n| format!("{life} {turn} {n}")).collect();
        slots.append(&messages(&new)).unwrap();
        tell("appended", &new);
        if turn % 3 == 0 {
            slots.adopt().unwrap();
        }
        let first = bodies(&slots.first(2).unwrap());
        tell("sent", &first);
        slots.forget(first.len()).unwrap();
        tell("forgotten", &first);
    }
}
