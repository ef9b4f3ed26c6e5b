//! What the program ends with.

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use crate::running::Place;

const HELD: &str = "Given all nodes\n    Then there are exactly 3 of them";
const VIOLATED: &str = "Given all nodes\n    Then there are none";
/// Nobody has a catalog.
const UNDECIDED: &str = "Given nodes with class \"x\"\n    Then there are none";

fn feature(bodies: &[(&str, &str)]) -> String {
    let scenarios = (1..)
        .zip(bodies)
        .map(|(n, (tags, body))| format!("  @id:p{n} {tags}\n  Scenario: s{n}\n    {body}\n"));
    format!("Feature: x\n{}", scenarios.collect::<String>())
}

fn code(bodies: &[(&str, &str)], arguments: &[&str]) -> i32 {
    let place = Place::judging(&feature(bodies));
    place.run(&[&["x.feature"], arguments].concat()).code
}

#[test]
fn the_worst_wins() {
    let warning = ("@warning", VIOLATED);
    for (bodies, plain, nagios) in [
        (&[("", HELD)][..], 0, 0),
        (&[("", HELD), ("", VIOLATED)], 1, 2),
        (&[("", HELD), warning], 1, 1),
        (&[warning, ("", VIOLATED)], 1, 2),
        (&[("", HELD), ("", UNDECIDED)], 3, 3),
        (&[("", UNDECIDED), ("", VIOLATED)], 1, 2),
        (&[("", UNDECIDED), warning], 1, 1),
        (&[], 4, 3),
        (&[("", VIOLATED), ("", "Given all nodez\n    Then there are none")], 2, 3),
    ] {
        assert_eq!(code(bodies, &[]), plain, "{bodies:?}");
        assert_eq!(code(bodies, &["-f", "nagios"]), nagios, "nagios, {bodies:?}");
        // A report for monitoring in a file changes nothing.
        assert_eq!(code(bodies, &["-f", "nagios:n.txt"]), plain, "{bodies:?}");
        let zero = if plain == 2 { 2 } else { 0 };
        assert_eq!(code(bodies, &["--exit-zero"]), zero, "{bodies:?}");
        let unknown = if plain == 2 || plain == 4 { 3 } else { 0 };
        assert_eq!(code(bodies, &["--exit-zero", "-f", "nagios"]), unknown, "{bodies:?}");
    }
}

#[test]
fn monitoring_is_told_unknown_in_its_own_form() {
    let place = Place::judging(&feature(&[("", HELD)]));
    for arguments in [
        &["nowhere.feature", "-f", "nagios"][..],
        &["x.feature", "-f", "nagios", "--estate", "nowhere"],
        &["x.feature", "-f", "nagios", "--tags", "@none"],
        &["x.feature", "-f", "nagios", "--tags", "~@old"],
        &["x.feature", "-f", "nagios", "-f", "nonsense:x"],
        &["x.feature", "--nonsense", "--format=nagios"],
        &["x.feature", "-f", "nagios", "--now", "yesterday"],
        &["x.feature", "-f", "nagios", "--config", "nowhere.toml"],
    ] {
        let ran = place.run(arguments);
        assert_eq!(ran.code, 3, "{arguments:?}: {ran:?}");
        assert!(ran.stdout.starts_with("POLICY UNKNOWN - "), "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout.lines().count(), 1, "{arguments:?}: {ran:?}");
        assert!(!ran.stdout.contains(":0:"), "{arguments:?}: {ran:?}");
        assert_ne!(ran.stderr, "", "{arguments:?}");
    }
}

#[test]
fn a_full_disk_is_a_failure() {
    let place = Place::judging(&feature(&[("", HELD)]));
    for (arguments, code) in [
        (&["x.feature"][..], 2),
        (&["x.feature", "-f", "results"], 2),
        (&["x.feature", "-f", "junit"], 2),
        (&["x.feature", "-f", "json"], 2),
        (&["x.feature", "--exit-zero"], 2),
        (&["x.feature", "-f", "nagios"], 3),
        (&["x.feature", "--dry-run"], 2),
        (&["steps"], 2),
        (&["man"], 2),
        (&["completions", "bash"], 2),
        (&["config", "show"], 2),
        (&["--version"], 2),
        (&["--help"], 2),
    ] {
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command(arguments).stdout(full).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("No space left"), "{arguments:?}");
    }
}

#[test]
fn a_reader_who_goes_changes_no_verdict() {
    let mut bodies = vec![("", HELD); 3000];
    bodies.push(("", VIOLATED));
    let place = Place::judging(&feature(&bodies));
    for (arguments, code) in [
        (&["x.feature", "-f", "results", "-f", "junit:report.xml"][..], 1),
        (&["x.feature", "--name", "^s1"], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["steps"], 0),
    ] {
        let mut child =
            place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::with_capacity(16, child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ended = child.wait().unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        assert_eq!((ended.code(), stderr.as_str()), (Some(code), ""), "{arguments:?}");
    }
    // What goes to a file is there whole.
    let report = place.read("report.xml");
    let read = roxmltree::Document::parse(&report).unwrap();
    let cases = read.descendants().filter(|node| node.has_tag_name("testcase")).count();
    assert_eq!(cases, 3001);
}

#[test]
fn a_report_is_there_whole_or_not_at_all() {
    let place = Place::judging(&feature(&[("", HELD)]));
    place.write("old.xml", "old");
    let ran = place.run(&["x.feature", "-f", "junit:old.xml", "--estate", "nowhere"]);
    assert_eq!((ran.code, place.read("old.xml").as_str()), (2, "old"));
    let ran = place.run(&["x.feature", "-f", "junit:made/on/the/way.xml", "-f", "json:c.json"]);
    assert_eq!(ran.code, 0);
    assert!(place.read("made/on/the/way.xml").ends_with("</testsuites>\n"));
    let left = std::fs::read_dir(place.path("")).unwrap().map(|e| e.unwrap().file_name());
    let left: Vec<_> = left.map(|name| name.into_string().unwrap()).collect();
    assert!(!left.iter().any(|name| name.contains(".part")), "{left:?}");
}
