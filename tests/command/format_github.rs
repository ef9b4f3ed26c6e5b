//! `github`: workflow commands that cannot be broken, and a summary.

use crate::running::Place;

const FEATURE: &str = "Feature: x
  @warning
  Scenario: 100%, or: nothing
    Given the node \"a\"
    Then there are none
  Scenario: undecided | barred
    Given nodes with class \"x\"
    Then there are none
  Scenario: waived
    Given the node \"b\"
    Then there are none
  Scenario: held
    Given all nodes
    Then there are exactly 3 of them
";

#[test]
fn annotations() {
    let place = Place::judging(FEATURE);
    place.write("w.yaml", "- {id: W-1, policy: x-waived, subjects: [b], reason: \"50%\\nof it\", owner: o, expires: 2999-12-31}\n");
    let ran = place.run(&["x.feature", "-f", "github", "--waivers", "w.yaml"]);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(
        lines[0].starts_with("::warning file=x.feature,line=3,title=100%25%2C or%3A nothing::a: "),
        "{}",
        lines[0]
    );
    let undecided = "::warning file=x.feature,line=6,title=undecided | barred::undecided: ";
    assert!(lines[1].starts_with(undecided), "{}", lines[1]);
    let waived = "::notice file=x.feature,line=9,title=waived::waived by W-1 until 2999-12-31";
    assert!(lines[2].starts_with(waived) && lines[2].contains("50%25%0Aof it"), "{}", lines[2]);
}

#[test]
fn the_summary_is_added_to_what_is_there() {
    let place = Place::judging(FEATURE);
    place.write("summary.md", "before\n");
    let mut command = place.command(&["x.feature", "-f", "github"]);
    let output = command.env("GITHUB_STEP_SUMMARY", place.path("summary.md")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let summary = place.read("summary.md");
    let mut lines = summary.lines();
    assert_eq!(lines.next(), Some("before"));
    assert_eq!(
        lines.next(),
        Some("### Ground rules: 1 held, 2 violated, 1 undecided, 0 waived, 0 not judged")
    );
    assert!(summary.contains("\n| undecided \\| barred | undecided | "), "{summary}");
    for row in summary.lines().filter(|line| line.starts_with('|')) {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 4, "{row}");
    }
}
