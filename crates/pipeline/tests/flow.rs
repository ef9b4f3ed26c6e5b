//! The pipeline at work, between a source and an archive whose moods the test decides.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Health, Message, Sink, Source};
use groundrule_core::event::{Event, EventId};
use groundrule_pipeline::archive::{Archive, ArchiveError, Entry, Limits, Query, SqliteArchive};
use groundrule_pipeline::flow::{Role, Setup, Stopped, run};
use groundrule_pipeline::part::Clock;
use groundrule_pipeline::routes::Rules;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// What the test and a source know of each other.
#[derive(Default)]
struct Said {
    settled: u64,
    closed: bool,
}

/// A source that hands out what it has, and then waits.
#[derive(Clone, Default)]
struct Script {
    batches: Arc<Mutex<VecDeque<Vec<Message>>>>,
    /// What is handed out after it is told to stop.
    last: Arc<Mutex<VecDeque<Vec<Message>>>>,
    stopped: bool,
    health: Health,
    said: Arc<Mutex<Said>>,
}

#[async_trait]
impl Source for Script {
    async fn receive(&mut self, _max: usize) -> Result<Vec<Message>, CarryError> {
        let next = self.batches.lock().unwrap().pop_front();
        match (next, self.stopped) {
            (Some(batch), _) => Ok(batch),
            (None, true) => Ok(self.last.lock().unwrap().pop_front().unwrap_or_default()),
            (None, false) => std::future::pending().await,
        }
    }

    async fn settle(&mut self, upto: u64) -> Result<(), CarryError> {
        self.said.lock().unwrap().settled = upto;
        Ok(())
    }

    fn health(&self) -> Health {
        self.health.clone()
    }

    fn stop(&mut self) -> bool {
        self.stopped = true;
        !self.last.lock().unwrap().is_empty()
    }

    async fn close(&mut self) {
        self.said.lock().unwrap().closed = true;
    }
}

/// An archive that is away as long as the test says.
struct Moody {
    archive: SqliteArchive,
    away: Mutex<bool>,
}

#[async_trait]
impl Archive for Moody {
    async fn append(&self, entries: Vec<Entry>) -> Result<usize, ArchiveError> {
        if *self.away.lock().unwrap() {
            return Err(ArchiveError::Away("the archive is away".to_owned()));
        }
        self.archive.append(entries).await
    }

    async fn get(&self, eventid: &str) -> Result<Vec<Bytes>, ArchiveError> {
        self.archive.get(eventid).await
    }

    async fn list(
        &self,
        query: &Query,
        each: &mut (dyn for<'e> FnMut(&'e Event) -> bool + Send),
    ) -> Result<(), ArchiveError> {
        self.archive.list(query, each).await
    }
}

/// Where everything is sent.
#[derive(Clone, Default)]
struct Far(Arc<Mutex<Vec<Bytes>>>);

#[async_trait]
impl Sink for Far {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        self.0.lock().unwrap().extend(messages.iter().map(|message| message.body.clone()));
        Ok(())
    }
}

/// A pipeline, and what it works with.
struct Bench {
    _directory: tempfile::TempDir,
    source: Script,
    archive: Arc<Moody>,
    far: Far,
}

impl Bench {
    fn new(batches: Vec<Vec<Message>>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock: Clock = Arc::new(|| 1_790_000_500.0);
        let path = directory.path().join("events.db");
        let archive = SqliteArchive::open(&path, Limits::default(), clock).unwrap();
        let source = Script { batches: Arc::new(Mutex::new(batches.into())), ..Script::default() };
        let archive = Arc::new(Moody { archive, away: Mutex::default() });
        Self { _directory: directory, source, archive, far: Far::default() }
    }

    fn setup(&self) -> Setup {
        let far = self.far.clone();
        Setup {
            sources: vec![("script".to_owned(), Box::new(self.source.clone()))],
            role: Role::Portal { routes: false },
            archive: Some(self.archive.clone()),
            rules: Rules::defaults(),
            reloader: None,
            parts: Vec::new(),
            elsewhere: BTreeMap::from([("router".to_owned(), "far".to_owned())]),
            dead_letters: None,
            connect: Arc::new(move |_| Ok(Box::new(far.clone()))),
            valid: Arc::new(|_| Ok(())),
            backlogs: Arc::new(|_| Ok(None)),
            host: "here".to_owned(),
            clock: Arc::new(|| 1_790_000_500.0),
            max_message: 1 << 20,
            stats_every: Duration::from_secs(1),
            listen: None,
        }
    }

    async fn archived(&self) -> Vec<Bytes> {
        let mut found = Vec::new();
        let mut each = |event: &Event| {
            if event.name() != "groundrule.pipeline" {
                found.push(event.raw().clone());
            }
            true
        };
        self.archive.list(&Query::default(), &mut each).await.unwrap();
        found
    }
}

/// A message that its broker calls by a number.
fn message(number: u32, body: &str) -> Message {
    let time = 1_790_000_000.25 + f64::from(number);
    Message {
        identity: Some(EventId::of(time, &[&number.to_be_bytes()])),
        time: Some(time),
        ..Message::new(Bytes::copy_from_slice(body.as_bytes()))
    }
}

fn again(message: &Message) -> Message {
    Message { redelivered: true, ..message.clone() }
}

const COUNT: &str = r#"{"subject":"s","name":"logins","type":"simple_counter"}"#;

async fn within(what: &str, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(20);
    while !is_so() {
        assert!(Instant::now() < until, "{what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn what_comes_again_while_the_archive_is_away_is_archived_once_and_is_the_same() {
    let (first, second, nonsense) = (message(1, COUNT), message(2, COUNT), message(3, "no event"));
    let all = [&first, &second, &nonsense];
    let mut batches = vec![all.map(Message::clone).to_vec()];
    batches.extend((0..3).map(|_| all.map(again).to_vec()));
    let bench = Bench::new(batches);
    *bench.archive.away.lock().unwrap() = true;
    let stop = CancellationToken::new();
    let work = tokio::spawn(run(bench.setup(), stop.clone()));
    let source = bench.source.clone();
    within("all is taken in", || source.batches.lock().unwrap().is_empty()).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    *bench.archive.away.lock().unwrap() = false;
    within("all is settled", || source.said.lock().unwrap().settled == 12).await;
    stop.cancel();
    let summary = work.await.unwrap().unwrap();
    assert_eq!((summary.received, summary.dead), (12, 4));

    let archived = bench.archived().await;
    assert_eq!(archived.len(), 3, "{archived:?}");
    let sent = bench.far.0.lock().unwrap().clone();
    assert_eq!(sent.len(), 8);
    // What leaves a second time is what is archived, to the last byte.
    assert!(sent.iter().all(|event| archived.contains(event)), "{sent:?} of {archived:?}");
    let times: Vec<_> =
        archived.iter().map(|raw| Event::read(raw.clone()).unwrap().time()).collect();
    assert_eq!(times[..2], [Some(1_790_000_001.25), Some(1_790_000_002.25)]);
}

#[tokio::test]
async fn an_archive_that_is_away_holds_up_no_end() {
    let bench = Bench::new(vec![vec![message(1, COUNT)]]);
    *bench.archive.away.lock().unwrap() = true;
    let stop = CancellationToken::new();
    let work = tokio::spawn(run(bench.setup(), stop.clone()));
    // Time enough for it to tell of itself.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    stop.cancel();
    let told = Instant::now();
    let ended = work.await.unwrap();
    assert!(told.elapsed() <= Duration::from_secs(15), "{:?}", told.elapsed());
    let Err(Stopped::Late(why)) = ended else { panic!("{ended:?}") };
    assert_eq!(why, "archive: the archive is away");
    // What is not settled is given back.
    let said = bench.source.said.lock().unwrap();
    assert_eq!((said.settled, said.closed), (0, true));
}

#[tokio::test]
async fn what_nobody_would_send_again_is_taken_before_the_end() {
    let bench = Bench::new(vec![vec![message(1, COUNT)]]);
    let last: Vec<_> = (2..5).map(|number| vec![message(number, COUNT)]).collect();
    *bench.source.last.lock().unwrap() = last.into();
    let stop = CancellationToken::new();
    let work = tokio::spawn(run(bench.setup(), stop.clone()));
    let source = bench.source.clone();
    within("the first is settled", || source.said.lock().unwrap().settled == 1).await;
    stop.cancel();
    assert_eq!(work.await.unwrap().unwrap().received, 4);
    assert_eq!(bench.archived().await.len(), 4);
    assert_eq!(bench.source.said.lock().unwrap().settled, 4);
}

async fn health(at: std::net::SocketAddr) -> String {
    let mut stream = tokio::net::TcpStream::connect(at).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn a_source_that_is_away_is_shown() {
    let bench = Bench::new(Vec::new());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let setup = Setup { listen: Some((listener, None)), ..bench.setup() };
    let stop = CancellationToken::new();
    let work = tokio::spawn(run(setup, stop.clone()));
    assert!(health(at).await.starts_with("HTTP/1.0 200"));
    bench.source.health.fails("nobody answers");
    let answer = health(at).await;
    assert!(answer.starts_with("HTTP/1.0 503"), "{answer}");
    assert!(answer.contains(r#"[{"what":"script","why":"nobody answers"}]"#), "{answer}");
    bench.source.health.works();
    assert!(health(at).await.starts_with("HTTP/1.0 200"));
    stop.cancel();
    work.await.unwrap().unwrap();
}
