//! `nagios`: one line with performance data that nothing can break.

use crate::running::Place;
use crate::told;

#[test]
fn the_worst_comes_first_and_names_cannot_break_it() {
    let place = Place::with_estate();
    place.write(
        "estate/facts/evil.json",
        "{\"fqdn\": \"evil\", \"zone\": \"x | 'violated'=0\\n2nd\"}",
    );
    place.write(
        "x.feature",
        "Feature: x
  @id:un|decided
  Scenario: u
    Given nodes with class \"x\"
    Then there are none
  @id:warn @warning
  Scenario: w
    Given the node \"a\"
    Then there are none
  @id:crit
  Scenario: c
    Given all nodes
    Then the fact \"zone\" of every one is \"1\"
  @id:held
  Scenario: h
    Given all nodes
    Then there are exactly 4 of them
",
    );
    let ran = place.run(&["x.feature", "-f", "nagios"]);
    assert_eq!(ran.stdout.matches('|').count(), 1, "{}", ran.stdout);
    let data = ran.stdout.lines().next().unwrap().split_once('|').unwrap().1;
    for value in data.split_whitespace() {
        let (label, numbers) = value.split_once('=').unwrap();
        assert!(label.starts_with('\'') && label.ends_with('\''), "{value}");
        let numbers: Vec<_> = numbers.split(';').collect();
        assert_eq!(numbers.len(), 5, "{value}");
        let number = numbers[0].trim_end_matches('s');
        assert!(number.parse::<f64>().is_ok(), "{value}");
    }
    told!("nagios_hostile", ran);
}

#[test]
fn many_policies_are_not_all_named() {
    let mut feature = String::from("Feature: x\n");
    for n in 1..=5 {
        feature.push_str(&format!(
            "  @id:p{n}\n  Scenario: s{n}\n    Given all nodes\n    Then there are none\n"
        ));
    }
    let ran = Place::judging(&feature).run(&["x.feature", "-f", "nagios"]);
    let first = "POLICY CRITICAL - 5 critical (p1, p2, p3 and 2 more), 0 warning, 0 undecided, 0 ok | 'violated'=5;;0;0; ";
    assert!(ran.stdout.starts_with(first), "{}", ran.stdout);
}
