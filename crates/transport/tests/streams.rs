//! Lines through real sockets and files.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Message, Source};
use groundrule_transport::{Settings, sink, source};

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn small() -> Settings {
    Settings { max_message: 100_000, ..Settings::default() }
}

fn message(body: &str) -> Message {
    Message::new(Bytes::copy_from_slice(body.as_bytes()))
}

fn refused(url: &str) -> String {
    match source(url, &Settings::default()).err().unwrap() {
        CarryError::Refused(why) => why,
        CarryError::Away(why) => panic!("{why}"),
    }
}

async fn taken(source: &mut Box<dyn Source>, count: usize) -> Vec<Message> {
    let mut all = Vec::new();
    while all.len() < count {
        let some = source.receive(count - all.len()).await.unwrap();
        assert!(!some.is_empty(), "the source ended after {} of {count}", all.len());
        all.extend(some);
    }
    all
}

fn texts(messages: &[Message]) -> Vec<String> {
    messages.iter().map(|m| String::from_utf8_lossy(&m.body).into_owned()).collect()
}

#[tokio::test]
async fn many_connections_are_read_whatever_pieces_they_send() {
    let port = free_port();
    let mut source = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    let senders: Vec<_> = (0..20)
        .map(|sender| {
            thread::spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let lines: String =
                    (0..50).map(|n| format!("{{\"{sender}\":{n}}}\r\n\n")).collect();
                for piece in lines.as_bytes().chunks(7) {
                    stream.write_all(piece).unwrap();
                }
                write!(stream, "last of {sender}").unwrap();
            })
        })
        .collect();
    let all = texts(&taken(&mut source, 20 * 51).await);
    for sender in 0..20 {
        let own: Vec<_> =
            all.iter().filter(|line| line.starts_with(&format!("{{\"{sender}\":"))).collect();
        let expected: Vec<_> = (0..50).map(|n| format!("{{\"{sender}\":{n}}}")).collect();
        assert_eq!(own, expected.iter().collect::<Vec<_>>());
        assert!(all.contains(&format!("last of {sender}")));
    }
    source.settle(20 * 51).await.unwrap();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
}

#[tokio::test]
async fn a_line_that_is_too_long_is_cut_and_the_next_is_whole() {
    let port = free_port();
    let mut source = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    let sender = thread::spawn(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.write_all(b"first\n").unwrap();
        for _ in 0..500 {
            stream.write_all(&[b'x'; 10_001]).unwrap();
        }
        stream.write_all(b"\nlast\n").unwrap();
    });
    let all = taken(&mut source, 3).await;
    assert_eq!((&all[0].body[..], &all[2].body[..]), (&b"first"[..], &b"last"[..]));
    assert_eq!((all[1].cut, all[1].body.len()), (Some(5_000_500), 64 << 10));
    assert_eq!((all[0].cut, all[2].cut), (None, None));
    sender.join().unwrap();
}

/// Whoever sends faster than the lines are taken has to wait.
#[tokio::test]
async fn a_slow_consumer_holds_up_the_sender() {
    let port = free_port();
    let mut source = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_write_timeout(Some(Duration::from_millis(500))).unwrap();
    let line = [&[b'a'; 999][..], b"\n"].concat().repeat(100);
    // Sixteen batches of 64 KiB and what the system holds are taken; not 256 MB.
    let mut written = 0;
    let sender = thread::spawn(move || {
        while written < 256 << 20 {
            match stream.write(&line) {
                Ok(more) => written += more,
                Err(_) => break,
            }
        }
        written
    });
    assert_eq!(texts(&source.receive(1).await.unwrap()), ["a".repeat(999)]);
    let written = tokio::task::spawn_blocking(|| sender.join().unwrap()).await.unwrap();
    assert!(written < 64 << 20, "{written} bytes were taken");
    let whole = written / 1000;
    assert_eq!(taken(&mut source, whole - 1).await.len(), whole - 1);
}

#[tokio::test]
async fn receiving_may_be_given_up_at_any_time() {
    let port = free_port();
    let mut source = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    let sender = thread::spawn(move || {
        // The source listens since it was made, and accepts when somebody receives.
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        for n in 0..3000 {
            writeln!(stream, "{n}").unwrap();
        }
    });
    let mut all = Vec::new();
    while all.len() < 3000 {
        let receiving = source.receive(7);
        if let Ok(some) = tokio::time::timeout(Duration::from_micros(50), receiving).await {
            all.extend(texts(&some.unwrap()));
        }
    }
    assert_eq!(all, (0..3000).map(|n| n.to_string()).collect::<Vec<_>>());
    sender.join().unwrap();
}

/// Everything until the source ends.
async fn rest(source: &mut Box<dyn Source>) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        let some = tokio::time::timeout(Duration::from_secs(20), source.receive(100)).await;
        let some = some.expect("it does not end").unwrap();
        if some.is_empty() {
            return all;
        }
        all.extend(texts(&some));
    }
}

#[tokio::test]
async fn a_stopped_source_hands_on_what_was_sent() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.socket");
    let port = free_port();
    let mut sources = [
        source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap(),
        source(&format!("unix:{}", path.display()), &small()).unwrap(),
    ];
    let connect = |at: usize| -> Box<dyn ReadWrite> {
        match at {
            0 => Box::new(TcpStream::connect(("127.0.0.1", port)).unwrap()),
            _ => Box::new(UnixStream::connect(&path).unwrap()),
        }
    };
    for (at, source) in sources.iter_mut().enumerate() {
        let mut streams: Vec<_> = (0..3).map(|_| connect(at)).collect();
        streams[0].write_all(b"first\n").unwrap();
        assert_eq!(texts(&taken(source, 1).await), ["first"]);
        // Far more than fits between the connection and who receives.
        let many: String = (0..60_000).map(|n| format!("{n:05}\n")).collect();
        let (mut busy, written) = (streams.remove(0), many.clone());
        let sender = thread::spawn(move || {
            busy.write_all(written.as_bytes()).unwrap();
            busy
        });
        // One has not ended its line, one ended it with the connection; one just connected.
        streams[0].write_all(b"whole\nha").unwrap();
        streams[1].write_all(b"last").unwrap();
        drop(streams.remove(1));
        let busy = tokio::task::spawn_blocking(|| sender.join().unwrap()).await.unwrap();
        let mut unnoticed = connect(at);
        unnoticed.write_all(b"unnoticed\n").unwrap();
        assert!(source.stop());
        let mut all = rest(source).await;
        all.sort_unstable();
        let mut expected: Vec<_> = many.lines().map(str::to_owned).collect();
        expected.extend(["last", "unnoticed", "whole"].map(str::to_owned));
        assert_eq!(all.len(), expected.len());
        assert_eq!(all, expected);
        // Who is connected notices, and nobody else can connect.
        for mut stream in [busy, streams.remove(0), unnoticed] {
            assert!(matches!(stream.read(&mut [0; 8]), Ok(0) | Err(_)));
        }
        match at {
            0 => assert!(TcpStream::connect(("127.0.0.1", port)).is_err()),
            _ => assert!(!path.exists()),
        }
    }
}

trait ReadWrite: Read + Write + Send {}

impl<S: Read + Write + Send> ReadWrite for S {}

#[tokio::test]
async fn a_sender_that_never_stops_holds_up_no_stop() {
    let port = free_port();
    let mut source = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    let sender = thread::spawn(move || {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        while stream.write_all(b"more\n").is_ok() {}
    });
    taken(&mut source, 100).await;
    let begun = std::time::Instant::now();
    assert!(source.stop());
    let all = rest(&mut source).await;
    assert!(all.iter().all(|line| line == "more"), "only whole lines");
    assert!(begun.elapsed() < Duration::from_secs(15), "{:?}", begun.elapsed());
    tokio::task::spawn_blocking(|| sender.join().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_source_that_was_stopped_before_it_began_ends() {
    let port = free_port();
    let mut unused = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"early\n").unwrap();
    assert!(unused.stop());
    assert_eq!(rest(&mut unused).await, ["early"]);
}

#[tokio::test]
async fn a_file_that_is_being_read_is_left_where_it_stands() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.ndjson");
    let many: String = (0..500_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    fs::write(&path, many).unwrap();
    let mut source = source(&format!("file:{}", path.display()), &small()).unwrap();
    assert_eq!(taken(&mut source, 10).await.len(), 10);
    assert!(source.stop());
    let all = rest(&mut source).await;
    // What was read without a gap, and no more than what waits between two threads.
    assert!(all.len() > 1000 && all.len() < 400_000, "{}", all.len());
    let expected: Vec<_> = (10..10 + all.len()).map(|n| format!("{{\"n\":{n}}}")).collect();
    assert_eq!(all, expected);
}

#[tokio::test]
async fn a_read_that_waits_for_ever_holds_up_no_stop() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(made.success());
    let mut source = source(&format!("file:{}", path.display()), &small()).unwrap();
    let mut writer = fs::OpenOptions::new().write(true).open(&path).unwrap();
    writer.write_all(b"one\ntwo\nha").unwrap();
    assert_eq!(texts(&taken(&mut source, 1).await), ["one"]);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(source.stop());
    assert_eq!(rest(&mut source).await, ["two"]);
    drop(writer);
    // It cannot even be opened while nobody writes.
    let mut unopened = self::source(&format!("file:{}", path.display()), &small()).unwrap();
    assert!(unopened.stop());
    assert_eq!(rest(&mut unopened).await, [""; 0]);
}

#[test]
fn only_this_machine_may_send_unless_anyone_may() {
    let port = free_port();
    assert!(refused(&format!("tcp://0.0.0.0:{port}")).contains("?anyone=yes"));
    assert!(source(&format!("tcp://0.0.0.0:{port}?anyone=yes"), &small()).is_ok());
    let _first = source(&format!("tcp://127.0.0.1:{port}"), &small()).unwrap();
    assert!(refused(&format!("tcp://127.0.0.1:{port}")).contains("cannot listen"));
    assert!(refused("tcp://127.0.0.1").contains("with its port"));
    assert!(refused("tcp://127.0.0.1:1?anione=yes").contains("anyone"));
}

#[tokio::test]
async fn a_socket_file_is_for_its_user_and_one_process() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("in.socket");
    let url = format!("unix:{}", path.display());
    // One that a process left behind.
    drop(UnixListener::bind(&path).unwrap());
    let mut source = source(&url, &small()).unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(refused(&url).contains("another process listens there"));
    let mut stream = UnixStream::connect(&path).unwrap();
    stream.write_all(b"one\ntwo\n").unwrap();
    assert_eq!(texts(&taken(&mut source, 2).await), ["one", "two"]);
    let mut sink = sink(&url, &small()).unwrap();
    sink.send(&[message("three"), message("{\n}")]).await.unwrap();
    assert_eq!(texts(&taken(&mut source, 2).await), ["three", "{ }"]);
    drop(source);
    tokio::task::yield_now().await;
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    fs::write(&path, "precious").unwrap();
    assert!(refused(&url).contains("no socket"));
    assert_eq!(fs::read(&path).unwrap(), b"precious");
}

#[tokio::test]
async fn a_file_is_read_to_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("events.ndjson");
    let many: String = (0..100_000).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    fs::write(&path, format!("{many}\n\nlast")).unwrap();
    let mut source = source(&format!("file:{}", path.display()), &small()).unwrap();
    let mut all = Vec::new();
    loop {
        let some = source.receive(1000).await.unwrap();
        assert!(some.len() <= 1000);
        if some.is_empty() {
            break;
        }
        all.extend(some);
    }
    assert_eq!(all.len(), 100_001);
    assert_eq!(texts(&all[99_999..]), ["{\"n\":99999}", "last"]);
    let missing = refused(&format!("file:{}.not", path.display()));
    assert!(missing.contains("No such file"), "{missing}");
    assert!(refused(&format!("file:{}", directory.path().display())).contains("directory"));
    assert!(refused("file://host/x").contains("write file:host/x"));
}

#[tokio::test]
async fn a_file_is_appended_to_and_may_be_moved_away() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.ndjson");
    fs::write(&path, "before\n").unwrap();
    let url = format!("file:{}?sync=yes", path.display());
    let mut to = sink(&url, &small()).unwrap();
    to.send(&[message("{\"a\":\n1}"), message("two")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "before\n{\"a\": 1}\ntwo\n");
    fs::rename(&path, directory.path().join("out.1")).unwrap();
    to.send(&[message("three")]).await.unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");
    let nowhere = format!("file:{}/no/such", directory.path().display());
    let error = sink(&nowhere, &small()).unwrap().send(&[message("x")]).await.unwrap_err();
    assert!(matches!(error, CarryError::Away(_)), "{error}");
    let mut full = sink("file:/dev/full", &small()).unwrap();
    let error = full.send(&[message("x")]).await.unwrap_err();
    assert!(matches!(error, CarryError::Away(_)), "{error}");
}

#[tokio::test]
async fn a_line_that_another_process_left_unfinished_is_ended_first() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("out.ndjson");
    let url = format!("file:{}", path.display());
    for (before, after) in [("", "one\n"), ("whole\n", "whole\none\n"), ("ha", "ha\none\n")] {
        fs::write(&path, before).unwrap();
        sink(&url, &small()).unwrap().send(&[message("one")]).await.unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }
}

fn read_lines(listener: &TcpListener, count: usize) -> String {
    let (mut stream, _) = listener.accept().unwrap();
    let mut text = String::new();
    let mut byte = [0];
    while text.matches('\n').count() < count && stream.read(&mut byte).unwrap() == 1 {
        text.push(char::from(byte[0]));
    }
    text
}

#[tokio::test]
async fn a_far_side_that_comes_back_gets_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mut sink = sink(&format!("tcp://{address}?timeout=20"), &small()).unwrap();
    let first = thread::spawn(move || read_lines(&listener, 2));
    sink.send(&[message("one"), message("two")]).await.unwrap();
    assert_eq!(first.join().unwrap(), "one\ntwo\n");
    // It is away now, with its listener, and comes back while the sink tries.
    let second = thread::spawn(move || {
        thread::sleep(Duration::from_millis(300));
        read_lines(&TcpListener::bind(address).unwrap(), 1)
    });
    // That the far side ended the connection has to have arrived.
    tokio::time::sleep(Duration::from_millis(100)).await;
    sink.send(&[message("three")]).await.unwrap();
    assert_eq!(second.join().unwrap(), "three\n");
}

#[tokio::test]
async fn a_far_side_that_stays_away_or_takes_nothing_is_told() {
    let url = format!("tcp://127.0.0.1:{}?timeout=0.3", free_port());
    let error = sink(&url, &small()).unwrap().send(&[message("x")]).await.unwrap_err();
    assert!(matches!(&error, CarryError::Away(why) if why.contains("refused")), "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("tcp://{}?timeout=0.3", listener.local_addr().unwrap());
    let much = vec![Message::new(Bytes::from(vec![b'x'; 1 << 20])); 64];
    let error = sink(&url, &small()).unwrap().send(&much).await.unwrap_err();
    assert!(matches!(&error, CarryError::Away(why) if why.contains("takes nothing")), "{error}");
    let missing = sink("unix:no/such.socket?timeout=0.1", &small()).unwrap().send(&much[..1]).await;
    assert!(matches!(missing, Err(CarryError::Away(_))));
    assert!(!Path::new("no").exists());
}
