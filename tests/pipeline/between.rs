//! Code in any language between two parts: a queue whose consumer sends altered events back.

use std::process::{Command, Stdio};

use crate::process::{Pipeline, until};
use crate::running::{Place, shipped};
use crate::travelling::{severity, statuses};

/// A Python program of a few lines raises the severity of what concerns the shop.
#[test]
fn a_consumer_in_python_alters_events() {
    let broker = groundrule_services::activemq();
    let at = format!("stomp://{}@127.0.0.1:{}", broker.user(), broker.port());
    let variables = [("GROUNDRULE_STOMP_PASSWORD", broker.password())];
    let place = Place::new();
    place
        .write(
            "groundrule.toml",
            format!(
                "[pipeline]\nfrom = [\"{at}/queue/events\"]\narchive = \"sqlite:events.db\"\n\
                 status = \"sqlite:status.db\"\nroutes = \"routes\"\n"
            ),
        )
        .write(
            "routes/portal/raise.yaml",
            "when: '!has(event.tags.raised)'\nto: stomp:///queue/raise\n",
        )
        .write("routes/portal/status.yaml", "when: has(event.tags.raised)\nto: status\n");
    let pipeline = Pipeline::start(&place, &[], &variables);
    let port = broker.port().to_string();
    let mut consumer = Command::new("python3")
        .args([&shipped("examples/between/raise.py"), "127.0.0.1", &port, broker.user()])
        .env("STOMP_PASSWORD", broker.password())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let event = crate::lines::status("shop1", "checkout", 1, 1000.0);
    place.write("event.ndjson", format!("{event}\n"));
    let mut sending =
        place.command(&["pipeline", "--from", "file:event.ndjson", "--routes", "out"]);
    place.write("out/portal/all.yaml", format!("to: {at}/queue/events\n"));
    let sent = sending.envs(variables).output().unwrap();
    assert!(sent.status.success(), "{sent:?}");
    until("the altered event is a status", || {
        let rows = statuses(&place);
        if severity(&rows, "shop1", "checkout") == Some(2) { Ok(()) } else { Err(rows) }
    });
    consumer.kill().unwrap();
    consumer.wait().unwrap();
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
}
