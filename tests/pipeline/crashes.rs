//! Whatever is killed: every event that was taken is in the archive once.

use std::collections::BTreeMap;
use std::time::Duration;

use groundrule_services::Service;
use serde_json::{Value, json};

use crate::process::{Pipeline, until};
use crate::running::Place;

const EVENTS: usize = 6000;

fn event(n: usize) -> String {
    json!({"subject": format!("node{}", n % 50), "name": format!("event.{n}"), "type": "status",
           "severity": 0, "eventtime": 1000.0 + n as f64, "text": "fine"})
    .to_string()
}

/// How often each event is in the archive.
fn archived(place: &Place) -> BTreeMap<String, usize> {
    let ran = place.run(&["events", "list", "--type", "status", "-f", "ndjson"]);
    let mut counts = BTreeMap::new();
    for line in ran.stdout.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        *counts.entry(event["name"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

fn all_once(place: &Place) {
    until("every event is archived", || {
        let counts = archived(place);
        if counts.len() == EVENTS { Ok(()) } else { Err(counts.len()) }
    });
    let twice: Vec<_> = archived(place).into_iter().filter(|(_, n)| *n != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    until("every event is a status", || {
        let statuses = crate::travelling::statuses(place).len();
        if statuses == EVENTS { Ok(()) } else { Err(statuses) }
    });
}

/// Puts all events into the queue.
fn send(place: &Place, url: &str, variables: &[(&str, &str)]) {
    let lines: Vec<_> = (0..EVENTS).map(event).collect();
    place
        .write("events.ndjson", lines.join("\n"))
        .write("sending/portal/all.yaml", format!("to: {url:?}\n"));
    let arguments = [
        "pipeline",
        "--from",
        "file:events.ndjson",
        "--routes",
        "sending",
        "--archive",
        "sqlite:sent.db",
    ];
    let mut command = place.command(&arguments);
    let sent = command.envs(variables.iter().copied()).output().unwrap();
    assert!(sent.status.success(), "{sent:?}");
}

fn configure(place: &Place, url: &str) {
    place.write(
        "groundrule.toml",
        format!("[pipeline]\nfrom = [{url:?}]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\n"),
    );
}

/// Two pipelines share a queue and an archive; one after the other is killed in its work.
fn killed_under_load(url: &str, variables: &[(&str, &str)]) {
    let place = Place::new();
    configure(&place, url);
    let steady = Pipeline::start(&place, &[], variables);
    let mut victim = Pipeline::start(&place, &[], variables);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| send(&place, url, variables));
        for pause in [300, 700, 500] {
            std::thread::sleep(Duration::from_millis(pause));
            std::mem::replace(&mut victim, Pipeline::start(&place, &[], variables)).kill();
        }
        sending.join().unwrap();
    });
    all_once(&place);
    for pipeline in [steady, victim] {
        assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
    }
}

fn stomp(broker: &Service) -> (String, [(&'static str, String); 1]) {
    let url = format!("stomp://{}@127.0.0.1:{}/queue/events", broker.user(), broker.port());
    (url, [("GROUNDRULE_STOMP_PASSWORD", broker.password().to_owned())])
}

fn borrowed<'v>(variables: &'v [(&'static str, String); 1]) -> [(&'static str, &'v str); 1] {
    [(variables[0].0, &variables[0].1)]
}

#[test]
fn pipelines_on_activemq_are_killed() {
    let broker = groundrule_services::activemq();
    let (url, variables) = stomp(&broker);
    killed_under_load(&url, &borrowed(&variables));
}

#[test]
fn pipelines_on_rabbitmq_are_killed() {
    let broker = groundrule_services::rabbitmq();
    let (url, variables) = stomp(&broker);
    killed_under_load(&url, &borrowed(&variables));
}

#[test]
fn pipelines_on_nats_are_killed() {
    let broker = groundrule_services::nats();
    let url = format!("nats://{}@127.0.0.1:{}/events?stream=EVENTS", broker.user(), broker.port());
    killed_under_load(&url, &[("GROUNDRULE_NATS_PASSWORD", broker.password())]);
}

/// The broker is killed and comes back, while events go in and out.
#[test]
fn the_broker_is_killed() {
    let broker = groundrule_services::activemq();
    let (url, variables) = stomp(&broker);
    let variables = borrowed(&variables);
    let place = Place::new();
    configure(&place, &url);
    let pipeline = Pipeline::start(&place, &[], &variables);
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| send(&place, &url, &variables));
        std::thread::sleep(Duration::from_millis(500));
        broker.kill();
        std::thread::sleep(Duration::from_millis(500));
        broker.restart();
        sending.join().unwrap();
    });
    until("every event is archived", || {
        let counts = archived(&place);
        // What the broker took and could not confirm any more was sent again.
        drained(&place, &variables);
        if counts.len() == EVENTS { Ok(()) } else { Err(counts.len()) }
    });
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
}

/// Sends what waits on disk.
fn drained(place: &Place, variables: &[(&str, &str)]) {
    let sent = place.command(&["spool", "send"]).envs(variables.iter().copied()).output().unwrap();
    assert!(sent.status.success(), "{sent:?}");
}

/// A run whose broker is away judges as ever, and its events go out later.
#[test]
fn a_run_does_not_mind_a_broker_that_is_away() {
    let broker = groundrule_services::activemq();
    let (url, variables) = stomp(&broker);
    let variables = borrowed(&variables);
    let place = Place::judging(
        "Feature: x\n  @id:one\n  Scenario: s\n    Given all nodes\n    Then there are none\n",
    );
    place.write("groundrule.toml", "[events]\nwait = \"1s\"\n");
    broker.kill();
    let run = || -> crate::running::Ran {
        let mut command = place.command(&["x.feature", "--events", &url]);
        command.envs(variables).output().unwrap().into()
    };
    let ran = run();
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("4 events for stomp://") && ran.stderr.contains("spool send"),
        "{ran:?}"
    );
    let listed = place.run(&["spool", "list"]);
    assert!(listed.stdout.contains("       4  stomp://"), "{listed:?}");
    let sent = place.command(&["spool", "send"]).envs(variables).output().unwrap();
    assert_eq!(sent.status.code(), Some(2), "{sent:?}");
    broker.restart();
    drained(&place, &variables);
    let listed = place.run(&["spool", "list"]);
    assert_eq!(listed.stdout, "nothing waits\n");
    configure(&place, &url);
    let pipeline = Pipeline::start(&place, &[], &variables);
    until("all four are archived", || {
        let counts = archived(&place);
        if counts.len() == 1 && counts["policy.one"] == 4 { Ok(()) } else { Err(counts) }
    });
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
}
