//! `results`: against the schema that is written from its description, and its values.

use serde_json::{Value, json};

use crate::running::{Place, in_checkout, shipped};

fn check(document: &Value) {
    let schema = std::fs::read_to_string(shipped("docs/schemas/results.json")).unwrap();
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<_> =
        validator.iter_errors(document).map(|e| format!("{} {e}", e.instance_path())).collect();
    assert_eq!(errors, [""; 0]);
    let policies = document["policies"].as_array().unwrap();
    let summary = &document["summary"];
    assert_eq!(summary["policies"], policies.len());
    for status in ["held", "violated", "undecided", "waived"] {
        let count = policies.iter().filter(|policy| policy["status"] == status).count();
        assert_eq!(summary[status], count, "{status}");
    }
}

fn judge(estate: &str) -> Value {
    let ran = in_checkout(&["features/", "--estate", estate, "-f", "results"]);
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn every_kind_of_document_fits_the_schema() {
    check(&judge("examples/estate"));
    check(&judge("examples/estate-broken"));
    let feature = "Feature: x
  Scenario: undecided
    Given nodes with class \"x\"
    Then there are none
  @owner:dba @warning
  Scenario: waived
    Given the node \"a\"
    Then there are none
  Scenario: expired
    Given the node \"b\"
    Then there are none
  Scenario: not judged
    Given all nodes
    Then there are none
";
    let place = Place::judging(feature);
    place.write("w.yaml", "- {id: W-1, policy: x-waived, subjects: [a], reason: r, owner: o, expires: 2026-12-31, ticket: T-1}\n- {id: W-2, policy: x-expired, subjects: [b], reason: r, owner: o, expires: 2026-01-01}\n");
    place.write("estate/catalogs/broken.json", "{");
    let arguments = ["--now", "2026-11-01T00:00:00Z", "--waivers", "w.yaml"];
    let document = place.results(&arguments);
    check(&document);
    let stopped = place.results(&[&arguments[..], &["--fail-fast"]].concat());
    check(&stopped);
    assert_eq!(stopped["not_judged"], json!(["x-waived", "x-expired", "x-not-judged"]));
    let policies = &document["policies"];
    assert_eq!(policies[0]["status"], "undecided");
    assert_eq!(policies[0]["undecided"]["unknown"][0]["source"], "catalog");
    assert_eq!(policies[1]["violations"][0]["waiver"]["days_left"], 61);
    assert_eq!(policies[2]["violations"][0]["expired_waiver"], "W-2");
    assert_eq!(policies[2]["status"], "violated");
    assert_eq!(document["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn a_violation_has_everything_a_tool_needs() {
    let document = judge("examples/estate-broken");
    let policy = &document["policies"][3];
    assert_eq!(policy["id"], "rack-cohabitation");
    assert_eq!(policy["file"], "features/design-principles.feature");
    assert_eq!((&policy["line"], &policy["severity"]), (&json!(20), &json!("critical")));
    assert_eq!(policy["population"], 16);
    let violation = &policy["violations"][0];
    assert_eq!(violation["subjects"], json!(["cache1.example.net", "web1.example.net"]));
    assert_eq!(violation["evidence"], json!({"fact": "rack", "value": "a4"}));
    assert_eq!(violation["path"].as_array().unwrap().len(), 1);
    assert_eq!(document["started"], "2026-11-01T00:00:00Z");
    let again = judge("examples/estate-broken");
    assert_eq!(violation["fingerprint"], again["policies"][3]["violations"][0]["fingerprint"]);
    assert_ne!(document["run"], again["run"]);
}
