//! `json`: Cucumber's JSON, against a schema of what its readers need.

use serde_json::{Value, json};

use crate::running::{Place, in_checkout, shipped};

fn check(text: &str) -> Value {
    let document: Value = serde_json::from_str(text).unwrap();
    let schema = std::fs::read_to_string(shipped("docs/schemas/cucumber.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(&document).map(|e| format!("{} {e}", e.instance_path())).collect();
    assert_eq!(errors, [""; 0]);
    document
}

#[test]
fn the_examples_fit_the_schema() {
    for (estate, last) in [("examples/estate", "passed"), ("examples/estate-broken", "failed")] {
        let document = check(&in_checkout(&["features/", "--estate", estate, "-f", "json"]).stdout);
        let elements = document[0]["elements"].as_array().unwrap();
        assert_eq!(elements.len(), 7);
        for element in elements {
            let steps = element["steps"].as_array().unwrap();
            assert_eq!(steps.last().unwrap()["result"]["status"], last);
            assert!(steps[..steps.len() - 1].iter().all(|s| s["result"]["status"] == "passed"));
        }
    }
}

#[test]
fn each_file_is_a_feature_and_no_doubt_is_a_pass() {
    let place = Place::judging(
        "# first\n\nFeature: x\n  Words.\n\n  Background:\n    Given all nodes\n  Scenario: s\n    And only those with class \"c\"\n    Then there are none\n  Scenario: t\n    Then there are exactly 3 of them\n",
    );
    place.write(
        "y.feature",
        "Feature: y\n  Scenario: s\n    Given all nodes\n    Then there are none\n",
    );
    place.write(
        "w.yaml",
        "- {id: W-1, policy: y-s, scope: policy, reason: r, owner: o, expires: 2999-12-31}\n",
    );
    let ran = place.run(&["x.feature", "y.feature", "-f", "json", "--waivers", "w.yaml"]);
    let document = check(&ran.stdout);
    let statuses = |feature: usize, element: usize| -> Vec<_> {
        let steps = document[feature]["elements"][element]["steps"].as_array().unwrap();
        steps.iter().map(|step| step["result"]["status"].as_str().unwrap()).collect()
    };
    assert_eq!(document.as_array().unwrap().len(), 2);
    assert_eq!((&document[0]["line"], &document[0]["description"]), (&json!(3), &json!("Words.")));
    assert_eq!(statuses(0, 0), ["passed", "passed", "failed"]);
    assert_eq!(statuses(0, 1), ["passed", "passed"]);
    assert_eq!(statuses(1, 0), ["passed", "skipped"]);
}
