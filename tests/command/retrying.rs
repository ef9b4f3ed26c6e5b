//! `@retry`: a policy that does not hold is judged again, and reported once.

use crate::running::Place;

const VIOLATED: &str = "    Given all nodes\n    Then there are none\n";
const HELD: &str = "    Given all nodes\n    Then there are exactly 3 of them\n";

fn attempts(feature: &str, arguments: &[&str]) -> Vec<(String, u64)> {
    let results = Place::judging(feature).results(arguments);
    let row = |policy: &serde_json::Value| {
        (policy["status"].as_str().unwrap().to_owned(), policy["attempts"].as_u64().unwrap())
    };
    results["policies"].as_array().unwrap().iter().map(row).collect()
}

#[test]
fn every_attempt_counts_and_each_policy_is_reported_once() {
    for (tag, wanted) in [("@retry", 2), ("@retry(3)", 4), ("@retry(2).after(1ms)", 3), ("", 1)] {
        let feature =
            format!("Feature: x\n  {tag}\n  Scenario: v\n{VIOLATED}  {tag}\n  Scenario: h\n{HELD}");
        let expected = [("violated".to_owned(), wanted), ("held".to_owned(), 1)];
        assert_eq!(attempts(&feature, &[]), expected, "{tag}");
        assert_eq!(attempts(&feature, &["--concurrency", "1"]), expected, "{tag}");
    }
}

#[test]
fn the_tag_may_be_the_features_or_the_rules() {
    let feature =
        format!("@retry(2)\nFeature: x\n  @retry(1)\n  Rule: r\n    Scenario: v\n{VIOLATED}");
    assert_eq!(attempts(&feature, &[]), [("violated".to_owned(), 2)]);
}

#[test]
fn many_retried_policies_are_all_reported() {
    let mut feature = String::from("@retry(2)\nFeature: x\n");
    for n in 0..50 {
        feature
            .push_str(&format!("  Scenario: s{n}\n{}", if n % 2 == 0 { HELD } else { VIOLATED }));
    }
    let judged = attempts(&feature, &["--concurrency", "7"]);
    assert_eq!(judged.len(), 50);
    for (n, judged) in judged.iter().enumerate() {
        let wanted = if n % 2 == 0 { ("held", 1) } else { ("violated", 3) };
        assert_eq!((judged.0.as_str(), judged.1), wanted, "policy {n}");
    }
}
