//! Rules are read again when somebody says so; broken ones change nothing, and are told.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;

use groundrule_services::free_port;

use crate::lines::status;
use crate::process::{Pipeline, until};
use crate::running::Place;
use crate::travelling::{severity, statuses};

#[test]
fn rules_are_reloaded_when_the_trigger_is_touched() {
    let place = Place::new();
    let from = format!("tcp://127.0.0.1:{}", free_port());
    place
        .write(
            "groundrule.toml",
            format!("[pipeline]\nfrom = [{from:?}]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\nroutes = \"routes\"\n"),
        )
        .write("routes/portal/status.yaml", "types: [status]\nto: status\n")
        .write("routes/portal/out.yaml", "to: file:one.ndjson\n");
    let pipeline = Pipeline::start(&place, &[], &[]);
    let send = |name: &str| {
        until("the pipeline listens", || {
            TcpStream::connect(from.trim_start_matches("tcp://")).map(|mut stream| {
                writeln!(stream, "{}", status("web1", name, 0, 1000.0)).unwrap();
            })
        });
    };
    let holds = |file: &str, name: &str| {
        until(name, || {
            let text = fs::read_to_string(place.path(file)).unwrap_or_default();
            if text.contains(name) { Ok(()) } else { Err(text) }
        });
    };
    send("first");
    holds("one.ndjson", "first");

    place.write("routes/portal/out.yaml", "to: file:two.ndjson\n").write("routes/reload", "1");
    until("the new rules are told", || {
        let log = place.read("pipeline.log");
        if log.contains("new routes are in force") { Ok(()) } else { Err(log) }
    });
    send("second");
    holds("two.ndjson", "second");

    place
        .write("routes/portal/broken.yaml", "when: event.(\nto: status\n")
        .write("routes/reload", "2");
    until("the fault is a status", || {
        let rows = statuses(&place);
        match rows.iter().find(|row| row["name"] == "groundrule.routes" && row["severity"] == 2) {
            Some(row) if row["text"].as_str().unwrap().contains("the old routes stay") => Ok(()),
            _ => Err(rows),
        }
    });
    send("third");
    holds("two.ndjson", "third");
    assert!(severity(&statuses(&place), "web1", "third").is_some());
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
}
