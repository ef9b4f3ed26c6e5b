//! Events made of what others write, for several destinations.

use std::io::Write as _;
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
            "1000 events were not sent to tcp://127.0.0.1:1/",
            "file:out.ndjson has all of them",
            "repeat this with `--to tcp://127.0.0.1:1/` alone",
            "twice",
        ] {
            assert!(ran.stderr.contains(told), "{told}: {ran:?}");
        }
    }
}

#[test]
fn where_nothing_works_all_is_to_be_repeated() {
    let place = Place::new();
    let ran = ingest(&place, &[AWAY, "unix:nobody.socket"], &results(3));
    assert_eq!(ran.code, 2, "{ran:?}");
    for told in
        ["3 events were not sent to tcp://127.0.0.1:1/", "unix:nobody.socket", "repeat this"]
    {
        assert!(ran.stderr.contains(told), "{told}: {ran:?}");
    }
    assert!(!ran.stderr.contains("alone") && !ran.stderr.contains("twice"), "{ran:?}");
}
