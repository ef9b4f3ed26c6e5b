//! Messages through a real NATS server, which is killed, held and full of others' messages.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::collections::BTreeSet;
use std::time::Duration;

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
    let again = taken(&mut first, 60).await;
    assert!(again.iter().all(|message| message.redelivered));
    let numbers: BTreeSet<_> = texts(&again).into_iter().collect();
    assert_eq!(numbers, texts(&numbered(40..100)).into_iter().collect());
    drop(first);
    // To another one.
    let mut second = from(&server, "in?stream=S");
    let again = taken(&mut second, 60).await;
    assert!(again.iter().all(|message| message.redelivered));
    second.settle(60).await.unwrap();
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
