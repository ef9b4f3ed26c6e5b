//! Brokers that do not answer.

use std::net::TcpListener;

use crate::estate::{Machine, short};

const MANIFEST: &str = "notify { 'told': } exec { '/bin/false': }";

/// Whatever the broker does, the run comes to the same, and what could not be sent is kept.
fn keeps_all(machine: &Machine, to: &str) {
    machine.configure(&format!("to: {to}\n"));
    let before = machine.kept().len();
    let ran = machine.apply(MANIFEST);
    assert_eq!(ran.code, 6);
    let told = format!("4 events could not be sent to {to}");
    assert!(ran.warnings.len() == 1 && ran.warnings[0].contains(&told), "{:?}", ran.warnings);
    let kept = machine.kept();
    assert_eq!(
        short(&kept)[before..],
        [
            "archive 0 Notify[told]",
            "status 2 Exec[false]",
            "metric 0 puppet.run",
            "status 2 puppet"
        ]
    );
}

#[test]
fn brokers_that_hang_or_are_away_change_nothing() {
    let machine = Machine::new();
    // It takes connections, and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    keeps_all(&machine, &format!("stomp://{address}/queue/events"));
    keeps_all(&machine, &format!("http://{address}/events"));
    drop(silent);
    keeps_all(&machine, &format!("stomp://{address}/queue/events"));
    keeps_all(&machine, &format!("unix:{}", machine.path("none").display()));
    let kept = machine.kept();
    assert_eq!(kept.len(), 16);

    // The next run that can sends its own events first, then those.
    machine.configure(&format!("to: file:{}\n", machine.path("events").display()));
    let ran = machine.apply(MANIFEST);
    assert!(ran.code == 6 && ran.warnings.is_empty(), "{:?}", ran.warnings);
    let mut sent = machine.events("events");
    let mut all = kept;
    sent.retain(|event| all.contains(event));
    let identity = |event: &serde_json::Value| event["eventid"].to_string();
    sent.sort_by_key(identity);
    all.sort_by_key(identity);
    assert_eq!(sent, all);
    assert_eq!(machine.events("events").len(), 20);
    assert!(machine.kept().is_empty());
}
