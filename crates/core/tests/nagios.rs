//! What real plugins write, run by hand and by a real NRPE, as events.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::process::Command;

use groundrule_core::event::{Event, Kind, Severity};
use groundrule_core::nagios::{Check, Reading, passive_result, read_line};
use groundrule_services::Service;

const PLUGINS: &str = "/usr/lib/nagios/plugins";

/// What a plugin's output and exit code tell.
fn checked(plugin: &str, arguments: &[&str]) -> Reading {
    let output = Command::new(format!("{PLUGINS}/{plugin}"))
        .args(arguments)
        .env("LC_ALL", "C")
        .output()
        .expect("ci/install installs monitoring-plugins-basic and nagios-nrpe-plugin");
    let check = Check { origin: "nrpe", host: "web1", service: plugin, time: 1_301_951_466.0 };
    check.result(output.status.code().unwrap().into(), &output.stdout)
}

/// What NRPE answers to one of its commands.
fn asked(nrpe: &Service, command: &str) -> Reading {
    let port = nrpe.port().to_string();
    checked("check_nrpe", &["-n", "-H", nrpe.host(), "-p", &port, "-t", "60", "-c", command])
}

fn event(reading: Reading) -> Event {
    assert_eq!(reading.complaints, [""; 0]);
    reading.draft.event()
}

fn labels(event: &Event) -> Vec<String> {
    event.metrics().into_iter().map(|(label, _)| label).collect()
}

/// A status comes back as it was when Nagios is told of it.
fn comes_back(event: &Event) {
    let line = passive_result(event).unwrap();
    let back = read_line(1, line.as_bytes(), "nrpe").unwrap().unwrap().draft.event();
    assert_eq!(back.metrics(), event.metrics());
    assert_eq!((back.text(), back.severity()), (event.text(), event.severity()));
}

#[test]
fn plugins_by_hand() {
    let load = event(checked("check_load", &["-w", "1000,1000,1000", "-c", "2000,2000,2000"]));
    assert_eq!((load.kind(), load.severity()), (Kind::Status, Severity::Ok));
    assert_eq!(labels(&load), ["load1", "load5", "load15"]);
    let refused = event(checked("check_tcp", &["-H", "127.0.0.1", "-p", "1"]));
    assert_eq!(refused.severity(), Severity::Critical);
    assert!(refused.text().contains("refused"), "{}", refused.text());
    let unknown = event(checked("check_dummy", &["3", "nobody knows"]));
    assert_eq!((unknown.severity(), unknown.text()), (Severity::Unknown, "UNKNOWN: nobody knows"));
    let disk = event(checked("check_disk", &["-w", "0%", "-c", "0%", "-p", "/"]));
    assert_eq!(labels(&disk), ["/"]);
    let value = disk.value();
    assert_eq!(value["extended_data"]["perfdata"]["/"]["unit"], "B");
    let most = value["extended_data"]["perfdata"]["/"]["max"].as_f64().unwrap();
    assert!(disk.metrics()[0].1 > 0.0 && disk.metrics()[0].1 < most);
    [load, refused, unknown, disk].iter().for_each(comes_back);
}

#[test]
fn plugins_by_nrpe() {
    let nrpe = groundrule_services::nrpe();
    for (command, severity, text) in [
        ("load", Severity::Ok, "load average"),
        ("procs", Severity::Ok, "PROCS OK"),
        ("warning", Severity::Warning, "WARNING: 3 of 10"),
        ("refused", Severity::Critical, "refused"),
        ("unknown", Severity::Unknown, "UNKNOWN: unasked"),
        ("silent", Severity::Unknown, "Unable to read output"),
        ("odd", Severity::Unknown, "odd"),
        ("killed", Severity::Unknown, "Unable to read output"),
        ("slow", Severity::Unknown, "timed out"),
        ("missing", Severity::Unknown, "Unable to read output"),
        ("never heard of", Severity::Unknown, "not defined"),
        ("bytes", Severity::Ok, "café \u{fffd}"),
        ("long", Severity::Warning, "line 0"),
    ] {
        let event = event(asked(&nrpe, command));
        assert_eq!(event.severity(), severity, "{command}: {}", event.text());
        assert!(event.text().contains(text), "{command}: {}", event.text());
        comes_back(&event);
    }
    let warning = event(asked(&nrpe, "warning"));
    assert_eq!(labels(&warning), ["bad", "total", "late"]);
    assert_eq!(warning.value()["extended_data"]["details"], "more\nand more");
    let comma = asked(&nrpe, "comma");
    assert_eq!(comma.complaints.len(), 1);
    assert_eq!(comma.draft.event().metrics(), [("users".to_owned(), 3.0)]);
    nrpe.kill();
    let gone = event(asked(&nrpe, "load"));
    assert!(gone.severity() >= Severity::Critical, "{}", gone.text());
    nrpe.restart();
    assert_eq!(event(asked(&nrpe, "load")).severity(), Severity::Ok);
}
