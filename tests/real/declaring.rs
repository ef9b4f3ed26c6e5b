//! Dependencies as manifests declare them, and what never leaves a catalog.

use std::process::Command;

use serde_json::{Value, json};

use crate::ordering::Asked;
use crate::real::{self, captured, here};
use crate::running::{Place, Ran, shipped};

fn shown(place: &Place, estate: &str) -> Value {
    let ran = place.run(&["--estate", estate, "estate", "show", "-f", "json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// `puppet parser validate`, what it records, the parameters that it refuses, and a run's events.
#[test]
fn real_puppet_reads_the_define() {
    let said =
        real::run(Command::new("bash").arg(shipped("puppet/groundrule/test")), "", "puppet-agent");
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines[..2], ["ok: parses", "ok: references"]);
    assert!(lines.len() == 8 && lines.iter().all(|line| line.starts_with("ok: ")), "{said}");
}

/// The shipped estates are, byte for byte, what real Puppet compiles from the shipped site.
#[test]
fn the_shipped_estates_are_compiled_by_real_puppet() {
    let said = real::run(
        Command::new("bash").arg(shipped("examples/compile")).arg("--check"),
        "",
        "puppet-agent",
    );
    assert_eq!(said, "");
}

/// From the manifest through Puppet to a verdict: providers that are there, that lack what is
/// needed, and that nobody knows.
#[test]
fn what_the_define_records_is_what_is_judged() {
    let asked = Asked::puppet(&[here("puppet/declared.pp")]);
    let place = Place::new();
    place.write("estate/catalogs/node.json", asked.catalog("declared"));
    // Of the other node everything is known that a filter may ask.
    let other = r#"{"fqdn": "other.example.net", "facts": {}, "classes": [], "agentlist": []}"#;
    place.write("estate/registrations/other.json", other);
    place.write("estate/facts/node.example.net.json", "{}");
    let shown = shown(&place, "estate");
    assert_eq!(shown["problems"], json!([]));
    assert_eq!(shown["dependencies"], json!({"hard": 4, "soft": 1}));
    place.write(
        "x.feature",
        "Feature: x\n  @id:unmanaged\n  Scenario: y\n    Given all declared dependencies\n    \
         Then every dependency is managed\n",
    );
    let ran = place.run(&["x.feature", "--estate", "estate", "-f", "results"]);
    let results: Value = serde_json::from_str(&ran.stdout).unwrap();
    let violations = results["policies"][0]["violations"].as_array().unwrap();
    let told: Vec<_> = violations.iter().map(|v| v["message"].as_str().unwrap()).collect();
    // gone.example.net is in no source; nobody has the class `nobody`, or the resource of `lacks`.
    assert_eq!(told.len(), 3, "{told:#?}");
    for part in ["gone.example.net", "nobody", "Service[absent]"] {
        assert!(told.iter().any(|message| message.contains(part)), "{part}: {told:#?}");
    }
}

/// By hand from the site's manifests: the checks with somebody in `depends_on`. web1 and web2 have
/// two, web3 one, lb1 six, each smarthost one, each mongo two, mysql1 none.
#[test]
fn the_sites_own_define_is_mapped() {
    let place = Place::new();
    place.write(
        "groundrule.toml",
        "[[dependency]]\ndefine = \"monitor::check\"\nnodes = \"depends_on\"\nkind = \"soft\"\n",
    );
    let estate = captured("estate").display().to_string();
    assert_eq!(shown(&place, &estate)["dependencies"], json!({"hard": 0, "soft": 17}));
    place.write("groundrule.toml", "");
    assert_eq!(shown(&place, &estate)["dependencies"], json!({"hard": 0, "soft": 0}));
}

#[test]
fn cycles_are_told() {
    let name = "captured-containment-cycle";
    let asked = Asked::puppet(&[here(&format!("puppet/manifests/{name}.pp"))]);
    let place = Place::new();
    place.write("estate/catalogs/node.json", asked.catalog(name));
    let resources = ["Class[One]", "Notify[in one]", "Notify[z]"];
    assert_eq!(
        shown(&place, "estate")["cycles"],
        json!([{"node": "node.example.net", "resources": resources}])
    );
    let told = place.run(&["--estate", "estate", "estate", "show"]).stdout;
    assert!(told.contains("Class[One], Notify[in one], Notify[z]"), "{told}");
    let estate = captured("estate").display().to_string();
    assert_eq!(shown(&place, &estate)["cycles"], json!([]));
}

/// The smarthosts' catalogs have a password twice: in content that Puppet marks as sensitive, and in
/// a class parameter that nothing marks but its name.
#[test]
fn sensitive_values_stay_in_the_catalog() {
    const SECRET: &str = "not-a-real-password";
    let catalog = real::text("estate/catalogs/smarthost1.example.net.json");
    assert_eq!(catalog.matches(SECRET).count(), 2);
    let place = Place::new();
    place.write("estate/catalogs/smarthost1.example.net.json", &catalog);
    place.write(
        "x.feature",
        "Feature: x\n  Scenario: content\n    Given all nodes\n    Then the parameter \"content\" of \
         \"File[/etc/exim4/exim4.conf]\" is \"x\" on every one\n  Scenario: class\n    Given all nodes\n    \
         Then the parameter \"mysql_password\" of \"Class[exim::smarthost]\" is \"x\" on every one\n  \
         Scenario: host\n    Given all nodes\n    Then the parameter \"mysql_host\" of \
         \"Class[exim::smarthost]\" is \"x\" on every one\n",
    );
    let silent = |ran: &Ran| {
        assert!(!ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET), "{}", ran.stdout);
    };
    for format in ["pretty", "results", "junit", "json", "github", "nagios"] {
        silent(&place.run(&["x.feature", "--estate", "estate", "-f", format]));
    }
    let ran = place.run(&["x.feature", "--estate", "estate", "-f", "results"]);
    let results: Value = serde_json::from_str(&ran.stdout).unwrap();
    let status: Vec<_> = results["policies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["status"].as_str().unwrap())
        .collect();
    // What is never read cannot be judged; what is no secret can.
    assert_eq!(status, ["undecided", "undecided", "violated"]);
    for what in [&["show", "-f", "json"][..], &["graph", "smarthost1.example.net", "-f", "json"]] {
        silent(&place.run(&[&["--estate", "estate", "estate"], what].concat()));
    }
}

/// A dependency cannot be declared by what is never read: it is not left out in silence.
#[test]
fn a_sensitive_parameter_declares_no_dependency() {
    let place = Place::new();
    place.write("groundrule.toml", "[[dependency]]\ndefine = \"Need\"\nnodes = \"on\"\n");
    let catalog = |sensitive: Value| {
        json!({"name": "a", "edges": [], "resources": [{"type": "Need", "title": "x",
            "sensitive_parameters": sensitive, "parameters": {"on": "hidden.example.net"}}]})
        .to_string()
    };
    place.write("estate/catalogs/a.json", catalog(json!(["on"])));
    let ran = place.run(&["--estate", "estate", "estate", "show"]);
    assert!(ran.stdout.contains("Need[x]: on is sensitive, and never read"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("hidden"), "{}", ran.stdout);
    place.write("estate/catalogs/a.json", catalog(json!(["other"])));
    assert_eq!(shown(&place, "estate")["dependencies"], json!({"hard": 1, "soft": 0}));
}
