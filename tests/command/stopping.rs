//! `--fail-fast`, and the order of reports.

use serde_json::json;

use crate::running::Place;
use crate::told;

const FEATURE: &str = "Feature: x
  Scenario: one
    Given all nodes
    Then there are exactly 3 of them
  Scenario: two
    Given all nodes
    Then there are none
  Scenario: three
    Given all nodes
    Then there are exactly 3 of them
  Scenario: four
    Given all nodes
    Then there are none
";

#[test]
fn it_stops_and_says_what_was_not_judged() {
    let place = Place::judging(FEATURE);
    for format in ["pretty", "junit", "json", "github", "nagios"] {
        let ran = place.run(&["x.feature", "--fail-fast", "-f", format]);
        told!(format!("fail_fast_{format}"), ran);
    }
    let results = place.results(&["--fail-fast", "--concurrency", "4"]);
    assert_eq!(results["not_judged"], json!(["x-three", "x-four"]));
    assert_eq!(
        results["summary"],
        json!({"policies": 2, "held": 1, "violated": 1, "undecided": 0, "waived": 0})
    );
}

#[test]
fn a_run_that_meets_no_failure_judges_everything() {
    let place = Place::judging(FEATURE);
    let results = place.results(&["--fail-fast", "--name", "one|three"]);
    assert_eq!((&results["not_judged"], &results["summary"]["held"]), (&json!([]), &json!(2)));
}

#[test]
fn the_report_is_the_same_however_many_are_judged_at_a_time() {
    let mut feature = String::from("Feature: x\n");
    for n in 0..60 {
        let count = n % 5;
        let retry = if n % 7 == 0 { "  @retry(1)\n" } else { "" };
        feature.push_str(&format!(
            "{retry}  Scenario: s{n}\n    Given all nodes\n    Then there are exactly {count} of them\n"
        ));
    }
    let place = Place::judging(&feature);
    let without_times = |concurrency: &str| {
        let mut results = place.results(&["--concurrency", concurrency]);
        for policy in results["policies"].as_array_mut().unwrap() {
            policy["seconds"] = json!(0);
        }
        (results["policies"].clone(), results["summary"].clone())
    };
    let one = without_times("1");
    assert_eq!(one.0.as_array().unwrap().len(), 60);
    assert_eq!(one.1["held"], 12);
    assert_eq!(one, without_times("8"));
    assert_eq!(one, without_times("200"));
}
