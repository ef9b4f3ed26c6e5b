//! Events made of what others write, for several destinations.

use std::io::{Read as _, Write as _};
use std::process::Stdio;

use crate::running::{Place, Ran};

const AWAY: &str = "tcp://127.0.0.1:1/";

/// Lines of Nagios, as many as are asked for.
fn results(n: usize) -> String {
    (0..n)
        .map(|n| format!("[1790000000] PROCESS_SERVICE_CHECK_RESULT;host{n};load;0;fine\n"))
        .collect()
}

fn ingest(place: &Place, to: &[&str], input: &str) -> Ran {
    let to: Vec<_> = to.iter().flat_map(|url| ["--to", url]).collect();
    let mut command = place.command(&[&["ingest", "nagios"], &to[..]].concat());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may end before it has read everything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap().into()
}

fn lines(place: &Place, name: &str) -> usize {
    place.read(name).lines().count()
}

/// One destination that is away keeps nothing from the others, whichever is named first.
#[test]
fn what_works_gets_everything_and_it_is_told_which_has_it() {
    for order in [["file:out.ndjson", AWAY], [AWAY, "file:out.ndjson"]] {
        let place = Place::new();
        let ran = ingest(&place, &order, &results(1000));
        assert_eq!(ran.code, 2, "{ran:?}");
        assert_eq!(lines(&place, "out.ndjson"), 1000, "{ran:?}");
        for told in [
            "tcp://127.0.0.1:1/ did not take the events: ",
            "file:out.ndjson has all 1000 of them",
            "repeat this with `--to tcp://127.0.0.1:1/` alone",
            "twice",
        ] {
            assert!(ran.stderr.contains(told), "{told}: {ran:?}");
        }
    }
}

/// What one has in part, it gets twice when that is repeated.
#[test]
fn what_a_destination_has_in_part_is_told() {
    let place = Place::new();
    // It takes the first 512, and is away then.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let taking = std::thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        stream.set_read_timeout(Some(std::time::Duration::from_millis(500))).unwrap();
        while stream.read(&mut [0; 1 << 16]).is_ok_and(|n| n > 0) {}
        let _ =
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
    let ran = ingest(&place, &[&url, "file:out.ndjson"], &results(1000));
    taking.join().unwrap();
    assert_eq!((ran.code, lines(&place, "out.ndjson")), (2, 1000), "{ran:?}");
    for told in [
        format!("{url} took only the first 512 of the events: "),
        format!("repeat this with `--to {url}` alone"),
        format!("{url} gets the first 512 twice then"),
    ] {
        assert!(ran.stderr.contains(&told), "{told}: {ran:?}");
    }
}

#[test]
fn where_nothing_works_all_is_to_be_repeated() {
    let place = Place::new();
    let ran = ingest(&place, &[AWAY, "unix:nobody.socket"], &results(3));
    assert_eq!(ran.code, 2, "{ran:?}");
    for told in
        ["tcp://127.0.0.1:1/ did not take the events: ", "unix:nobody.socket", "repeat this"]
    {
        assert!(ran.stderr.contains(told), "{told}: {ran:?}");
    }
    assert!(!ran.stderr.contains("alone") && !ran.stderr.contains("twice"), "{ran:?}");
}
