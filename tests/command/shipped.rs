//! The shipped policies on the shipped estates.

use serde_json::Value;

use crate::running::{NOW, Place, Ran, shipped};

fn judge(estate: &str) -> Ran {
    let (features, estate) = (shipped("features"), shipped(estate));
    Place::new().run(&[&features, "--estate", &estate, "--now", NOW, "--format", "results"])
}

fn statuses(ran: &Ran) -> Vec<(String, String)> {
    let results: Value = serde_json::from_str(&ran.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    results["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|policy| (text(&policy["id"]), text(&policy["status"])))
        .collect()
}

const POLICIES: [&str; 7] = [
    "declared-dependencies",
    "mongodb-shards",
    "mysql-zones",
    "rack-cohabitation",
    "unmanaged",
    "safe-to-stop",
    "present",
];

#[test]
fn all_seven_hold_on_the_example() {
    let ran = judge("examples/estate");
    assert_eq!(statuses(&ran), POLICIES.map(|id| (id.to_owned(), "held".to_owned())));
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}

#[test]
fn all_seven_are_violated_on_the_broken_example() {
    let ran = judge("examples/estate-broken");
    assert_eq!(statuses(&ran), POLICIES.map(|id| (id.to_owned(), "violated".to_owned())));
    assert_eq!(ran.code, 1, "{}", ran.stderr);
}
