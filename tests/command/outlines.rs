//! Backgrounds, rules and outlines: what is judged, under which id, on which line.

use serde_json::Value;

use crate::running::Place;

const FEATURE: &str = "@owner:dba
Feature: Outline and rule

  Background:
    Given all nodes

  @id:zones @warning
  Scenario Outline: zone <zone>
    And only those whose fact \"zone\" is \"<zone>\"
    Then there are exactly <n> of them

    @first
    Examples: first
      # a comment, and a gap
      | zone | n |

      | 1    | 2 |
      # another one
      | 2    | 2 |

    @second
    Examples: second
      | zone | n |
      | 3    | 0 |

  @every:1h
  Rule: In zone one
    Background:
      Given nodes whose fact \"zone\" is \"1\"

    @skip
    Scenario: all of them
      Then there are exactly 2 of them
";

fn rows(results: &Value) -> Vec<(String, String, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let policies = results["policies"].as_array().unwrap().iter();
    policies
        .map(|p| {
            (text(&p["id"]), text(&p["name"]), p["line"].as_u64().unwrap(), text(&p["status"]))
        })
        .collect()
}

#[test]
fn each_row_is_a_policy_on_its_line() {
    let results = Place::judging(FEATURE).results(&[]);
    let expected = [
        ("zones-1", "zone 1", 17, "held"),
        ("zones-2", "zone 2", 19, "violated"),
        ("zones-3", "zone 3", 24, "held"),
        ("outline-and-rule-all-of-them", "all of them", 32, "held"),
    ];
    let expected = expected.map(|(id, name, line, s)| (id.into(), name.into(), line, s.into()));
    assert_eq!(rows(&results), expected);
}

#[test]
fn tags_are_those_of_row_scenario_rule_and_feature() {
    let results = Place::judging(FEATURE).results(&[]);
    let tags = |n: usize| results["policies"][n]["tags"].as_array().unwrap().clone();
    assert_eq!(tags(0), ["@id:zones", "@warning", "@first", "@owner:dba"]);
    assert_eq!(tags(2), ["@id:zones", "@warning", "@second", "@owner:dba"]);
    assert_eq!(tags(3), ["@skip", "@every:1h", "@owner:dba"]);
    assert_eq!(results["policies"][1]["severity"], "warning");
    assert_eq!(results["policies"][3]["severity"], "critical");
    assert_eq!(results["policies"][3]["owner"], "dba");
}

#[test]
fn a_line_selects_what_stands_on_it() {
    let place = Place::judging(FEATURE);
    let zones: &[&str] = &["zones-1", "zones-2", "zones-3"];
    let rule: &[&str] = &["outline-and-rule-all-of-them"];
    let all: &[&str] = &["zones-1", "zones-2", "zones-3", "outline-and-rule-all-of-them"];
    for (line, expected) in [
        ("1", all),
        ("2", all),
        ("4", all),
        ("5", all),
        ("7", zones),
        ("8", zones),
        ("9", zones),
        ("13", zones),
        ("15", zones),
        ("17", &zones[..1]),
        ("19", &zones[1..2]),
        ("24", &zones[2..]),
        ("24:17", &["zones-1", "zones-3"]),
        ("27", rule),
        ("29", rule),
        ("32", rule),
        ("33", rule),
    ] {
        let ran = place.run(&[&format!("x.feature:{line}"), "--format", "results"]);
        let results: Value = serde_json::from_str(&ran.stdout).unwrap();
        let ids: Vec<_> = rows(&results).into_iter().map(|row| row.0).collect();
        assert_eq!(ids, expected, "line {line}");
    }
}

#[test]
fn a_row_is_still_itself_when_it_is_judged_alone() {
    let place = Place::judging(FEATURE);
    let ran = place.run(&["x.feature:19", "--format", "results"]);
    let results: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(rows(&results), [("zones-2".into(), "zone 2".into(), 19, "violated".into())]);
}
