//! What Facter 4.3 made of each directory.

use serde_json::{Value, json};

use crate::{captured, gather, json};

/// Where this differs from Facter, and why.
fn expected(case: &str, facter: &Value) -> (Value, bool) {
    match case {
        // Facter dies of these.
        "scalar_yaml" | "yaml_inf" => (json!({}), true),
        // Facter takes a part of the line's end for a part of the time.
        "yaml_time" => (json!({"yaml_time": "2026-01-02 03:04:05 Z"}), false),
        _ => (facter["facts"].clone(), facter["rc"] != json!(0)),
    }
}

#[test]
fn each_directory_is_read_as_by_facter() {
    let cases = std::fs::read_to_string(captured("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&cases).unwrap();
    assert!(cases.len() >= 28);
    for case in &cases {
        let name = case["case"].as_str().unwrap();
        let gathered = gather(&captured("cases").join(name));
        let (facts, is_broken) = expected(name, case);
        assert_eq!(json(&gathered), facts, "{name}");
        assert_eq!(gathered.is_broken(), is_broken, "{name}: {:?}", gathered.remarks);
    }
}

#[test]
fn all_in_one_directory_is_read_as_by_facter() {
    let gathered = gather(&captured("d"));
    let facts = std::fs::read_to_string(captured("external-only.json")).unwrap();
    let facts: Value = serde_json::from_str(&facts).unwrap();
    assert_eq!(json(&gathered), facts);
    let told: Vec<String> = gathered
        .remarks
        .iter()
        .map(|remark| {
            remark.fault().file.as_ref().unwrap().file_name().unwrap().to_string_lossy().into()
        })
        .collect();
    assert_eq!(
        told,
        [
            "list.yaml",
            "list.json",
            "empty.json",
            "e7_badinterp.sh",
            "e5_stderr.sh",
            "e4_fail.sh",
            "c.yaml",
            "broken.yaml",
            "broken.json",
            "bin.txt",
        ]
    );
    let origin = gathered.facts["dup"].file.as_ref().unwrap();
    assert!(origin.ends_with("d/zz.txt"));
}
