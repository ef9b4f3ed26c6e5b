//! `groundrule gate`: decisions, reservations, and what goes wrong.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::thread;

use serde_json::Value;

use crate::running::{Place, Ran, in_checkout};

const TWO_STAY: &str = "Feature: F
  @gate @id:two-stay
  Scenario: Two of them stay
    Given nodes with the fact \"zone\"
    Then there are at least 2 of them
";

fn gate(place: &Place, arguments: &[&str]) -> (i32, Value) {
    let common = ["--policies", "x.feature", "--reservations", "sqlite:gate.db", "-f", "json"];
    let ran = place.run(&[&["gate"], arguments, &common].concat());
    let json = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
    (ran.code, json)
}

fn list(place: &Place) -> Value {
    let ran = place.run(&["gate", "list", "--reservations", "sqlite:gate.db", "-f", "json"]);
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
}

#[test]
fn on_the_shipped_estate() {
    let place = Place::new();
    let store = format!("sqlite:{}", place.path("gate.db").display());
    let ask = |arguments: &[&str]| {
        in_checkout(&[&["gate"], arguments, &["--reservations", &store]].concat())
    };
    let denied = ask(&["terminate", "mysql1.example.net"]);
    let expected = "deny: terminate mysql1.example.net

  safe-to-stop: erp1.example.net needs Service[mariadb] on mysql1.example.net, but mysql1.example.net is shut down
";
    assert_eq!((denied.code, denied.stdout.as_str()), (1, expected), "{denied:?}");
    let allowed = ask(&["terminate", "cache1.example.net"]);
    assert_eq!(allowed.code, 0, "{allowed:?}");
    assert!(allowed.stdout.starts_with("allow: terminate cache1.example.net\n\nheld as "));
    let added =
        ask(&["add", "-C", "mysql::server", "-F", "availability_zone=eu-1c", "--count", "2"]);
    assert_eq!(added.code, 0, "{added:?}");
    let held = ask(&["list"]);
    assert!(held.stdout.contains("terminate cache1.example.net, for 10 minutes"), "{held:?}");
    assert!(
        held.stdout.contains("add 2 nodes of class mysql::server with availability_zone=eu-1c")
    );
    let id = allowed.stdout.split_whitespace().nth(5).unwrap().to_owned();
    let again = ask(&["release", &id]);
    assert_eq!(again.code, 0, "{again:?}");
    let gone = ask(&["release", &id]);
    assert!(gone.code == 2 && gone.stderr.contains("there is no reservation"), "{gone:?}");
}

#[test]
fn what_is_allowed_is_held_until_it_lapses() {
    let place = Place::judging(TWO_STAY);
    let now = |at: &'static str| ["--now", at];
    let (code, first) =
        gate(&place, &[&["terminate", "a"][..], &now("2026-11-01T00:00:00Z")].concat());
    assert_eq!((code, &first["decision"]), (0, &"allow".into()), "{first}");
    assert_eq!(first["reservation"]["until"], "2026-11-01T00:10:00Z");
    assert_eq!(first["nodes"], serde_json::json!(["a"]));
    let (code, second) =
        gate(&place, &[&["terminate", "b"][..], &now("2026-11-01T00:05:00Z")].concat());
    assert_eq!((code, &second["decision"]), (1, &"deny".into()), "{second}");
    assert_eq!(second["reasons"][0]["policy"], "two-stay");
    assert_eq!(second["reasons"][0]["subjects"], serde_json::json!(["c"]));
    assert!(second["reservation"].is_null());
    let (code, third) =
        gate(&place, &[&["terminate", "b"][..], &now("2026-11-01T00:10:00Z")].concat());
    assert_eq!(code, 0, "{third}");
    // The clock was wrong: what lapsed counts again.
    let (code, fourth) =
        gate(&place, &[&["terminate", "c"][..], &now("2026-11-01T00:09:00Z")].concat());
    assert_eq!(code, 1, "{fourth}");
    // A clock that goes back by years holds nothing for years.
    let (code, fifth) =
        gate(&place, &[&["terminate", "c"][..], &now("2020-01-01T00:00:00Z")].concat());
    assert_eq!(code, 1, "{fifth}");
    let (code, sixth) =
        gate(&place, &[&["terminate", "c"][..], &now("2020-01-01T00:11:00Z")].concat());
    assert_eq!(code, 0, "{sixth}");
}

#[test]
fn maintenance_is_held_as_long_as_it_takes() {
    let place = Place::judging(TWO_STAY);
    let now = ["--now", "2026-11-01T00:00:00Z"];
    let (code, reply) = gate(&place, &[&["maintain", "a", "--for", "2h"][..], &now].concat());
    assert_eq!((code, &reply["action"]), (0, &"maintain".into()), "{reply}");
    assert_eq!(reply["reservation"]["until"], "2026-11-01T02:00:00Z");
    let (code, reply) = gate(&place, &[&["terminate", "b", "--hold", "0s"][..], &now].concat());
    assert_eq!(code, 1, "{reply}");
    let (code, reply) = gate(&place, &[&["terminate", "a", "--hold", "0s"][..], &now].concat());
    assert_eq!((code, reply["reservation"].is_null()), (0, true), "{reply}");
}

#[test]
fn a_largest_part_is_suggested() {
    let place = Place::judging(TWO_STAY);
    let (code, reply) = gate(&place, &["terminate", "a", "b", "a", "c", "--suggest"]);
    assert_eq!((code, &reply["suggestion"]), (1, &serde_json::json!(["a"])), "{reply}");
    assert_eq!(
        (&reply["nodes"], &reply["largest"]),
        (&serde_json::json!(["a", "b", "c"]), &true.into())
    );
}

#[test]
fn what_is_not_known_denies() {
    let place = Place::judging(TWO_STAY);
    place.write("estate/facts/c.json", "{");
    let (code, reply) = gate(&place, &["terminate", "a"]);
    assert_eq!((code, &reply["decision"]), (3, &"undecided".into()), "{reply}");
    assert_eq!(reply["undecided"][0]["policy"], "two-stay");
    assert!(list(&place).as_array().unwrap().is_empty());
}

#[test]
fn faults_are_told() {
    let place = Place::judging(TWO_STAY);
    place.write(
        "none.feature",
        "Feature: F\n  Scenario: S\n    Given all nodes\n    Then there are none\n",
    );
    place.write(
        "broken.db",
        "this is no database, and it is longer than a header of one would be, by far",
    );
    let ask = |arguments: &[&str]| -> Ran { place.run(&[&["gate"], arguments].concat()) };
    for (arguments, expected) in [
        (&["terminate", "aa", "--policies", "x.feature"][..], "no source knows the node aa"),
        (&["terminate", "a", "--policies", "none.feature"], "is tagged @gate"),
        (&["terminate", "a", "--policies", "missing.feature"], "missing.feature"),
        (&["maintain", "a", "--for", "soon", "--policies", "x.feature"], "is no length of time"),
        (&["add", "-C", "/x/", "--policies", "x.feature"], "a class, not an expression"),
        (&["add", "-C", "x", "-F", "zone", "--policies", "x.feature"], "is no fact"),
        (&["release", "x", "--reservations", "redis://x"], "keeps no reservations"),
    ] {
        let ran = ask(arguments);
        assert!(ran.code == 2 && ran.stderr.contains(expected), "{arguments:?}: {ran:?}");
    }
    // Where nobody knows what others were allowed, nothing is.
    for store in ["sqlite:broken.db", "sqlite:/nowhere/at/all.db", "mongodb://127.0.0.1:9/x"] {
        let ran = ask(&[
            "terminate",
            "a",
            "--policies",
            "x.feature",
            "--reservations",
            store,
            "-f",
            "json",
        ]);
        let reply: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        assert_eq!((ran.code, &reply["decision"]), (3, &"undecided".into()), "{reply}");
        assert_eq!(reply["undecided"][0]["policy"], "(reservations)", "{reply}");
    }
}

/// Two programs at the same instant: never may both, where together they break a rule.
#[test]
fn two_gates_never_break_a_rule_together() {
    const ROUNDS: usize = 40;
    let place = Place::judging(TWO_STAY);
    for round in 0..ROUNDS {
        let store = format!("sqlite:{round}.db");
        let start = |node: &str| {
            let arguments =
                ["gate", "terminate", node, "--policies", "x.feature", "--reservations", &store];
            place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        };
        let both = [start("a"), start("b")];
        let codes: Vec<_> =
            both.into_iter().map(|mut one| one.wait().unwrap().code().unwrap()).collect();
        let mut sorted = codes.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1], "round {round}");
    }
}

/// Whenever it is killed, what is left in the store is whole, and lapses.
#[test]
fn a_gate_that_is_killed_leaves_nothing_stuck() {
    let place = Place::judging(TWO_STAY);
    let arguments = [
        "gate",
        "terminate",
        "a",
        "--policies",
        "x.feature",
        "--reservations",
        "sqlite:gate.db",
        "--hold",
        "1s",
    ];
    for pause in 0..30 {
        let mut child =
            place.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(std::time::Duration::from_millis(pause));
        let _ = child.kill();
        let ended = child.wait().unwrap();
        assert!(ended.signal().is_some() || ended.code() == Some(0), "{ended:?}");
        // Never more than whole reservations of this node.
        for held in list(&place).as_array().unwrap() {
            assert_eq!(held["nodes"], serde_json::json!(["a"]));
        }
    }
    thread::sleep(std::time::Duration::from_millis(1100));
    let (code, reply) = gate(&place, &["terminate", "b"]);
    assert_eq!(code, 0, "{reply}");
}
