//! Events through real HTTP.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Message};
use groundrule_transport::{Settings, sink, source};
use tokio::task::JoinHandle;

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn settings(token: Option<&str>) -> Settings {
    let mut settings = Settings::default();
    let name = "GROUNDRULE_HTTP_TOKEN".to_owned();
    settings.variables.extend(token.map(|token| (name, token.to_owned())));
    settings
}

fn event(name: usize) -> String {
    format!(r#"{{"name":"n{name}","subject":"s","type":"metric","metrics":{{"a":1}}}}"#)
}

/// A source in a task that settles everything it receives, and returns it when asked to end.
struct Taking {
    port: u16,
    task: JoinHandle<()>,
    taken: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

impl Taking {
    fn start(query: &str, token: Option<&str>) -> Self {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}/events{query}");
        let mut source = source(&url, &settings(token)).unwrap();
        let taken = std::sync::Arc::<std::sync::Mutex<Vec<String>>>::default();
        let into = taken.clone();
        let task = tokio::spawn(async move {
            let mut count = 0;
            loop {
                let messages = source.receive(10).await.unwrap();
                count += messages.len() as u64;
                let texts = messages.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned());
                into.lock().unwrap().extend(texts);
                source.settle(count).await.unwrap();
            }
        });
        Self { port, task, taken }
    }

    fn taken(&self) -> Vec<String> {
        self.taken.lock().unwrap().clone()
    }

    /// Sends a request as it is; returns the answer.
    async fn raw(&self, request: impl Into<Vec<u8>>) -> String {
        raw(self.port, request.into()).await
    }

    async fn post(&self, headers: &str, body: &str) -> String {
        let length = body.len();
        self.raw(format!("POST /events HTTP/1.1\r\nHost: h\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")).await
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn raw(port: u16, request: Vec<u8>) -> String {
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // It may answer, and end the connection, before it has everything.
        let _ = stream.write_all(&request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn one_an_array_and_lines_are_taken() {
    let taking = Taking::start("", None);
    let [a, b, c] = [1, 2, 3].map(event);
    let json = "Content-Type: application/json\r\n";
    let one = taking.post(json, &a).await;
    assert!(one.starts_with("HTTP/1.1 202 ") && one.ends_with("{\"accepted\":1}\n"), "{one}");
    let array = taking.post(json, &format!("[{a},\n{b}]")).await;
    assert!(array.ends_with("{\"accepted\":2}\n"), "{array}");
    let lines = format!("{a}\n{b}\n{c}");
    let told = taking.post("Content-Type: application/x-ndjson; charset=utf-8\r\n", &lines).await;
    assert!(told.ends_with("{\"accepted\":3}\n"), "{told}");
    let sniffed = taking.post("", &lines).await;
    assert!(sniffed.ends_with("{\"accepted\":3}\n"), "{sniffed}");
    let many = format!("[{}]", (0..1000).map(event).collect::<Vec<_>>().join(","));
    assert!(taking.post(json, &many).await.ends_with("{\"accepted\":1000}\n"));
    let chunked = format!(
        "POST /events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{a}\r\n0\r\n\r\n",
        a.len()
    );
    assert!(taking.raw(chunked).await.ends_with("{\"accepted\":1}\n"));
    assert_eq!(taking.taken()[..6], [&a, &a, &b, &a, &b, &c].map(Clone::clone));
    assert_eq!(taking.taken().len(), 1 + 2 + 3 + 3 + 1000 + 1);
}

#[tokio::test]
async fn what_is_wrong_is_told_and_nothing_taken() {
    let taking = Taking::start("", None);
    let good = event(1);
    let cases = [
        (
            "",
            format!("[{good},{{\"name\":\"n\"}}]"),
            "400",
            r#"{"error":"1 of 2 events invalid: none was taken","events":[{"index":1,"reasons":["type is missing: one of metric, status, archive, alert, simple_counter","subject is missing"]}]}"#,
        ),
        ("", "nonsense".into(), "400", "not JSON"),
        ("", String::new(), "400", "no event came"),
        ("Content-Type: application/x-ndjson\r\n", format!("{good}\nbroken"), "400", "\"index\":1"),
        ("Content-Type: image/png\r\n", good.clone(), "415", "application/x-ndjson"),
        ("Content-Encoding: gzip\r\n", good.clone(), "415", "not compressed"),
    ];
    for (headers, body, status, why) in cases {
        let answer = taking.post(headers, &body).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) && answer.contains(why),
            "{answer}"
        );
    }
    let other = taking.raw("POST /other HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(other.starts_with("HTTP/1.1 404 "), "{other}");
    let get = taking.raw("GET /events HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").await;
    assert!(get.starts_with("HTTP/1.1 405 ") && get.contains("allow: POST"), "{get}");
    let garbage = taking.raw("\0\0\0garbage\r\n\r\n").await;
    assert!(garbage.is_empty() || garbage.starts_with("HTTP/1.1 400 "), "{garbage}");
    assert_eq!(taking.taken(), Vec::<String>::new());
}

#[tokio::test]
async fn ten_megabytes_are_too_much_and_five_are_not() {
    let taking = Taking::start("", None);
    let sized = |size: usize| event(1).replace("\"s\"", &format!("\"{}\"", "s".repeat(size)));
    let large = taking.post("", &sized(10 << 20)).await;
    assert!(large.is_empty() || large.starts_with("HTTP/1.1 413 "), "{large}");
    let asked = taking.raw(format!("POST /events HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", 10 << 20)).await;
    assert!(asked.starts_with("HTTP/1.1 413 ") && asked.contains("8388608 bytes"), "{asked}");
    let chunk = "x".repeat(9 << 20);
    let chunked = format!(
        "POST /events HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n{:x}\r\n{chunk}\r\n0\r\n\r\n",
        chunk.len()
    );
    let chunked = taking.raw(chunked).await;
    assert!(chunked.is_empty() || chunked.starts_with("HTTP/1.1 413 "), "{chunked}");
    assert_eq!(taking.taken().len(), 0);
    assert!(taking.post("", &sized(5 << 20)).await.starts_with("HTTP/1.1 202 "));
    assert_eq!(taking.taken().len(), 1);
}

#[tokio::test]
async fn the_token_opens_the_door() {
    let taking = Taking::start("", Some("s3cret"));
    let without = taking.post("", &event(1)).await;
    assert!(
        without.starts_with("HTTP/1.1 401 ") && without.contains("www-authenticate: Bearer"),
        "{without}"
    );
    for other in ["s3cre", "s3crets", ""] {
        let wrong = taking.post(&format!("Authorization: Bearer {other}\r\n"), &event(1)).await;
        assert!(wrong.starts_with("HTTP/1.1 40"), "{wrong}");
        assert!(!wrong.contains("s3cret"), "{wrong}");
    }
    let wrong = taking.post("Authorization: Bearer other\r\n", &event(1)).await;
    assert!(wrong.starts_with("HTTP/1.1 403 "), "{wrong}");
    assert_eq!(taking.taken().len(), 0);
    let right = taking.post("authorization: bearer s3cret\r\n", &event(1)).await;
    assert!(right.starts_with("HTTP/1.1 202 "), "{right}");
}

#[test]
fn off_loopback_somebody_has_to_say_who_posts() {
    let url = format!("http://0.0.0.0:{}/events", free_port());
    let error = source(&url, &settings(None)).err().unwrap().to_string();
    assert!(
        error.contains("?token_file=FILE") && error.contains("GROUNDRULE_HTTP_TOKEN"),
        "{error}"
    );
    let error = source(&url, &settings(Some(" "))).err().unwrap().to_string();
    assert!(error.contains("its token is empty"), "{error}");
    assert!(source(&url, &settings(Some("t"))).is_ok());
}

#[tokio::test]
async fn it_is_answered_when_all_is_settled_and_not_before() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/events?timeout=1.5");
    let mut source = source(&url, &settings(None)).unwrap();
    let body = format!("[{},{},{}]", event(1), event(2), event(3));
    let request = format!(
        "POST /events HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = tokio::spawn(raw(port, request.clone().into_bytes()));
    let mut count = 0;
    while count < 3 {
        count += source.receive(2).await.unwrap().len() as u64;
        source.settle(count.min(2)).await.unwrap();
    }
    assert!(!answer.is_finished());
    source.settle(3).await.unwrap();
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 202 "));
    // Events that nobody settles in time are not said to be there.
    let answer = tokio::spawn(raw(port, request.clone().into_bytes()));
    assert_eq!(source.receive(10).await.unwrap().len(), 3);
    let late = answer.await.unwrap();
    assert!(late.starts_with("HTTP/1.1 503 ") && late.contains("retry-after: 5"), "{late}");
    source.settle(6).await.unwrap();
    // A source that ends leaves nobody without an answer.
    let answer = tokio::spawn(raw(port, request.into_bytes()));
    assert_eq!(source.receive(10).await.unwrap().len(), 3);
    drop(source);
    let stopped = answer.await.unwrap();
    assert!(stopped.starts_with("HTTP/1.1 503 ") && stopped.contains("being stopped"), "{stopped}");
    tokio::time::timeout(Duration::from_secs(10), async {
        while TcpStream::connect(("127.0.0.1", port)).is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
    .unwrap();
}

/// A connection that stays, over which requests are posted.
struct Poster(TcpStream);

impl Poster {
    fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self(stream)
    }

    fn post(&mut self, body: &str) {
        let length = body.len();
        write!(
            self.0,
            "POST /events HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
    }

    /// All that is answered until the connection ends.
    async fn answer(mut self) -> String {
        tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            self.0.read_to_string(&mut answer).unwrap();
            answer
        })
        .await
        .unwrap()
    }
}

#[tokio::test]
async fn a_stopped_source_settles_what_is_in_and_takes_nothing_else() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}/events");
    let mut source = source(&url, &settings(None)).unwrap();
    let mut posters: Vec<_> = (0..4).map(|_| Poster::connect(port)).collect();
    posters[0].post(&event(0));
    assert_eq!(source.receive(10).await.unwrap().len(), 1);
    // One is in and not received, one has begun, one is idle after an answer.
    let mut idle = Poster::connect(port);
    idle.post(&event(9));
    assert_eq!(source.receive(10).await.unwrap().len(), 1);
    source.settle(2).await.unwrap();
    posters[1].post(&event(1));
    let begun = event(2);
    let length = begun.len();
    let half = &begun[..9];
    write!(
        posters[2].0,
        "POST /events HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n\r\n{half}"
    )
    .unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert!(source.stop(), "what is in is to be received");
    posters[2].0.write_all(&begun.as_bytes()[9..]).unwrap();
    let late = Poster::connect(port);
    let late = {
        let mut late = late;
        late.post(&event(3));
        late.answer()
    };
    let idle = idle.answer().await;
    assert_eq!(idle.matches("HTTP/1.1").count(), 1, "{idle}");
    let late = late.await;
    let mut posters = posters.into_iter();
    let [first, second, third, silent] = std::array::from_fn(|_| posters.next().unwrap());
    let third = third.answer().await;
    for refused in [&late, &third] {
        assert!(
            refused.starts_with("HTTP/1.1 503 ") && refused.contains("it is being stopped"),
            "{refused}"
        );
    }
    assert_eq!(silent.answer().await, "", "who has asked for nothing is left alone");
    // What was in is received, and answered when it is settled.
    let last = source.receive(10).await.unwrap();
    assert_eq!(String::from_utf8_lossy(&last[0].body), event(1));
    assert_eq!(last.len(), 1);
    assert_eq!(source.receive(10).await.unwrap().len(), 0);
    source.settle(3).await.unwrap();
    for answer in [first.answer().await, second.answer().await] {
        assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    }
    drop(source);
}

#[tokio::test]
async fn who_closes_has_answered() {
    let port = free_port();
    let mut source = source(&format!("http://127.0.0.1:{port}/events"), &settings(None)).unwrap();
    let [mut settled, mut unsettled] = [Poster::connect(port), Poster::connect(port)];
    settled.post(&event(1));
    assert_eq!(source.receive(1).await.unwrap().len(), 1);
    unsettled.post(&event(2));
    assert_eq!(source.receive(1).await.unwrap().len(), 1);
    source.settle(1).await.unwrap();
    source.close().await;
    // Whatever becomes of the runtime now.
    for (poster, status) in [(settled, "202"), (unsettled, "503")] {
        let mut answer = String::new();
        let mut stream = poster.0;
        stream.set_nonblocking(true).unwrap();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

/// However a stop comes in between: what is accepted is received, and what is refused is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_loses_nothing_that_is_accepted() {
    for round in 0..10 {
        let port = free_port();
        let url = format!("http://127.0.0.1:{port}/events");
        let mut source = source(&url, &settings(None)).unwrap();
        let posts: Vec<_> = (0..64)
            .map(|n| {
                tokio::spawn(raw(
                    port,
                    format!(
                        "POST /events HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
                        event(n).len(),
                        event(n)
                    )
                    .into_bytes(),
                ))
            })
            .collect();
        let (mut taken, mut count) = (Vec::new(), 0);
        while count < 5 + round * 5 {
            let some = source.receive(3).await.unwrap();
            count += some.len() as u64;
            taken.extend(some);
            source.settle(count).await.unwrap();
        }
        source.stop();
        loop {
            let some = source.receive(3).await.unwrap();
            if some.is_empty() {
                break;
            }
            count += some.len() as u64;
            taken.extend(some);
            source.settle(count).await.unwrap();
        }
        let taken: Vec<_> =
            taken.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned()).collect();
        for (n, post) in posts.into_iter().enumerate() {
            let answer = post.await.unwrap();
            let accepted = answer.starts_with("HTTP/1.1 202 ");
            assert!(accepted || answer.starts_with("HTTP/1.1 503 "), "{answer}");
            assert_eq!(accepted, taken.contains(&event(n)), "{answer}");
        }
    }
}

#[tokio::test]
async fn many_at_once_and_a_slow_one_among_them() {
    let taking = Taking::start("?connections=32", None);
    let mut slow = TcpStream::connect(("127.0.0.1", taking.port)).unwrap();
    let body = event(0);
    write!(
        slow,
        "POST /events HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    slow.write_all(&body.as_bytes()[..9]).unwrap();
    let posts: Vec<_> = (0..64)
        .map(|poster| {
            let url = format!("http://127.0.0.1:{}/events", taking.port);
            tokio::spawn(async move {
                let mut sink = sink(&url, &settings(None)).unwrap();
                for n in 0..10 {
                    let message = Message::new(Bytes::from(event(poster * 10 + n)));
                    sink.send(&[message.clone(), message]).await.unwrap();
                }
            })
        })
        .collect();
    for post in posts {
        post.await.unwrap();
    }
    assert_eq!(taking.taken().len(), 64 * 10 * 2);
    slow.write_all(&body.as_bytes()[9..]).unwrap();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = String::new();
        slow.read_to_string(&mut answer).unwrap();
        answer
    });
    assert!(answer.await.unwrap().starts_with("HTTP/1.1 202 "));
}

#[tokio::test]
async fn who_is_too_slow_is_not_waited_for() {
    let taking = Taking::start("?timeout=1", None);
    let begun = "POST /events HTTP/1.1\r\nHost: h\r\n";
    let headers = taking.raw(begun).await;
    assert!(headers.is_empty() || headers.starts_with("HTTP/1.1 408 "), "{headers}");
    let body = taking.raw(format!("{begun}Content-Length: 100\r\n\r\n{{")).await;
    assert!(body.starts_with("HTTP/1.1 408 ") && body.contains("took too long"), "{body}");
    assert_eq!(taking.taken().len(), 0);
}

#[tokio::test]
async fn the_sink_posts_to_the_source_and_tells_what_it_says() {
    let taking = Taking::start("", Some("s3cret"));
    let url = format!("http://127.0.0.1:{}/events", taking.port);
    let messages: Vec<_> = (0..3000).map(|n| Message::new(Bytes::from(event(n)))).collect();
    let large = Message::new(Bytes::from(
        event(1).replace("\"s\"", &format!("\"{}\"", "s".repeat(2 << 20))),
    ));
    let mut to = sink(&url, &settings(Some("s3cret"))).unwrap();
    to.send(&messages).await.unwrap();
    to.send(&[large, messages[0].clone()]).await.unwrap();
    assert_eq!(taking.taken()[..3000], (0..3000).map(event).collect::<Vec<_>>());
    assert_eq!(taking.taken().len(), 3002);
    let error = to.send(&[Message::new(Bytes::from_static(b"{}"))]).await.unwrap_err();
    assert!(
        matches!(&error, CarryError::Refused(why) if why.contains("name is missing")),
        "{error}"
    );
    let mut other = sink(&url, &settings(Some("an0ther"))).unwrap();
    let error = other.send(&messages[..1]).await.unwrap_err();
    assert!(
        matches!(&error, CarryError::Away(why) if why.contains("403") && !why.contains("an0ther")),
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_takes_less_at_once_refuses_and_says_why() {
    let port = free_port();
    let small = Settings { max_message: 10_000, ..settings(None) };
    let mut source = source(&format!("http://127.0.0.1:{port}/events"), &small).unwrap();
    let task = tokio::spawn(async move {
        let mut count = 0;
        loop {
            count += source.receive(10).await.unwrap().len() as u64;
            source.settle(count).await.unwrap();
        }
    });
    let url = format!("http://127.0.0.1:{port}/events?timeout=10");
    let mut to = sink(&url, &settings(None)).unwrap();
    let few: Vec<_> = (0..100).map(|n| Message::new(Bytes::from(event(n)))).collect();
    to.send(&few).await.unwrap();
    // As much as is posted at once: the answer comes before it is written.
    let many: Vec<_> = (0..20_000).map(|n| Message::new(Bytes::from(event(n)))).collect();
    for _ in 0..20 {
        let error = to.send(&many).await.unwrap_err();
        assert!(matches!(&error, CarryError::Refused(why) if why.contains("413")), "{error}");
    }
    to.send(&few).await.unwrap();
    task.abort();
}

/// A server that answers each request with one answer.
fn answering(answer: String) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    port
}

#[tokio::test]
async fn every_status_is_understood() {
    let one = [Message::new(Bytes::from(event(1)))];
    let cases = [
        ("200 OK", "ok"),
        ("202 Accepted", "ok"),
        ("204 No Content", "ok"),
        // Nothing was ever taken there: it may be a server for something else.
        ("400 Bad Request", "away"),
        ("401 Unauthorized", "away"),
        ("403 Forbidden", "away"),
        ("404 Not Found", "away"),
        ("413 Too Large", "refused"),
        ("422 Unfit", "refused"),
        ("408 Timeout", "away"),
        ("429 Too Many", "away"),
        ("500 Oh", "away"),
        ("503 Busy", "away"),
        ("302 Found", "away"),
    ];
    for (status, expected) in cases {
        let body = if status.starts_with("204") { "" } else { "such\nis life" };
        let length = body.len();
        let port = answering(format!(
            "HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ));
        let url = format!("http://127.0.0.1:{port}/events?timeout=10");
        let told = match sink(&url, &settings(None)).unwrap().send(&one).await {
            Ok(()) => "ok",
            Err(error) => {
                assert!(error.to_string().contains("such is life"), "{error}");
                if matches!(error, CarryError::Away(_)) { "away" } else { "refused" }
            }
        };
        assert_eq!(told, expected, "{status}");
    }
    let url = format!("http://127.0.0.1:{}/events", free_port());
    let error = sink(&url, &settings(None)).unwrap().send(&one).await.unwrap_err();
    assert!(matches!(&error, CarryError::Away(why) if why.contains("refused")), "{error}");
}

/// A server that gives each request the next of these answers.
fn answering_in_turn(answers: Vec<(&'static str, &'static str)>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (status, body) in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    port
}

#[tokio::test]
async fn a_bad_request_is_the_fault_of_the_events_only_where_others_are_taken_or_it_says_so() {
    let one = [Message::new(Bytes::from(event(1)))];
    let bad = "400 Bad Request";
    let port = answering_in_turn(vec![
        (bad, "Client sent an HTTP request to an HTTPS server."),
        (bad, r#"{"error":"no token"}"#),
        (bad, r#"{"error":"1 of 1 events invalid","events":[]}"#),
        (bad, r#"{"error":"1 of 1 events invalid","events":[{"index":0,"reasons":["too odd"]}]}"#),
        (bad, "what"),
        ("202 Accepted", ""),
        (bad, "what"),
    ]);
    let mut to = sink(&format!("http://127.0.0.1:{port}/events"), &settings(None)).unwrap();
    let mut told = Vec::new();
    for _ in 0..7 {
        told.push(match to.send(&one).await {
            Ok(()) => "ok",
            Err(CarryError::Away(_)) => "away",
            Err(CarryError::Refused(_)) => "refused",
        });
    }
    assert_eq!(told, ["away", "away", "away", "refused", "away", "ok", "refused"]);
}

#[tokio::test]
async fn plain_http_to_a_port_that_speaks_tls_makes_no_dead_letters() {
    let files = certificates();
    let file = |name: &str| files.path().join(name).display().to_string();
    let port = free_port();
    let identity = format!("cert={}&key={}", file("cert.pem"), file("key.pem"));
    let mut source =
        source(&format!("https://127.0.0.1:{port}/events?{identity}"), &settings(None)).unwrap();
    let task = tokio::spawn(async move { source.receive(1).await });
    let mut to = sink(&format!("http://127.0.0.1:{port}/events"), &settings(None)).unwrap();
    let error = to.send(&[Message::new(Bytes::from(event(1)))]).await.unwrap_err();
    assert!(matches!(error, CarryError::Away(_)), "{error}");
    task.abort();
}

/// An authority in a directory, and a certificate for 127.0.0.1 that it signed.
fn certificates() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("ext"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    let key = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    for command in [
        format!("req -x509 {key} -subj /CN=authority -days 2 -keyout ca.key -out ca.pem"),
        format!("req -new {key} -subj /CN=test -keyout key.pem -out request"),
        "x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out cert.pem".into(),
    ] {
        let done = std::process::Command::new("openssl")
            .args(command.split(' '))
            .current_dir(directory.path())
            .output()
            .expect("openssl is needed: install it");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    directory
}

#[tokio::test]
async fn with_tls_certificates_say_who_is_who() {
    let files = certificates();
    let file = |name: &str| files.path().join(name).display().to_string();
    let identity = format!("cert={}&key={}", file("cert.pem"), file("key.pem"));
    let authority = format!("ca={}", file("ca.pem"));
    let port = free_port();
    let off = format!("https://0.0.0.0:{port}/events?{identity}");
    assert!(source(&off, &settings(None)).is_err());
    // Its clients' certificates are as good as a token.
    let mut source = source(&format!("{off}&{authority}"), &settings(None)).unwrap();
    let task = tokio::spawn(async move {
        let mut count = 0;
        loop {
            count += source.receive(10).await.unwrap().len() as u64;
            source.settle(count).await.unwrap();
        }
    });
    let one = [Message::new(Bytes::from(event(1)))];
    let with = |query: &str| {
        sink(&format!("https://127.0.0.1:{port}/events?timeout=20&{query}"), &settings(None))
            .unwrap()
    };
    with(&format!("{authority}&{identity}")).send(&one).await.unwrap();
    for stranger in [authority.clone(), identity.clone()] {
        let error = with(&stranger).send(&one).await.unwrap_err();
        assert!(matches!(error, CarryError::Away(_)), "{error}");
    }
    task.abort();
}
