//! Messages through a real NATS server, which is killed, held and full of others' messages.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Message, Sink, Source};
use groundrule_services::{Service, nats};
use groundrule_transport::{Settings, sink, source};
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(60);

fn settings(password: &str) -> Settings {
    let mut settings = Settings::default();
    settings.variables.insert("GROUNDRULE_NATS_PASSWORD".into(), password.into());
    settings
}

fn url(server: &Service, rest: &str) -> String {
    format!("nats://{}@{}:{}/{rest}", server.user(), server.host(), server.port())
}

fn from(server: &Service, rest: &str) -> Box<dyn Source> {
    source(&url(server, rest), &settings(server.password())).unwrap()
}

fn to(server: &Service, rest: &str) -> Box<dyn Sink> {
    sink(&url(server, rest), &settings(server.password())).unwrap()
}

fn numbered(range: std::ops::Range<u32>) -> Vec<Message> {
    range.map(|n| Message::new(Bytes::from(n.to_string()))).collect()
}

/// An event that has an identity.
fn event(n: u32) -> Message {
    let body = format!(r#"{{"eventid":"{n:024x}","name":"n","subject":"s","type":"metric"}}"#);
    Message::new(Bytes::from(body))
}

fn texts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned()).collect()
}

async fn taken(source: &mut Box<dyn Source>, count: usize) -> Vec<Message> {
    let mut all = Vec::new();
    while all.len() < count {
        let some = timeout(SOON, source.receive(count - all.len())).await.unwrap().unwrap();
        assert!(!some.is_empty());
        all.extend(some);
    }
    all
}

/// Takes and settles so many different messages that came before. Some versions of the server send one of
/// them twice.
async fn again(source: &mut Box<dyn Source>, count: usize) -> BTreeSet<String> {
    let (mut seen, mut received) = (BTreeSet::new(), 0);
    while seen.len() < count {
        let some = taken(source, 1).await;
        assert!(some[0].redelivered);
        received += 1;
        seen.extend(texts(&some));
        source.settle(received).await.unwrap();
    }
    while let Ok(some) = timeout(Duration::from_millis(300), source.receive(1)).await {
        received += 1;
        assert!(seen.contains(&texts(&some.unwrap())[0]));
        source.settle(received).await.unwrap();
    }
    seen
}

/// Whether nothing comes for a while.
async fn silent(source: &mut Box<dyn Source>) -> bool {
    timeout(Duration::from_millis(700), source.receive(10)).await.is_err()
}

#[tokio::test]
async fn a_stream_is_made_and_keeps_the_order() {
    let server = nats();
    let mut sink = to(&server, "events.in?stream=EVENTS");
    sink.send(&numbered(0..9000)).await.unwrap();
    let mut source = from(&server, "events.in?stream=EVENTS");
    let all = taken(&mut source, 9000).await;
    assert_eq!(texts(&all), texts(&numbered(0..9000)));
    assert!(all.iter().all(|message| !message.redelivered));
    source.settle(9000).await.unwrap();
    sink.send(&numbered(0..1)).await.unwrap();
    assert_eq!(texts(&taken(&mut source, 1).await), ["0"]);
    source.settle(9001).await.unwrap();
    assert!(silent(&mut source).await);
    drop(source);
    assert!(silent(&mut from(&server, "events.in?stream=EVENTS")).await);
}

#[tokio::test]
async fn what_is_not_settled_comes_again() {
    let server = nats();
    to(&server, "in?stream=S").send(&numbered(0..100)).await.unwrap();
    let mut first = from(&server, "in?stream=S&ack_wait=2");
    assert_eq!(taken(&mut first, 100).await.len(), 100);
    first.settle(40).await.unwrap();
    // To the same process, after a while.
    let more = taken(&mut first, 60).await;
    assert!(more.iter().all(|message| message.redelivered));
    let numbers: BTreeSet<_> = texts(&more).into_iter().collect();
    assert_eq!(numbers, texts(&numbered(40..100)).into_iter().collect());
    drop(first);
    // To another one.
    let mut second = from(&server, "in?stream=S");
    assert_eq!(again(&mut second, 60).await, numbers);
    assert!(silent(&mut second).await);
}

#[tokio::test]
async fn two_share_what_a_stream_keeps() {
    let server = nats();
    let mut sink = to(&server, "in?stream=S");
    sink.send(&numbered(0..1)).await.unwrap();
    let mut sources = [from(&server, "in?stream=S"), from(&server, "in?stream=S")];
    let mut counts = [0; 2];
    let mut seen = BTreeSet::new();
    for round in 0..200 {
        sink.send(&numbered(1 + round * 50..1 + (round + 1) * 50)).await.unwrap();
        for (source, count) in sources.iter_mut().zip(&mut counts) {
            while let Ok(some) = timeout(Duration::from_millis(5), source.receive(500)).await {
                let some = some.unwrap();
                *count += some.len() as u64;
                source.settle(*count).await.unwrap();
                assert!(texts(&some).into_iter().all(|text| seen.insert(text)));
            }
        }
    }
    timeout(SOON, async {
        while seen.len() < 10_001 {
            for (source, count) in sources.iter_mut().zip(&mut counts) {
                if let Ok(some) = timeout(Duration::from_millis(50), source.receive(500)).await {
                    let some = some.unwrap();
                    *count += some.len() as u64;
                    source.settle(*count).await.unwrap();
                    assert!(texts(&some).into_iter().all(|text| seen.insert(text)));
                }
            }
        }
    })
    .await
    .unwrap();
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[tokio::test]
async fn an_event_that_is_sent_again_is_kept_once() {
    let server = nats();
    let mut sink = to(&server, "in?stream=S");
    let events: Vec<_> = (0..50).map(event).collect();
    sink.send(&events).await.unwrap();
    sink.send(&events).await.unwrap();
    let plain = numbered(0..3);
    sink.send(&plain).await.unwrap();
    sink.send(&plain).await.unwrap();
    let mut source = from(&server, "in?stream=S");
    let all = texts(&taken(&mut source, 56).await);
    assert_eq!(all[..50], texts(&events));
    assert_eq!(all[50..], ["0", "1", "2", "0", "1", "2"]);
    assert!(silent(&mut source).await);
}

/// Sends until the server has it.
async fn sent(sink: &mut Box<dyn Sink>, messages: &[Message]) {
    timeout(SOON, async {
        while let Err(error) = sink.send(messages).await {
            assert!(matches!(error, CarryError::Away(_)), "{error}");
        }
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn a_server_that_is_killed_under_load_loses_nothing() {
    let server = nats();
    let mut sink = to(&server, "in?stream=S&timeout=2");
    sink.send(&[event(0)]).await.unwrap();
    let mut source = from(&server, "in?stream=S&ack_wait=3");
    let sending = tokio::spawn(async move {
        for round in 0..60 {
            let events: Vec<_> = (round * 100..(round + 1) * 100).map(event).collect();
            sent(&mut sink, &events).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    let taking = tokio::spawn(async move {
        let (mut seen, mut count) = (BTreeSet::new(), 0);
        while seen.len() < 6000 {
            let some = timeout(SOON, source.receive(300)).await.unwrap().unwrap();
            count += some.len() as u64;
            seen.extend(texts(&some));
            source.settle(count).await.unwrap();
        }
        seen
    });
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!sending.is_finished());
        server.kill();
        tokio::time::sleep(Duration::from_millis(500)).await;
        server.restart();
    }
    sending.await.unwrap();
    let seen = taking.await.unwrap();
    assert_eq!(seen, (0..6000).flat_map(|n| texts(&[event(n)])).collect());
}

#[tokio::test]
async fn a_server_that_is_held_is_away_until_it_goes_on() {
    let server = nats();
    let mut sink = to(&server, "in?stream=S&timeout=1");
    sink.send(&[event(0)]).await.unwrap();
    let mut source = from(&server, "in?stream=S");
    assert_eq!(taken(&mut source, 1).await.len(), 1);
    source.settle(1).await.unwrap();
    server.stop();
    // It may answer once more while it is being stopped.
    let mut next = 1;
    let error = loop {
        match sink.send(&[event(next)]).await {
            Ok(()) => next += 1,
            Err(error) => break error,
        }
        assert!(next < 1000);
    };
    assert!(
        matches!(&error, CarryError::Away(why) if why.contains("no answer within 1s")),
        "{error}"
    );
    server.cont();
    sent(&mut sink, &[event(next), event(next + 1)]).await;
    let expected: Vec<_> = (1..next + 2).map(event).collect();
    assert_eq!(texts(&taken(&mut source, expected.len()).await), texts(&expected));
}

#[tokio::test]
async fn a_server_that_is_away_is_waited_for_by_who_receives() {
    let server = nats();
    server.kill();
    let error = to(&server, "in?stream=S&timeout=0.5").send(&numbered(0..1)).await.unwrap_err();
    assert!(matches!(&error, CarryError::Away(why) if why.contains("refused")), "{error}");
    let mut source = from(&server, "in?stream=S");
    assert!(silent(&mut source).await);
    server.restart();
    to(&server, "in?stream=S").send(&numbered(0..3)).await.unwrap();
    assert_eq!(texts(&taken(&mut source, 3).await), ["0", "1", "2"]);
}

#[tokio::test]
async fn who_may_not_log_in_is_told_and_the_password_is_not() {
    let server = nats();
    let wrong = settings("hunter2");
    let mut sink = sink(&url(&server, "in?stream=S"), &wrong).unwrap();
    let mut source = source(&url(&server, "in"), &wrong).unwrap();
    // The password may be mended while events wait.
    let error = sink.send(&numbered(0..1)).await.unwrap_err();
    assert!(
        matches!(&error, CarryError::Away(why) if why.contains("user and password")),
        "{error}"
    );
    assert!(!format!("{error:?}").contains("hunter2"), "{error}");
    let errors = [
        timeout(SOON, source.receive(1)).await.unwrap().unwrap_err(),
        source.receive(1).await.unwrap_err(),
    ];
    for error in errors {
        assert!(
            matches!(&error, CarryError::Refused(why) if why.contains("user and password")),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("hunter2"), "{error}");
    }
}

#[tokio::test]
async fn what_is_too_large_is_told_with_the_limit() {
    let server = nats();
    let large = Message::new(Bytes::from(vec![b'x'; 9 << 20]));
    for rest in ["in", "in?stream=S"] {
        let mut sink = to(&server, rest);
        let error = sink.send(&[event(0), large.clone()]).await.unwrap_err();
        assert!(matches!(&error, CarryError::Refused(why) if why.contains("8388608")), "{error}");
        sink.send(&[Message::new(Bytes::from(vec![b'x'; 1 << 20]))]).await.unwrap();
    }
    let small = Settings { max_message: 100_000, ..settings(server.password()) };
    let mut source = source(&url(&server, "in?stream=S"), &small).unwrap();
    let first = taken(&mut source, 1).await.remove(0);
    assert_eq!((first.cut, first.body.len()), (Some(1 << 20), 64 << 10));
}

#[tokio::test]
async fn without_a_stream_who_listens_gets_it() {
    let server = nats();
    let mut sink = to(&server, "events.a");
    let mut all = from(&server, "events.*");
    let mut shared = [from(&server, "events.a?queue=q"), from(&server, "events.a?queue=q")];
    // Whether they listen is known when something arrives.
    let probe = [Message::new(Bytes::from_static(b"probe"))];
    for source in [&mut all].into_iter().chain(&mut shared) {
        timeout(SOON, async {
            while timeout(Duration::from_millis(50), source.receive(1)).await.is_err() {
                sink.send(&probe).await.unwrap();
            }
        })
        .await
        .unwrap();
    }
    sink.send(&numbered(0..3000)).await.unwrap();
    let numbers = |messages: &[Message]| {
        texts(messages).into_iter().filter(|text| text != "probe").collect::<Vec<_>>()
    };
    let mut got = Vec::new();
    while got.len() < 3000 {
        got.extend(numbers(&timeout(SOON, all.receive(500)).await.unwrap().unwrap()));
    }
    assert_eq!(got, texts(&numbered(0..3000)));
    let mut seen = Vec::new();
    let mut counts = [0; 2];
    while seen.len() < 3000 {
        for (source, count) in shared.iter_mut().zip(&mut counts) {
            if let Ok(some) = timeout(Duration::from_millis(50), source.receive(500)).await {
                let some = numbers(&some.unwrap());
                *count += some.len();
                seen.extend(some);
            }
        }
    }
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 3000);
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn wrong_addresses_are_told() {
    let refused = |rest: &str| {
        let url = format!("nats://127.0.0.1{rest}");
        let error = sink(&url, &Settings::default()).err().unwrap();
        assert!(matches!(error, CarryError::Refused(_)), "{error}");
        error.to_string()
    };
    assert!(refused("").contains("name a subject"));
    assert!(refused("/a..b").contains("name a subject"));
    assert!(refused("/a.*").contains("nothing can be sent"));
    assert!(refused("/a?stream=x.y").contains("stream is a name"));
    assert!(refused("/a?steam=x").contains("\"steam\" means nothing"));
    assert!(refused("/a?timeout=soon").contains("timeout is no number"));
}

fn identities(messages: &[Message]) -> BTreeSet<String> {
    messages.iter().map(|message| message.identity.unwrap().to_string()).collect()
}

/// The identities of what comes, until there are so many.
async fn all_of(source: &mut Box<dyn Source>, count: usize) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    while all.len() < count {
        all.extend(identities(&taken(source, 1).await));
    }
    all
}

#[tokio::test]
async fn a_message_has_one_identity_however_often_it_comes() {
    let server = nats();
    let mut sink = to(&server, "in?stream=S");
    // The same text three times: these are three messages.
    let mut all = numbered(0..20);
    all.extend(numbered(0..2));
    all.push(Message::new(Bytes::from(vec![b'x'; 300_000])));
    sink.send(&all).await.unwrap();
    let small = Settings { max_message: 100_000, ..settings(server.password()) };
    let open = || source(&url(&server, "in?stream=S&ack_wait=1"), &small).unwrap();
    let mut first = open();
    let once = taken(&mut first, 23).await;
    assert_eq!(once[22].cut, Some(300_000));
    let known = identities(&once);
    assert_eq!(known.len(), 23);
    let started = std::fs::metadata(server.directory().join("processes")).unwrap();
    let now = started.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for message in &once {
        let seconds = u32::from_be_bytes(message.identity.unwrap().0[..4].try_into().unwrap());
        assert!(now.abs_diff(seconds.into()) < 600, "{seconds}");
    }
    // To the same process after a while, to another one, and after a crash of the server.
    assert_eq!(identities(&taken(&mut first, 23).await), known);
    first.close().await;
    let mut second = open();
    assert_eq!(all_of(&mut second, 23).await, known);
    second.close().await;
    server.kill();
    server.restart();
    let mut third = open();
    assert_eq!(all_of(&mut third, 23).await, known);
    third.close().await;
    let plain = source(&url(&server, "other"), &small);
    let mut plain = plain.unwrap();
    let mut sink = to(&server, "other");
    let heard = timeout(SOON, async {
        loop {
            if let Ok(some) = timeout(Duration::from_millis(50), plain.receive(1)).await {
                break some.unwrap();
            }
            sink.send(&numbered(0..1)).await.unwrap();
        }
    });
    assert_eq!(heard.await.unwrap()[0].identity, None, "without a stream it has no name");
}

#[tokio::test]
async fn who_closes_gives_back_at_once_what_is_not_settled() {
    let server = nats();
    to(&server, "in?stream=S").send(&numbered(0..1000)).await.unwrap();
    let mut first = from(&server, "in?stream=S");
    let begun = std::time::Instant::now();
    // Its runtime ends right after it, as that of a process does.
    let closing = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            assert_eq!(taken(&mut first, 1000).await.len(), 1000);
            first.settle(400).await.unwrap();
            first.close().await;
        });
    });
    closing.await.unwrap();
    let mut second = from(&server, "in?stream=S");
    let numbers = again(&mut second, 600).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    assert_eq!(numbers, texts(&numbered(400..1000)).into_iter().collect());
}

#[tokio::test]
async fn who_closes_under_load_keeps_nothing_back() {
    let server = nats();
    to(&server, "in?stream=S").send(&numbered(0..30_000)).await.unwrap();
    let mut first = from(&server, "in?stream=S");
    assert_eq!(taken(&mut first, 3000).await.len(), 3000);
    first.settle(2000).await.unwrap();
    assert!(!first.stop(), "the server has what it does not take");
    assert_eq!(first.receive(10).await.unwrap().len(), 0);
    let begun = std::time::Instant::now();
    first.close().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let mut second = from(&server, "in?stream=S");
    let (mut seen, mut count) = (BTreeSet::new(), 0);
    while seen.len() < 28_000 {
        let some = timeout(Duration::from_secs(20), second.receive(1000)).await;
        let some = some.unwrap_or_else(|_| panic!("{} came back", seen.len())).unwrap();
        count += some.len() as u64;
        seen.extend(texts(&some));
        second.settle(count).await.unwrap();
    }
    assert!(seen.contains("2000") && !seen.contains("1999"));
    // Closed while its server is away, it does not wait for it.
    server.kill();
    let begun = std::time::Instant::now();
    second.close().await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn what_no_stream_keeps_is_still_received_after_a_stop() {
    let server = nats();
    let mut sink = to(&server, "in");
    let mut source = from(&server, "in");
    let probe = [Message::new(Bytes::from_static(b"probe"))];
    timeout(SOON, async {
        while timeout(Duration::from_millis(50), source.receive(1)).await.is_err() {
            sink.send(&probe).await.unwrap();
        }
    })
    .await
    .unwrap();
    sink.send(&numbered(0..10_000)).await.unwrap();
    // The server has passed all of them on before it answers who connects now.
    to(&server, "elsewhere").send(&probe).await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(source.stop());
    let mut got = Vec::new();
    loop {
        let some = timeout(SOON, source.receive(500)).await.unwrap().unwrap();
        if some.is_empty() {
            break;
        }
        got.extend(texts(&some).into_iter().filter(|text| text != "probe"));
    }
    assert_eq!(got, texts(&numbered(0..10_000)));
    // It has told that it takes nothing any more.
    sink.send(&numbered(0..1)).await.unwrap();
    assert_eq!(source.receive(1).await.unwrap().len(), 0);
    let mut unused = from(&server, "in");
    unused.stop();
    assert_eq!(timeout(SOON, unused.receive(1)).await.unwrap().unwrap().len(), 0);
}

/// Waits until a source is in trouble or not.
async fn until(health: &groundrule_core::delivery::Health, trouble: bool) {
    let waited = timeout(Duration::from_secs(20), async {
        while health.trouble().is_some() != trouble {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", health.trouble());
}

#[tokio::test]
async fn a_server_that_is_away_is_shown_until_it_is_back() {
    for rest in ["in", "in?stream=S"] {
        let server = nats();
        let mut source = from(&server, rest);
        let health = source.health();
        assert_eq!(health.trouble(), None);
        server.kill();
        let receiving = tokio::spawn(async move { source.receive(1).await });
        // It cannot be reached from the beginning; then it breaks off.
        for _ in 0..2 {
            until(&health, true).await;
            let why = health.trouble().unwrap();
            assert!(why.contains("NATS") || why.contains("nats://"), "{why}");
            assert!(!why.contains(server.password()), "{why}");
            server.restart();
            until(&health, false).await;
            server.kill();
        }
        until(&health, true).await;
        receiving.abort();
    }
}
