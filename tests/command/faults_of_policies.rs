//! What is wrong with a policy: said with its place and what to do, exit code 2, nothing judged.

use crate::running::Place;
use crate::told;

/// Judges a policy that has faults; a good one beside it must not be judged either.
fn faulty(name: &str, feature: impl AsRef<[u8]>) {
    let place = Place::with_estate();
    let good = "Feature: good\n  Scenario: s\n    Given all nodes\n    Then there are none\n";
    place.write("good.feature", good).write("x.feature", feature);
    let ran = place.run(&["good.feature", "x.feature"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{name}: {ran:?}");
    told!(format!("policy_{name}"), ran);
}

fn scenario(sentences: &[&str]) -> String {
    let sentences: String = sentences.iter().map(|s| format!("    {s}\n")).collect();
    format!("Feature: x\n  Scenario: s\n{sentences}")
}

#[test]
fn sentences_that_do_not_exist() {
    faulty(
        "unknown_sentences",
        scenario(&[
            "Given all nodez",
            "When I follow what they need",
            "Then every one has the fact zone",
            "And all of this is plainly beyond what anyone ever asked for",
            "And all nodes",
        ]),
    );
}

#[test]
fn gherkin_that_is_broken() {
    faulty("mistyped_keyword", scenario(&["Given all nodes", "Than there are none"]));
    faulty(
        "mistyped_scenario",
        "Feature: x\n  Scenaro: lost\n    Given all nodes\n    Then there are none\n  Scenario: kept\n    Given all nodes\n    Then there are exactly 3 of them\n",
    );
    faulty("no_feature", "  Scenario: s\n    Given all nodes\n    Then there are none\n");
    faulty(
        "two_features",
        "Feature: x\n  Scenario: s\n    Given all nodes\n    Then there are none\nFeature: y\n",
    );
    faulty("empty_file", "");
    faulty(
        "ragged_table",
        "Feature: x\n  Scenario: s\n    Given the nodes:\n      | a |\n      | b | c |\n      | d\n    Then there are none\n",
    );
    faulty(
        "open_text",
        "Feature: x\n  Scenario: s\n    Given all nodes\n    \"\"\"\n    Then there are none\n",
    );
    faulty("unknown_language", "# language: xx\nFeature: x\n  Scenario: s\n    Given all nodes\n");
    faulty(
        "not_utf8",
        b"Feature: x\n  Scenario: sch\xf6n\n    Given all nodes\n    Then there are none\n",
    );
    faulty(
        "missing_column",
        "Feature: x\n  Scenario Outline: s\n    Given nodes whose fact \"zone\" is \"<zon>\"\n    Then there are none\n    Examples:\n      | zone |\n      | 1    |\n",
    );
    faulty(
        "no_examples",
        "Feature: x\n  Scenario Outline: without\n    Given all nodes\n    Then there are none\n  Scenario Outline: without rows\n    Given all nodes\n    Then there are none\n    Examples:\n      | zone |\n",
    );
}

#[test]
fn scenarios_that_do_not_judge() {
    faulty("no_then", "Feature: x\n  Scenario: s\n    Given all nodes\n  Scenario: empty\n");
    faulty(
        "misfits",
        "Feature: x
  Scenario: groups without grouping
    Given all nodes
    Then every group has at least 2 members
  Scenario: pairs without following
    Given all nodes
    Then there are no pairs
  Scenario: nothing selected
    Then there are none
  Scenario: classes of dependencies
    Given all declared dependencies
    Then every one has class \"x\"
  Scenario: a name that nothing has
    Given all nodes as \"everybody\"
    When the \"someone\" are shut down
    Then every hard dependency is still met
",
    );
}

#[test]
fn checks_that_cannot_be_run() {
    faulty(
        "checks",
        "Feature: x
  Scenario: results without a check
    Given all nodes
    Then every result is OK
  Scenario: checks of services
    Given services
    When I run the check \"check_disk\"
    Then every result is at worst WARNING
  Scenario: more than a name
    Given all nodes
    When I run the check \"check_disk; reboot\"
    Then every result is OK
",
    );
}

#[test]
fn values_that_cannot_be_used() {
    faulty(
        "values",
        "Feature: x
  Scenario: s
    Given nodes with class \"/(/\"
    And only those matching \"(a=b\"
    And only those whose fact \"zone\" matches \"/[/\"
    Then there are at least 99999999999999999999999 of them
    And there are at least -1 of them
    And every one registered within \"soon\"
    And the fact \"zone\" of every one matches \"/*/\"
",
    );
    faulty("missing_table", scenario(&["Given the nodes:", "Then there are none"]));
    faulty(
        "superfluous_table",
        "Feature: x\n  Scenario: s\n    Given all nodes\n      | a |\n    Then there are none\n",
    );
}

#[test]
fn tags_that_cannot_be_used() {
    faulty(
        "tags",
        "@owner:
Feature: x
  @id: @slow
  Scenario: s
    Given all nodes
    Then there are none
  @severity:high @id:a @id:b
  Scenario: t
    Given all nodes
    Then there are none
  @Warning @every:often @retry(x) @waived(W-1
  Scenario: u
    Given all nodes
    Then there are none
",
    );
}

#[test]
fn two_policies_with_one_id() {
    faulty(
        "one_id_twice",
        "Feature: x
  @id:a
  Scenario: s
    Given all nodes
    Then there are none
  @id:a
  Scenario: t
    Given all nodes
    Then there are none
  Scenario: same
    Given all nodes
    Then there are none
  Scenario: same
    Given all nodes
    Then there are none
",
    );
    faulty(
        "id_of_another_file",
        "Feature: good\n  Scenario: s\n    Given all nodes\n    Then there are none\n",
    );
}

#[test]
fn a_fault_in_a_background_is_told_once() {
    faulty(
        "background",
        "Feature: x
  Background:
    Given all nodez
  Scenario: s
    Then there are none
  Scenario: t
    Then there are none
",
    );
}

#[test]
fn what_looks_strange_but_is_good() {
    for feature in [
        "\u{feff}Feature: x\r\n  Scenario: s\r\n    Given all nodes\r\n    Then there are exactly 3 of them\r\n",
        "# language: de\nFunktionalität: x\n  Szenario: s\n    Angenommen all nodes\n    Dann there are exactly 3 of them\n",
        "Feature: x\n  Example: s\n    * all nodes\n    Then there are exactly 3 of them",
        "Feature: x\n\n  Given that prose is free\n  Note: so is this\n\n  Scenario: s\n    In words.\n\n    Given the nodes:\n      # why\n      | a |\n\n      | B |\n    But only those whose fact \"zone\" is \"1\"\n    Then there are exactly 2 of them\n",
    ] {
        let ran = Place::judging(feature).run(&["x.feature"]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{feature}: {}", ran.stdout);
    }
}

#[test]
fn a_huge_file() {
    let mut feature = String::from("Feature: x\n");
    for n in 0..4000 {
        feature.push_str(&format!(
            "  Scenario: s{n}\n    Given all nodes\n    Then there are exactly 3 of them\n"
        ));
    }
    let ran = Place::judging(&feature).run(&["x.feature", "-f", "nagios"]);
    assert!(
        ran.stdout.starts_with("POLICY OK - 0 critical, 0 warning, 0 undecided, 4000 ok"),
        "{ran:?}"
    );
}
