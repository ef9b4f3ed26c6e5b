//! Every outcome that a resource can have.

use crate::estate::{Machine, short};

/// What two of the commands are is decided by the test.
fn manifest(command: &str) -> String {
    MANIFEST.replace("COMMAND", command)
}

const MANIFEST: &str = r#"
file { $dir: ensure => directory }
file { "${dir}/created": content => "caf\u00e9 \"quoted\"\n" }
exec { 'fails': command => 'COMMAND' }
-> file { "${dir}/never": content => 'x' }
file { "${dir}/conf": content => 'x' } ~> exec { 'reload': command => '/bin/true', refreshonly => true }
file { "${dir}/conf2": content => 'x' } ~> exec { 'bad': command => 'COMMAND', refreshonly => true }
file { "${dir}/secret": content => Sensitive('s3cret') }
file { "${dir}/noop": content => 'x', noop => true }
notify { 'told': }
"#;

#[test]
fn every_outcome_is_told_and_recoveries_are() {
    let machine = Machine::new();
    let without = machine.apply(&manifest("/bin/false"));
    assert_eq!((without.code, machine.kept().len()), (6, 0));
    std::fs::remove_dir_all(machine.path("files")).unwrap();

    machine.configure(&format!("to: file:{}\n", machine.path("events").display()));
    let ran = machine.apply(&manifest("/bin/false"));
    assert_eq!((ran.code, ran.warnings), (without.code, Vec::<String>::new()));
    let events = machine.events("events");
    assert_eq!(
        short(&events),
        [
            "archive 0 File[files]",
            "archive 0 File[created]",
            "status 2 Exec[fails]",
            "archive 0 File[conf]",
            "archive 0 File[conf2]",
            "archive 0 File[secret]",
            "archive 0 Notify[told]",
            "archive 0 File[never]",
            "archive 0 Exec[reload]",
            "status 2 Exec[bad]",
            "metric 0 puppet.run",
            "status 2 puppet",
        ]
    );
    for event in &events {
        assert_eq!(event["subject"], "web1.example.net");
        assert_eq!(event["eventid"].as_str().unwrap().len(), 24);
        assert_eq!(event["extended_data"]["environment"], "production");
        assert!(event["extended_data"]["configuration_version"].is_string());
        assert!(!event.to_string().contains("s3cret"));
    }
    let created = &events[1]["extended_data"];
    assert_eq!((&created["resource_type"], &created["changed"]), (&"File".into(), &true.into()));
    assert_eq!((&created["failed"], &created["line"]), (&false.into(), &4.into()));
    assert!(created["file"].as_str().unwrap().ends_with("site.pp"));
    assert!(created["tags"].as_array().unwrap().contains(&"file".into()));
    assert_eq!(created["events"][0]["property"], "ensure");
    assert_eq!(events[5]["extended_data"]["events"][0]["desired_value"], "[redacted]");
    assert!(events[2]["text"].as_str().unwrap().contains("returned 1"));
    assert_eq!(events[7]["text"], "skipped: Exec[fails] failed");
    assert_eq!(events[8]["extended_data"]["restarted"], true);
    assert_eq!(events[9]["extended_data"]["failed_to_restart"], true);
    assert_eq!(events[10]["metrics"]["resources.failed"], 2);

    std::fs::remove_file(machine.path("events")).unwrap();
    let ran = machine.apply(&manifest("/bin/true"));
    assert_eq!((ran.code, ran.warnings), (2, vec![]));
    assert_eq!(
        short(&machine.events("events")),
        [
            "archive 0 Exec[fails]",
            "archive 0 File[never]",
            "archive 0 Notify[told]",
            "status 0 Exec[fails]",
            "status 0 Exec[bad]",
            "metric 0 puppet.run",
            "status 0 puppet",
        ]
    );
}

#[test]
fn a_broken_configuration_is_told_and_changes_nothing() {
    let machine = Machine::new();
    machine.configure("to: amqp://localhost/x\n");
    let ran = machine.apply("notify { 'told': }");
    assert_eq!(ran.code, 2);
    assert_eq!(ran.warnings.len(), 1, "{:?}", ran.warnings);
    assert!(ran.warnings[0].contains("to: begins with none of stomp, stomp+tls, http"));
}
