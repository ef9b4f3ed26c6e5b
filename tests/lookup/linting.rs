//! `groundrule data lint`.

use crate::site::Site;

#[test]
fn what_is_wrong_is_listed() {
    let site = Site::new(&[
        ("hiera.yaml", ":hierarchy: ['%{nofact}', common]\n:yaml:\n  :datadir: DIR/data\n"),
        ("data/common.yaml", "db::password: hunter2\nx: \"%{location} %{hiera('nope')}\"\n"),
        ("estate/facts/web1.json", r#"{"location": "dc1"}"#),
        (
            "estate/catalogs/web1.json",
            r#"{"name": "web1", "classes": ["settings", "ntp"], "resources": [], "edges": []}"#,
        ),
    ]);
    let ran =
        site.run(&["data", "lint", "--hiera", "hiera.yaml", "--estate", "estate", "--catalogs"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let told: Vec<&str> = ran.stdout.lines().map(|line| line.split(": ").next().unwrap()).collect();
    assert_eq!(told, ["secret", "unused", "unknown", "unknown"], "{}", ran.stdout);
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
    let ran = site.run(&["data", "lint", "--hiera", "hiera.yaml", "--json", "--estate", "nowhere"]);
    let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 2, "{rows}");
}
