//! `groundrule facts`, `groundrule lookup`, and policies that look data up.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use crate::running::{Place, Ran, shipped};

fn site() -> String {
    shipped("crates/lookup/tests/hiera5/captured")
}

/// Looks up at the captured site.
fn lookup(arguments: &[&str]) -> Ran {
    let (environments, facts) = (format!("{}/env", site()), format!("{}/facts5.json", site()));
    let fixed =
        ["--environmentpath", &environments, "--facts", &facts, "--node", "web1.example.net"];
    Place::new().run(&[&["lookup"], arguments, &fixed].concat())
}

#[test]
fn facts_are_printed_and_what_is_wrong_is_told() {
    let place = Place::new();
    place.write("d/a.txt", "role=web\nzone=a\n").write("d/b.yaml", "zone: b\nlist: [1, two]\n");
    let shown =
        |arguments: &[&str]| place.run(&[&["facts", "--external-dir", "d"], arguments].concat());
    let all = shown(&[]);
    assert_eq!(
        (all.code, all.stdout.as_str()),
        (0, "list => [\n  1,\n  \"two\"\n]\nrole => web\nzone => b\n")
    );
    assert_eq!(shown(&["list.1"]).stdout, "two\n");
    assert_eq!(shown(&["zone", "-f", "json"]).stdout, "{\n  \"zone\": \"b\"\n}\n");
    assert_eq!(shown(&["zone", "list", "-f", "yaml"]).stdout, "list:\n- 1\n- two\nzone: b\n");
    let missing = shown(&["nothing"]);
    assert_eq!((missing.code, missing.stdout.as_str(), missing.stderr.as_str()), (0, "\n", ""));
    let strict = shown(&["nothing", "--strict"]);
    assert_eq!(strict.code, 1);
    assert!(strict.stderr.contains("there is no fact nothing"));
    let mut command = place.command(&["facts", "zone", "--external-dir", "d"]);
    let set: Ran = command.env("FACTER_zone", "c").output().unwrap().into();
    assert_eq!(set.stdout, "c\n");
    place.write("d/z.yaml", "a: [\n");
    let broken = shown(&["role"]);
    assert_eq!((broken.code, broken.stdout.as_str()), (1, "web\n"));
    assert!(broken.stderr.contains("d/z.yaml:"), "{}", broken.stderr);
}

#[test]
fn programs_run_with_facters_locale_and_without_our_secrets() {
    let place = Place::new();
    place.write(
        "d/p.sh",
        "#!/bin/sh\necho locale=$LANG$LC_ALL\necho secret=[$GROUNDRULE_HTTP_TOKEN]\n",
    );
    fs::set_permissions(place.path("d/p.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = place.command(&["facts", "--external-dir", "d"]);
    let ran: Ran = command.env("GROUNDRULE_HTTP_TOKEN", "hidden").output().unwrap().into();
    assert_eq!(ran.stdout, "locale => CC\nsecret => []\n");
    let none = place.run(&["facts", "--external-dir", "d", "--no-programs"]);
    assert_eq!((none.code, none.stdout.as_str()), (0, ""));
    place.write("d/p.sh", "#!/bin/sh\nsleep 60\n");
    let ran = place.run(&["facts", "--external-dir", "d", "--timeout", "200ms"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stderr.contains("took longer than 200ms"), "{}", ran.stderr);
}

#[test]
fn lookups_answer_and_end_as_puppets() {
    for (arguments, code, stdout) in [
        (&["ntpserver"][..], 0, "--- ntp.dc1.example.net\n"),
        (&["nosuchkey", "ntpserver", "--render-as", "s"], 0, "ntp.dc1.example.net\n"),
        (&["jsononly", "--render-as", "json"], 0, "{\"a\":[1,null,true]}\n"),
        (&["nosuchkey", "--default", "fallback"], 0, "--- fallback\n"),
        (&["nosuchkey"], 1, ""),
        (&["classes", "--type", "Integer"], 1, ""),
        (&["loop_a"], 1, ""),
    ] {
        let ran = lookup(arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (code, stdout), "{arguments:?} {}", ran.stderr);
        assert_eq!(ran.stderr.is_empty(), code == 0, "{arguments:?} {}", ran.stderr);
    }
    let deep =
        lookup(&["users", "--merge", "deep", "--knock-out-prefix", "--", "--render-as", "json"]);
    assert!(deep.stdout.contains(r#""groups":["root","wheel"]"#), "{}", deep.stdout);
    let misused = lookup(&["users", "--merge", "hash", "--sort-merged-arrays"]);
    assert!(misused.code == 1 && misused.stderr.contains("need --merge deep"));
    let nowhere = Place::new().run(&["lookup", "x", "--node", "a", "--environmentpath", "nowhere"]);
    assert!(
        nowhere.code == 1
            && nowhere.stderr.contains("there is no environment production in nowhere")
    );
}

#[test]
fn a_node_of_the_estate_brings_its_facts() {
    let place = Place::with_estate();
    place.write(
        "envs/production/hiera.yaml",
        "version: 5\nhierarchy:\n- name: Zone\n  path: \"zone%{zone}.yaml\"\n",
    );
    place.write("envs/production/data/zone2.yaml", "ntp: two\nport: \"%{token}\"\n");
    let run = |more: &[&str]| {
        place.run(&[&["lookup", "--environmentpath", "envs", "--render-as", "s"], more].concat())
    };
    let found = run(&["ntp", "--node", "c"]);
    assert_eq!((found.code, found.stdout.as_str()), (0, "two\n"), "{found:?}");
    let of_source = run(&["ntp", "--node", "c", "--facts", "estate:estate"]);
    assert_eq!((of_source.code, of_source.stdout.as_str()), (0, "two\n"), "{of_source:?}");
    let near = run(&["ntp", "--node", "cc"]);
    assert_eq!(near.code, 1);
    assert!(near.stderr.contains("no source knows it"), "{}", near.stderr);
    // What was never read is no empty text.
    place.write("estate/facts/c.json", r#"{"fqdn": "c", "zone": "2", "token": "x"}"#);
    let hidden = run(&["port", "--node", "c"]);
    assert_eq!(hidden.code, 1);
    assert!(hidden.stderr.contains("on the redaction list and never read"), "{}", hidden.stderr);
    fs::remove_dir_all(place.path("estate")).unwrap();
    let nothing = run(&["ntp", "--node", "c"]);
    assert_eq!(nothing.code, 1);
    assert!(nothing.stderr.contains("no facts of c are known"), "{}", nothing.stderr);
}

#[test]
fn an_explanation_has_a_line_for_each_place() {
    let ran = lookup(&["ntpserver", "--explain"]);
    assert_eq!(ran.code, 0);
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert_eq!(lines.len(), 3, "{}", ran.stdout);
    assert!(lines[0].starts_with("  environment  Per-node") && lines[0].ends_with("no such key"));
    assert!(
        lines[1].starts_with("* environment  Location")
            && lines[1].ends_with("\"ntp.dc1.example.net\"")
    );
    assert_eq!(lines[2], "ntpserver (first): \"ntp.dc1.example.net\"");
    let none = lookup(&["nosuchkey", "--explain"]);
    assert_eq!((none.code, none.stdout.lines().count()), (0, 8), "{}", none.stdout);
    let secret = lookup(&["secret", "--explain"]);
    assert!(!secret.stdout.contains("hunter2"), "{}", secret.stdout);
    assert!(secret.stdout.ends_with("secret (first): (secret)\n"));
    let options = lookup(&["users", "--explain-options", "--render-as", "json"]);
    let options: serde_json::Value = serde_json::from_str(&options.stdout).unwrap();
    assert_eq!(options["value"]["classes"], json!({"merge": "unique"}));
    assert_eq!(options["steps"].as_array().unwrap().len(), 8);
}

#[test]
fn policies_look_up_with_the_facts_of_each_node() {
    let place = Place::judging(
        "Feature: f\n  Scenario: s\n    Given all nodes\n    When I look up \"ntp\"\n    Then the answer of every one is \"one\"\n",
    );
    let undecided = place.run(&["x.feature"]);
    assert_eq!(undecided.code, 3);
    assert!(undecided.stdout.contains("no data to look up is configured"), "{}", undecided.stdout);
    place.write("groundrule.toml", "[lookup]\nconfig = \"hiera/hiera.yaml\"\n");
    let missing = place.run(&["x.feature"]);
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.contains("hiera/hiera.yaml: there is no such hiera.yaml"),
        "{}",
        missing.stderr
    );
    let config = "version: 5\nhierarchy:\n- name: Zone\n  path: \"zone%{zone}.yaml\"\n- name: Common\n  path: common.yaml\n";
    place.write("hiera/hiera.yaml", config).write("hiera/data/common.yaml", "ntp: one\n");
    place.write("hiera/data/zone2.yaml", "ntp: two\n");
    let results = place.results(&[]).to_string();
    assert!(results.contains("ntp of c is"), "{results}");
    assert!(results.contains(r#""levels":["Zone"]"#), "{results}");
    // The same by Hiera 3.
    let three = format!(
        ":backends: [yaml]\n:hierarchy: [\"zone%{{zone}}\", common]\n:yaml:\n  :datadir: {}\n",
        place.path("hiera/data").display()
    );
    place.write("hiera/hiera.yaml", three);
    let results = place.results(&[]).to_string();
    assert!(
        results.contains("ntp of c is") && results.contains(r#""levels":["zone2"]"#),
        "{results}"
    );
}

#[test]
fn external_facts_of_an_estate_count_more_than_a_document() {
    let place = Place::with_estate();
    place.write("estate/facts/a.d/x.txt", "zone=9\n").write("estate/facts/d.d/x.yaml", "zone: 8\n");
    place.write("estate/facts/d.d/run.sh", "#!/bin/sh\ntouch ran\necho zone=7\n");
    fs::set_permissions(place.path("estate/facts/d.d/run.sh"), fs::Permissions::from_mode(0o755))
        .unwrap();
    let nodes = |filter: &str| place.run(&["estate", "nodes", "-F", filter]).stdout;
    assert_eq!(nodes("zone=9"), "a\n");
    assert_eq!(nodes("zone=8"), "d\n");
    assert_eq!(nodes("zone=1"), "b\n");
    assert!(!place.path("ran").exists(), "no program of an estate is run");
    place.write("estate/facts/a.d/y.json", "{");
    let shown = place.run(&["estate", "show"]);
    assert!(shown.stdout.contains("y.json: not JSON"), "{}", shown.stdout);
}
