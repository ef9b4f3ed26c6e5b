//! Exceptions: used, expired, unused, unknown, by mode; and what they never cover.

use serde_json::Value;

use crate::running::{Place, Ran};
use crate::told;

const FEATURE: &str = "Feature: x
  @id:zones
  Scenario: No two share a zone
    Given all nodes
    Then no two of them share the fact \"zone\"
  @id:nobody
  Scenario: Nobody
    Given nodes whose fact \"zone\" is \"9\"
    Then every one has the fact \"zone\"
";

fn waiver(id: &str, policy: &str, rest: &str) -> String {
    format!("- id: {id}\n  policy: {policy}\n  reason: second zone comes\n  owner: dba\n  {rest}\n")
}

fn judge(waivers: &str, arguments: &[&str]) -> (Ran, Value) {
    let place = Place::judging(FEATURE);
    place.write("w.yaml", waivers);
    let arguments =
        [&["x.feature", "--waivers", "w.yaml", "--now", "2026-11-01T12:00:00Z"], arguments]
            .concat();
    let ran = place.run(&[&arguments[..], &["-f", "results"]].concat());
    let results = serde_json::from_str(&ran.stdout).unwrap_or_default();
    (place.run(&arguments), results)
}

const ZONES: &[&str] = &["--tags", "@id:zones"];

fn status(waivers: &str, arguments: &[&str]) -> String {
    judge(waivers, &[ZONES, arguments].concat()).1["policies"][0]["status"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_finding_is_waived_until_the_last_day() {
    for (rest, expected) in [
        ("subjects: [a, b]\n  expires: 2026-11-01", "waived"),
        ("subjects: [B, A]\n  expires: 2026-12-31", "waived"),
        ("subjects: [a, b]\n  expires: 2026-10-31", "violated"),
        ("subjects: [a]\n  expires: 2026-12-31", "violated"),
        ("subjects: [a, b, c]\n  expires: 2026-12-31", "violated"),
        ("subjects: [a]\n  match: any\n  expires: 2026-12-31", "waived"),
        ("subjects: [c]\n  match: any\n  expires: 2026-12-31", "violated"),
        ("scope: policy\n  expires: 2026-12-31", "waived"),
    ] {
        assert_eq!(status(&waiver("W-1", "zones", rest), &[]), expected, "{rest}");
    }
    let other = waiver("W-1", "zone", "scope: policy\n  expires: 2026-12-31");
    assert_eq!(status(&other, &[]), "violated");
    let all = waiver("W-1", "zo*", "scope: policy\n  expires: 2026-12-31");
    assert_eq!(status(&all, &[]), "waived");
}

#[test]
fn the_mode_must_be_named() {
    let rest = "subjects: [a, b]\n  expires: 2026-12-31";
    let (plain, gate) = (
        waiver("W-1", "zones", rest),
        waiver("W-1", "zones", &format!("{rest}\n  applies_to: [gate]")),
    );
    for (waivers, mode, expected) in [
        (&plain, "ci", "waived"),
        (&plain, "audit", "waived"),
        (&plain, "gate", "violated"),
        (&gate, "gate", "waived"),
        (&gate, "ci", "violated"),
    ] {
        assert_eq!(status(waivers, &["--mode", mode]), expected, "{mode}");
    }
}

#[test]
fn what_users_read() {
    let good = waiver("W-1", "zones", "subjects: [a, b]\n  expires: 2026-11-01\n  ticket: OPS-1");
    told!("waived_pretty", judge(&good, ZONES).0);
    told!("waived_nagios", judge(&good, &[ZONES, &["-f", "nagios"]].concat()).0);
    told!("waived_github", judge(&good, &[ZONES, &["-f", "github"]].concat()).0);
    let expired = waiver("W-1", "zones", "subjects: [a, b]\n  expires: 2026-10-31");
    told!("waiver_expired", judge(&expired, ZONES).0);
}

#[test]
fn nothing_to_judge_is_never_waived() {
    let all = waiver("W-1", "nobody", "scope: policy\n  expires: 2026-12-31");
    let (_, results) = judge(&all, &["--tags", "@id:nobody"]);
    assert_eq!(results["policies"][0]["status"], "violated");
    assert_eq!(results["policies"][0]["violations"][0]["subjects"], serde_json::json!([]));
}

/// Judges everything there is, so that what no finding needs is known.
fn whole(waivers: &str, arguments: &[&str]) -> Ran {
    let place = Place::with_estate();
    place.write("features/x.feature", FEATURE).write("w.yaml", waivers);
    place.run(&[&["--waivers", "w.yaml", "--now", "2026-11-01T12:00:00Z"], arguments].concat())
}

#[test]
fn waivers_that_people_should_look_at_are_told() {
    let used = waiver("W-1", "zones", "subjects: [a, b]\n  expires: 2026-12-31");
    let unused = waiver("W-2", "zones", "subjects: [a, c]\n  expires: 2026-12-31");
    let unknown = waiver("W-3", "zonse", "scope: policy\n  expires: 2026-12-31");
    let expired = waiver("W-4", "zones", "subjects: [c]\n  expires: 2026-10-31");
    let waivers = [used.as_str(), &unused, &unknown, &expired].concat();
    let ran = whole(&waivers, &[]);
    told!("waivers_noted", ran);
    assert_eq!(ran.code, 1);
    let strict = whole(&waivers, &["--strict-waivers"]);
    assert_eq!(strict.code, 2);
    told!("waivers_strict", strict);
    assert_eq!(whole(&used, &["--strict-waivers"]).code, 1);
    let nagios = whole(&waivers, &["--strict-waivers", "-f", "nagios"]);
    assert!(nagios.code == 3 && nagios.stdout.starts_with("POLICY UNKNOWN"), "{nagios:?}");
    // A part of the policies tells nothing of the waivers of others.
    let part =
        whole(&[used, unused, unknown].concat(), &["--strict-waivers", "--tags", "@id:zones"]);
    assert_eq!((part.code, part.stdout.contains("W-2")), (0, false), "{part:?}");
}

#[test]
fn a_tag_must_name_a_waiver_that_is_there() {
    let place = Place::judging(
        "Feature: x\n  @waived(W-9)\n  Scenario: s\n    Given all nodes\n    Then there are exactly 3 of them\n",
    );
    let ran = place.run(&["x.feature"]);
    let note = "note: x.feature:3: there is no waiver W-9, which a tag names";
    assert!(ran.code == 0 && ran.stdout.contains(note), "{ran:?}");
}

#[test]
fn what_is_waived_and_not_known_is_undecided() {
    let place = Place::judging(
        "Feature: x\n  @id:zones\n  Scenario: s\n    Given all nodes\n    Then every one has the fact \"rack\"\n",
    );
    place.write("w.yaml", waiver("W-1", "zones", "scope: policy\n  expires: 2026-12-31"));
    let arguments = ["--waivers", "w.yaml", "--now", "2026-11-01T12:00:00Z"];
    assert_eq!(place.results(&arguments)["policies"][0]["status"], "waived");
    // Of a node that only answers discovery no facts are known.
    place.write("estate/discovery.json", "[\"a\", \"b\", \"c\", \"d\"]");
    let results = place.results(&arguments);
    assert_eq!(results["policies"][0]["status"], "undecided");
    assert_eq!(results["policies"][0]["violations"][0]["waiver"]["id"], "W-1");
    assert_eq!(place.run(&[&["x.feature"], &arguments[..]].concat()).code, 3);
}

#[test]
fn files_that_cannot_be_used() {
    let place = Place::judging(FEATURE);
    for (name, text) in [
        (
            "dates",
            [
                waiver("W-1", "zones", "scope: policy"),
                waiver("W-2", "zones", "scope: policy\n  expires: soon"),
            ]
            .concat(),
        ),
        (
            "scope",
            [
                waiver("W-1", "zones", "expires: 2026-12-31"),
                waiver("W-1", "'*'", "scope: policy\n  expires: 2026-12-31"),
            ]
            .concat(),
        ),
        ("field", waiver("W-1", "zones", "scope: policy\n  expire: 2026-12-31")),
        ("yaml", "- id: [\n".to_owned()),
    ] {
        place.write("w.yaml", text);
        let ran = place.run(&["x.feature", "--waivers", "w.yaml"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}: {ran:?}");
        told!(format!("waiver_fault_{name}"), ran);
    }
}

#[test]
fn the_list() {
    let place = Place::new();
    let one = waiver("W-1", "zones", "subjects: [a, b]\n  expires: 2026-11-01");
    let other = waiver("W-2", "z*", "scope: policy\n  expires: 2026-12-31");
    place.write("w.yaml", [one, other].concat());
    let list = |now: &str| place.run(&["waivers", "list", "w.yaml", "--now", now]);
    told!("waivers_list", list("2026-11-01T23:59:59Z"));
    assert_eq!(list("2026-11-01T23:59:59Z").code, 0);
    told!("waivers_list_expired", list("2026-11-02T00:00:00Z"));
    assert_eq!(list("2026-11-02T00:00:00Z").code, 1);
}
