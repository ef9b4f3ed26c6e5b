//! Events on standard input: the pipeline ends when all is done.

use std::io::Write as _;
use std::process::Stdio;

use groundrule_services::free_port;
use serde_json::{Value, json};

use crate::process::{Pipeline, until};
use crate::running::{Place, Ran};

/// Runs the pipeline on these lines.
pub fn piped(place: &Place, arguments: &[&str], lines: &str) -> Ran {
    let arguments = [&["pipeline", "--from", "stdin:"], arguments].concat();
    let mut command = place.command(&arguments);
    command.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let lines = lines.to_owned();
    let writing = std::thread::spawn(move || {
        // A pipeline that could not start reads nothing.
        let _ = input.write_all(lines.as_bytes());
    });
    let ran = child.wait_with_output().unwrap().into();
    writing.join().unwrap();
    ran
}

pub fn status(subject: &str, name: &str, severity: u8, time: f64) -> String {
    json!({"subject": subject, "name": name, "type": "status", "severity": severity,
           "eventtime": time, "text": format!("is {severity}"), "origin": "test"})
    .to_string()
}

pub const KEPT: [&str; 4] = ["--archive", "sqlite:events.db", "--status", "sqlite:status.db"];

fn rows(place: &Place) -> Vec<Value> {
    let ran = place.run(&["status", "--status", "sqlite:status.db", "-f", "json"]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

fn listed(place: &Place, arguments: &[&str]) -> Vec<Value> {
    let fixed = ["events", "list", "--archive", "sqlite:events.db", "-f", "ndjson"];
    let ran = place.run(&[&fixed, arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn events_are_kept_and_make_statuses() {
    let place = Place::new();
    let lines = [
        status("web1", "load", 0, 1000.0),
        status("web1", "load", 2, 1010.0),
        status("web1", "load", 2, 1020.0),
        // Late, and the same again: they do no harm.
        status("web1", "load", 0, 1005.0),
        status("web1", "load", 2, 1020.0),
        json!({"subject": "web1", "name": "run", "type": "metric", "metrics": {"s": 1.5}})
            .to_string(),
    ];
    let ran = piped(&place, &KEPT, &lines.join("\n"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let rows = rows(&place);
    assert_eq!(rows.len(), 1, "{rows:?}");
    let row = &rows[0];
    let told = (&row["severity"], &row["since"], &row["last"], &row["count"], &row["text"]);
    assert_eq!(
        told,
        (&json!(2), &json!(1010.0), &json!(1020.0), &json!(2), &json!("is 2")),
        "{row}"
    );
    let events = listed(&place, &[]);
    assert_eq!(events.len(), 6, "{events:?}");
    assert!(events.iter().all(|event| event["eventid"].as_str().unwrap().len() == 24));
    assert_eq!(events[5]["name"], "run");
    assert_eq!(listed(&place, &["--type", "status", "--since", "1010"]).len(), 3);
    assert_eq!(listed(&place, &["--name", "run", "--subject", "web1"]).len(), 1);
    assert_eq!(listed(&place, &["--limit", "2"])[1]["name"], "run");
}

#[test]
fn what_is_no_event_is_kept_with_the_reason() {
    let place = Place::new();
    let deep = format!(
        r#"{{"name":"n","subject":"s","type":"archive","x":{}{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let nan = r#"{"name":"n","subject":"s","type":"metric","metrics":{"a":NaN}}"#;
    let lines =
        format!("not json\n{{\"name\":\"n\"}}\n{nan}\n{deep}\n{}\n", status("a", "b", 0, 1.0));
    let ran = piped(&place, &KEPT, &lines);
    assert_eq!(ran.code, 0, "{ran:?}");
    let dead = listed(&place, &["--name", "dead.letter"]);
    let reasons: Vec<_> =
        dead.iter().map(|event| event["extended_data"]["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons.len(), 4, "{reasons:?}");
    assert!(reasons[0].starts_with("not JSON"), "{reasons:?}");
    assert_eq!(
        reasons[1],
        "type is missing: one of metric, status, archive, alert, simple_counter; subject is missing"
    );
    assert!(reasons[2].starts_with("not JSON"), "{reasons:?}");
    assert_eq!(reasons[3], "nested more than 100 levels deep");
    assert_eq!(dead[1]["extended_data"]["body"], "{\"name\":\"n\"}");
    assert_eq!(rows(&place).len(), 1);

    // Without an archive they go to a file, and to wherever they are wanted.
    let ran = piped(&place, &["--dead-letters", "file:dead.ndjson"], "nonsense\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(place.read("dead.ndjson").contains("nonsense"));
    let ran = piped(&place, &[], "nonsense too\n");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(place.read(".local/state/groundrule/dead-letters.ndjson").contains("nonsense too"));
}

#[test]
fn a_status_is_acknowledged_and_cleared() {
    let place = Place::new();
    piped(&place, &KEPT, &status("web1", "load", 2, 1000.0));
    let say = |words: &[&str]| {
        place.run(&[&["status"], words, &["--status", "sqlite:status.db"]].concat())
    };
    assert_eq!(say(&["ack", "web1", "load", "--by", "ops"]).code, 0);
    assert_eq!(rows(&place)[0]["acknowledged"], "ops");
    let shown = say(&["--problems"]);
    assert!(
        shown.stdout.contains("CRITICAL  web1  load")
            && shown.stdout.contains("acknowledged by ops"),
        "{shown:?}"
    );
    let nagios = say(&["-f", "nagios"]);
    assert_eq!(nagios.code, 2, "{nagios:?}");
    assert!(nagios.stdout.starts_with("STATUS CRITICAL - 1 critical"), "{nagios:?}");
    assert_eq!(say(&["clear", "--subject", "web1", "--name", "load"]).code, 0);
    assert_eq!(rows(&place), Vec::<Value>::new());
    let gone = say(&["ack", "web1", "load"]);
    assert!(gone.code == 2 && gone.stderr.contains("there is no status"), "{gone:?}");
}

#[test]
fn what_is_not_heard_of_is_unknown() {
    let place = Place::new();
    place.write("routes/portal/ttl.yaml", "types: [status]\nset: {ttl: 1}\nto: status\n");
    let arguments = [&KEPT[..], &["--routes", "routes"]].concat();
    let ran = piped(&place, &arguments, &status("web1", "load", 0, 1000.0));
    assert_eq!(ran.code, 0, "{ran:?}");
    // Another one notices that the status is long over, once it could have heard of it itself.
    let port = free_port();
    let from = format!("tcp://127.0.0.1:{port}");
    let waiting = Pipeline::start(&place, &[&["--from", &from], &*arguments].concat(), &[]);
    until("web1 is UNKNOWN", || {
        let rows = rows(&place);
        let row = rows.iter().find(|row| row["subject"] == "web1").unwrap();
        if row["severity"] == 3 && row["since"] == json!(1001.0) { Ok(()) } else { Err(rows) }
    });
    assert_eq!(waiting.end(), Some(0));
}

#[test]
fn faults_of_rule_files_are_told_where_they_are() {
    let place = Place::new();
    place
        .write("routes/portal/a.yaml", "types: [state]\nto: status\n")
        .write("routes/portal/b.yaml", "when: event.name ==\nto: nowhere\n");
    let ran = piped(&place, &["--archive", "sqlite:e.db", "--routes", "routes"], "");
    assert_eq!(ran.code, 2, "{ran:?}");
    for part in ["routes/portal/a.yaml", "routes/portal/b.yaml", "state"] {
        assert!(ran.stderr.contains(part), "{part} in {}", ran.stderr);
    }
}

#[test]
fn what_cannot_work_is_said_before_anything_is_taken() {
    let place = Place::new();
    place.write("round/portal/all.yaml", "to: stomp:///queue/x\n");
    for (arguments, what) in [
        (&["--from", "ftp://x/"][..], "no kind of address"),
        (&["--from", "stdin:", "--archive", "oracle:x"], "the archive cannot be used"),
        (&["--from", "stdin:", "--role", "boss"], "there is no role"),
        (&["--from", "stdin:", "--role", "status"], "the role status cannot work"),
        (&["--from", "stdin:", "--listen", "0.0.0.0:0"], "is not loopback"),
        (&[], "nothing comes in"),
        (&["--from", "stomp://me:hunter2@host/queue/x"], "password_file"),
        (&["--from", "stdin:", "--queue", "status=bla://x"], "pipeline.queues.status"),
        (&["--from", "stdin:", "--queue", "status=nats://h/x?typo=1"], "pipeline.queues.status"),
        (&["--from", "nats://h/x", "--queue", "router=nats://h:4222/x"], "would go round"),
        (&["--from", "stomp://h/queue/x", "--routes", "round"], "would go round"),
    ] {
        let ran = place.run(&[&["pipeline"], arguments].concat());
        assert!(ran.code == 2 && ran.stderr.contains(what), "{arguments:?}: {ran:?}");
        assert!(!ran.stderr.contains("hunter2"), "{ran:?}");
    }
}

#[test]
fn a_large_event_is_kept_and_a_huge_message_is_a_dead_letter() {
    let place = Place::new();
    let text = |n: usize| {
        json!({"subject": "s", "name": "large", "type": "archive", "eventtime": 1, "text": "x".repeat(n)})
            .to_string()
    };
    let lines = format!("{}\n{}\n{}\n", text(1 << 20), text(100 << 20), status("a", "b", 0, 1.0));
    let ran = piped(&place, &KEPT, &lines);
    assert_eq!(ran.code, 0, "{ran:?}");
    let large = listed(&place, &["--name", "large"]);
    assert_eq!(large.len(), 1);
    assert_eq!(large[0]["text"].as_str().unwrap().len(), 1 << 20);
    let dead = listed(&place, &["--name", "dead.letter"]);
    let told = &dead[0]["extended_data"];
    assert!(told["reason"].as_str().unwrap().ends_with("are too many: at most 8388608"), "{told}");
    assert!(told["size"].as_u64().unwrap() > 100 << 20, "{told}");
    assert_eq!(rows(&place).len(), 1);
}
