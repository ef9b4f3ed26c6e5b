//! Events that wait on disk, and how they go out later.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::running::Place;

/// Two violations, and an event for the policy.
const FEATURE: &str = "Feature: Zones
  @id:none
  Scenario: Nobody is in zone 1
    Given nodes whose fact \"zone\" is \"1\"
    Then there are none
";

/// What is done with an event: a status of HTTP.
type Answer = fn(&Value) -> u16;

/// A server that events are posted to. It takes a request if it takes every event in it.
struct Taking {
    port: u16,
    taken: Arc<Mutex<Vec<Value>>>,
}

impl Taking {
    fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let events = posted(&stream);
                let status = events.iter().map(answer).max().unwrap_or(200);
                if status == 200 {
                    into.lock().unwrap().extend(events);
                }
                let end = "Content-Length: 4\r\nConnection: close\r\n\r\nsaid";
                let _ = write!(stream, "HTTP/1.1 {status} Status\r\n{end}");
            }
        });
        Self { port, taken }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/events", self.port)
    }

    /// About whom the events are that it took, in their order.
    fn subjects(&self) -> Vec<String> {
        let taken = self.taken.lock().unwrap();
        taken.iter().map(|event| event["subject"].as_str().unwrap().to_owned()).collect()
    }
}

/// The events of a request.
fn posted(stream: &TcpStream) -> Vec<Value> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        if let Some(size) = line.to_lowercase().strip_prefix("content-length:") {
            length = size.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    body.split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| serde_json::from_slice(line).unwrap())
        .collect()
}

fn place(feature: &str) -> Place {
    let place = Place::judging(feature);
    place.write("groundrule.toml", "[events]\nwait = \"5s\"\n");
    place
}

/// Has the events of so many runs wait for an address.
fn wait_for(place: &Place, url: &str, runs: usize) {
    for _ in 0..runs {
        let ran = place.run(&["x.feature", "--events", "file:missing/out.ndjson"]);
        assert!(ran.stderr.contains("events for file:"), "{ran:?}");
    }
    fs::write(only(place).join("url"), format!("{url}\n")).unwrap();
}

/// The directory of the only address for which anything waits.
fn only(place: &Place) -> PathBuf {
    let outer = fs::read_dir(place.path(".local/state/groundrule/spool")).unwrap();
    let mut found: Vec<_> = outer.map(|entry| entry.unwrap().path()).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found.remove(0)
}

fn dead_letters(place: &Place) -> Vec<Value> {
    let text = place.read(".local/state/groundrule/dead-letters.ndjson");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn nothing_of_a(event: &Value) -> u16 {
    if event["subject"] == "a" { 422 } else { 200 }
}

/// What a process left in a slot that is not the first is sent by the next run.
#[test]
fn a_run_sends_what_another_one_left() {
    let place = place(FEATURE);
    let run = || place.run(&["x.feature", "--events", "file:there/out.ndjson"]);
    let ran = run();
    assert!(ran.code == 1 && ran.stderr.contains("3 events for"), "{ran:?}");
    let outer = only(&place);
    fs::rename(outer.join("0"), outer.join("5")).unwrap();
    place.write("there/other", "");
    let ran = run();
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""), "{ran:?}");
    assert_eq!(place.read("there/out.ndjson").lines().count(), 6);
    assert_eq!(place.run(&["spool", "list"]).stdout, "nothing waits\n");
}

#[test]
fn what_is_refused_for_good_holds_up_no_run() {
    let place = place(FEATURE);
    let server = Taking::start(nothing_of_a);
    let ran = place.run(&["x.feature", "--events", &server.url()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(server.subjects().len(), 2, "{ran:?}");
    let told = "1 event is refused for good by http://127.0.0.1:";
    assert!(ran.stderr.contains(told) && ran.stderr.contains("422"), "{ran:?}");
    assert!(ran.stderr.contains("dead-letters.ndjson"), "{ran:?}");
    let letters = dead_letters(&place);
    assert_eq!(letters.len(), 1);
    assert_eq!(
        (&letters[0]["type"], &letters[0]["name"]),
        (&"archive".into(), &"dead.letter".into())
    );
    assert_eq!(letters[0]["eventid"].as_str().unwrap().len(), 24);
    let data = &letters[0]["extended_data"];
    assert_eq!(data["destination"], server.url());
    assert!(data["reason"].as_str().unwrap().contains("422"), "{data}");
    let body: Value = serde_json::from_str(data["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["subject"], "a");
    // What is sent has an identity, so that it does no harm if it arrives twice.
    assert_eq!(data["eventid"], body["eventid"]);
    let taken = server.taken.lock().unwrap();
    let ids: Vec<_> = taken.iter().map(|event| event["eventid"].as_str().unwrap()).collect();
    assert!(ids.iter().all(|id| id.len() == 24) && ids[0] != ids[1], "{ids:?}");
    assert_eq!(data["size"], data["body"].as_str().unwrap().len());
    let listed = place.run(&["spool", "list"]);
    assert_eq!(listed.stdout, "nothing waits\n", "{listed:?}");
}

#[test]
fn what_is_refused_for_good_holds_up_no_sending() {
    let place = place(FEATURE);
    let server = Taking::start(nothing_of_a);
    let url = server.url();
    wait_for(&place, &url, 2);
    let sent = place.run(&["spool", "send"]);
    assert_eq!(server.subjects(), ["b", "estate", "b", "estate"], "{sent:?}");
    // That something was refused is a finding, and nothing that repeating would mend.
    assert_eq!(sent.code, 1, "{sent:?}");
    assert!(sent.stdout.contains(&format!("       4  {url}  sent\n")), "{sent:?}");
    for told in [&format!("2 events are refused for good by {url}"), "422", "dead-letters.ndjson"] {
        assert!(sent.stderr.contains(told), "{told}: {sent:?}");
    }
    assert_eq!(dead_letters(&place).len(), 2);
    let again = place.run(&["spool", "send"]);
    assert_eq!((again.code, again.told()), (0, "exit code 0\n".to_owned()));
}

/// Where there is no place for a dead letter, the event stays where it is.
#[test]
fn what_cannot_be_kept_as_a_dead_letter_stays() {
    let place = place(FEATURE);
    let server = Taking::start(nothing_of_a);
    fs::create_dir_all(place.path(".local/state/groundrule/dead-letters.ndjson")).unwrap();
    let ran = place.run(&["x.feature", "--events", &server.url()]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("events for http://"), "{ran:?}");
    assert!(ran.stderr.contains("dead-letters.ndjson"), "{ran:?}");
    let sent = place.run(&["spool", "send"]);
    assert!(sent.code == 2 && sent.stderr.contains("dead-letters.ndjson"), "{sent:?}");
}

#[test]
fn what_waits_for_a_part_is_told() {
    let place = place(FEATURE);
    wait_for(&place, "status of sqlite:/x.db", 1);
    let sent = place.run(&["spool", "send"]);
    assert_eq!(sent.code, 0, "{sent:?}");
    let told = "       3  status of sqlite:/x.db  waits for a part of the pipeline: start it";
    assert!(sent.stdout.contains(told), "{sent:?}");
    let other = place.run(&["spool", "send", "tcp://127.0.0.1:1/"]);
    assert_eq!(other.told(), "exit code 0\n");
}
