//! Status events of a run, and what it remembers for the next.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::running::Place;

const FEATURE: &str = "Feature: Zones
  @id:none @owner:dba
  Scenario: Nobody is in zone 1
    Given nodes whose fact \"zone\" is \"1\"
    Then there are none

  @id:all @warning @allow-empty
  Scenario: Everybody is known
    Given all nodes
    Then there are at least 2 of them
";

const RUN: [&str; 5] = ["x.feature", "--now", "2026-11-01T00:00:00Z", "-f", "events"];

fn events(place: &Place, arguments: &[&str]) -> (i32, BTreeMap<(String, String), Value>) {
    let ran = place.run(arguments);
    assert!(ran.stderr.is_empty(), "{ran:?}");
    let read = |line: &str| {
        let event: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| event[key].as_str().unwrap().to_owned();
        ((text("subject"), text("name")), event)
    };
    (ran.code, ran.stdout.lines().map(read).collect())
}

fn severity(events: &BTreeMap<(String, String), Value>, subject: &str, name: &str) -> Option<u64> {
    events.get(&(subject.to_owned(), name.to_owned()))?["severity"].as_u64()
}

#[test]
fn one_event_a_subject_and_one_a_policy() {
    let place = Place::judging(FEATURE);
    let (code, told) = events(&place, &RUN);
    assert_eq!((code, told.len()), (1, 4), "{told:?}");
    assert_eq!(severity(&told, "a", "policy.none"), Some(2));
    assert_eq!(severity(&told, "b", "policy.none"), Some(2));
    let a = &told[&("a".to_owned(), "policy.none".to_owned())];
    assert_eq!(a["type"], "status");
    assert_eq!(a["eventtime"], 1_793_491_200.0);
    assert_eq!((&a["tags"]["feature"], &a["tags"]["owner"]), (&"Zones".into(), &"dba".into()));
    assert_eq!(a["tags"]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(a["tags"]["run"].as_str().unwrap().len(), 26);
    assert_eq!(a["extended_data"]["policy"]["line"], 3);
    assert_eq!(a["extended_data"]["fingerprint"].as_str().unwrap().len(), 32);
    let policy = &told[&("estate".to_owned(), "policy.none".to_owned())];
    assert_eq!((&policy["severity"], &policy["text"]), (&2.into(), &"2 violations".into()));
    assert_eq!(
        (&policy["metrics"]["violations"], &policy["metrics"]["population"]),
        (&2.0.into(), &2.0.into())
    );
    assert!(policy["metrics"]["seconds"].is_number(), "{policy}");
    assert_eq!(severity(&told, "estate", "policy.all"), Some(0));
}

#[test]
fn the_next_run_sends_the_recoveries() {
    let place = Place::judging(FEATURE);
    events(&place, &RUN);
    place.write("estate/facts/a.json", "{\"fqdn\": \"a\", \"zone\": \"2\"}");
    // A run of the other policy recovers nothing of this one.
    let (_, told) = events(&place, &[&RUN[..], &["--name", "Everybody"]].concat());
    assert_eq!(told.keys().map(|(_, name)| name.as_str()).collect::<Vec<_>>(), ["policy.all"]);
    let (code, told) = events(&place, &RUN);
    assert_eq!(code, 1);
    assert_eq!(severity(&told, "a", "policy.none"), Some(0));
    assert_eq!(severity(&told, "b", "policy.none"), Some(2));
    // Its time is later than that of the violation, though the clock says that they are the same.
    let a = &told[&("a".to_owned(), "policy.none".to_owned())];
    assert!(a["eventtime"].as_f64().unwrap() > 1_793_491_200.0, "{a}");
    let (_, told) = events(&place, &RUN);
    assert_eq!(severity(&told, "a", "policy.none"), None);
}

#[test]
fn what_is_not_known_any_more_is_unknown_and_recovers_later() {
    let place = Place::judging(FEATURE);
    events(&place, &RUN);
    place.write("estate/facts/a.json", "{ broken");
    let (_, told) = events(&place, &RUN);
    assert_eq!(severity(&told, "a", "policy.none"), Some(3));
    assert_eq!(severity(&told, "b", "policy.none"), Some(2));
    place.write("estate/facts/a.json", "{\"fqdn\": \"a\", \"zone\": \"2\"}");
    let (_, told) = events(&place, &RUN);
    assert_eq!(severity(&told, "a", "policy.none"), Some(0));
}

#[test]
fn a_policy_that_is_no_longer_there_recovers() {
    let place = Place::judging(FEATURE);
    events(&place, &RUN);
    place.write("x.feature", FEATURE.replace("@id:none", "@id:other"));
    let (_, told) = events(&place, &RUN);
    for subject in ["a", "b", "estate"] {
        assert_eq!(severity(&told, subject, "policy.none"), Some(0), "{told:?}");
    }
    assert_eq!(severity(&told, "a", "policy.other"), Some(2));
}

#[test]
fn a_waived_finding_keeps_its_severity_and_names_the_waiver() {
    let place = Place::judging(FEATURE);
    place.write(
        "waivers.yaml",
        "- {id: W-1, policy: none, subjects: [a], reason: moves, owner: dba, expires: 2026-12-01}\n",
    );
    let (code, told) = events(&place, &[&RUN[..], &["--waivers", "waivers.yaml"]].concat());
    assert_eq!(code, 1);
    let a = &told[&("a".to_owned(), "policy.none".to_owned())];
    assert_eq!((&a["severity"], &a["tags"]["waiver"]), (&2.into(), &"W-1".into()));
    let b = &told[&("b".to_owned(), "policy.none".to_owned())];
    assert_eq!(b["tags"]["waiver"], Value::Null);
}

#[test]
fn events_go_to_files_and_what_a_destination_does_not_take_waits() {
    let place = Place::judging(FEATURE);
    place.write("groundrule.toml", "[events]\nto = [\"file:out.ndjson\"]\nwait = \"1s\"\n");
    let away = "tcp://127.0.0.1:1/";
    let ran = place.run(&[&RUN[..3], &["--events", away]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("4 events for tcp://127.0.0.1:1/ wait on disk"), "{ran:?}");
    assert_eq!(place.read("out.ndjson").lines().count(), 4);
    let listed = place.run(&["spool", "list", "-f", "json"]);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((&listed[0]["to"], &listed[0]["waiting"]), (&away.into(), &4.into()));
    let wrong = place.run(&["x.feature", "--events", "ftp://host/"]);
    assert!(wrong.code == 2 && wrong.stderr.contains("no kind of address"), "{wrong:?}");
    let secret = place.run(&["x.feature", "--events", "stomp://me:hunter2@host/queue/x"]);
    assert!(secret.code == 2 && !secret.stderr.contains("hunter2"), "{secret:?}");
}

/// Whatever is wrong with the disk, the verdict is reached and told.
#[test]
fn a_run_ends_as_if_there_were_no_state_that_cannot_be_written() {
    let place = Place::judging(FEATURE);
    // Nobody, not even root, makes a directory in a file.
    place.write("full", "").write("groundrule.toml", "[events]\ndirectory = \"full/state\"\n");
    let ran = place.run(&[&RUN[..3], &["--events", "file:out.ndjson"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("Nobody is in zone 1"), "{ran:?}");
    assert_eq!(place.read("out.ndjson").lines().count(), 4);
    for told in ["were not kept on disk: the spool", "cannot be remembered in", "full/state"] {
        assert!(ran.stderr.contains(told), "{told}: {ran:?}");
    }
    place.write("groundrule.toml", "[events]\ndirectory = \"full/state\"\nwait = \"1s\"\n");
    let ran = place.run(&[&RUN[..3], &["--events", "tcp://127.0.0.1:1/"]].concat());
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("4 events for tcp://127.0.0.1:1/ are lost"), "{ran:?}");
}

fn memory(place: &Place) -> std::path::PathBuf {
    let folder = place.path(".local/state/groundrule/violating");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|file| file.extension().is_some_and(|end| end == "json")).unwrap()
}

#[test]
fn a_memory_that_cannot_be_read_is_not_known_and_written_anew() {
    let place = Place::judging(FEATURE);
    events(&place, &RUN);
    for broken in ["", "{\"time\": 1"] {
        std::fs::write(memory(&place), broken).unwrap();
        place.write("estate/facts/a.json", "{\"fqdn\": \"a\", \"zone\": \"2\"}");
        let ran = place.run(&RUN);
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(ran.stderr.contains("no recoveries are sent of it"), "{ran:?}");
        assert!(!ran.stdout.contains("does not break this rule any more"), "{ran:?}");
        place.write("estate/facts/a.json", "{\"fqdn\": \"a\", \"zone\": \"1\"}");
        events(&place, &RUN);
    }
}

#[test]
fn runs_at_the_same_time_do_not_forget_each_other() {
    for _ in 0..5 {
        let place = Place::judging(&FEATURE.replace("at least 2", "at least 9"));
        let start = |name| {
            let mut command = place.command(&[&RUN[..], &["--name", name]].concat());
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        };
        let runs = ["Nobody", "Everybody"].map(start);
        for mut run in runs {
            assert_eq!(run.wait().unwrap().code(), Some(1));
        }
        let remembered = std::fs::read_to_string(memory(&place)).unwrap();
        let remembered: Value = serde_json::from_str(&remembered).unwrap();
        let policies = remembered["policies"].as_object().unwrap();
        assert!(policies.contains_key("none") && policies.contains_key("all"), "{remembered}");
    }
}
