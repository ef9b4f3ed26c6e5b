//! A violation of a shipped policy on its way: run, broker, portal, archive, status, alert,
//! notifier; and the recovery behind it.

use std::fs;
use std::path::Path;

use groundrule_services::Service;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::process::{Pipeline, until};
use crate::running::{NOW, Place, shipped};

fn copied(from: &str, place: &Place, to: &str) {
    let _ = fs::remove_dir_all(place.path(to));
    let mut folders = vec![Path::new(&shipped(from)).to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(shipped(from)).unwrap();
            place.write(&format!("{to}/{}", name.display()), fs::read(&path).unwrap());
        }
    }
}

/// The statuses by subject and name.
pub fn statuses(place: &Place) -> Vec<Value> {
    let ran = place.run(&["status", "-f", "json"]);
    serde_json::from_str(&ran.stdout).unwrap_or_default()
}

pub fn severity(rows: &[Value], subject: &str, name: &str) -> Option<u64> {
    let row = rows.iter().find(|row| row["subject"] == subject && row["name"] == name)?;
    row["severity"].as_u64()
}

fn travels(broker: &Service, url: &str, variables: &[(&str, &str)]) {
    let place = Place::new();
    copied("examples/estate-broken", &place, "estate");
    copied("features", &place, "features");
    let configuration = format!(
        "[pipeline]\nfrom = [{url:?}]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\n\
         [[notifier]]\nname = \"file\"\nkind = \"log\"\nfile = \"alerts.ndjson\"\n"
    );
    place.write("groundrule.toml", configuration);
    let pipeline = Pipeline::start(&place, &[], variables);
    let judged = |now: &str| {
        let mut command = place.command(&["features", "--now", now, "--events", url]);
        let ran: crate::running::Ran =
            command.envs(variables.iter().copied()).output().unwrap().into();
        ran
    };
    let ran = judged(NOW);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!ran.stderr.contains("wait on disk"), "{ran:?}");

    let (subject, name) = ("mysql1.example.net", "policy.mysql-zones");
    until("the violation is a status", || {
        let rows = statuses(&place);
        if severity(&rows, subject, name) == Some(2) { Ok(()) } else { Err(rows) }
    });
    let told = || fs::read_to_string(place.path("alerts.ndjson")).unwrap_or_default();
    let of = |line: &&str| {
        let event: Value = serde_json::from_str(line).unwrap();
        event["subject"] == subject && event["name"] == name
    };
    let severities = || -> Vec<u64> {
        let lines = told();
        let lines = lines.lines().filter(of);
        lines
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["severity"].as_u64().unwrap())
            .collect()
    };
    until("somebody is told", || if severities() == [2] { Ok(()) } else { Err(told()) });
    let listed =
        place.run(&["events", "list", "--name", name, "--subject", subject, "-f", "ndjson"]);
    let kept: Value = serde_json::from_str(listed.stdout.lines().next().unwrap()).unwrap();
    let id = kept["eventid"].as_str().unwrap();
    let whole = place.run(&["events", "get", id]);
    assert_eq!(whole.stdout.trim(), listed.stdout.lines().next().unwrap());
    assert_eq!(kept["tags"]["feature"], "Design principles every team complies with");

    copied("examples/estate", &place, "estate");
    let ran = judged("2026-11-01T00:01:00Z");
    assert_eq!(ran.code, 0, "{ran:?}");
    until("the recovery is a status", || {
        let rows = statuses(&place);
        if severity(&rows, subject, name) == Some(0) { Ok(()) } else { Err(rows) }
    });
    until("the end is told", || if severities() == [2, 0] { Ok(()) } else { Err(told()) });
    pipeline.signal(Signal::SIGCONT);
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
    drop(place);
    let _ = broker.port();
}

#[test]
fn over_activemq() {
    let broker = groundrule_services::activemq();
    over_stomp(&broker);
}

#[test]
fn over_rabbitmq() {
    let broker = groundrule_services::rabbitmq();
    over_stomp(&broker);
}

fn over_stomp(broker: &Service) {
    let url = format!("stomp://{}@127.0.0.1:{}/queue/events", broker.user(), broker.port());
    travels(broker, &url, &[("GROUNDRULE_STOMP_PASSWORD", broker.password())]);
}

#[test]
fn over_nats() {
    let broker = groundrule_services::nats();
    let url = format!("nats://{}@127.0.0.1:{}/events?stream=EVENTS", broker.user(), broker.port());
    travels(&broker, &url, &[("GROUNDRULE_NATS_PASSWORD", broker.password())]);
}
