//! `groundrule ask`: every question on the shipped estates, in every form.

use serde_json::{Value, json};

use crate::running::{NOW, Place, in_checkout};

fn answer(arguments: &[&str]) -> Value {
    let ran = in_checkout(&[&["ask", "-f", "json"], arguments].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

#[test]
fn every_question_as_text() {
    for (name, arguments) in [
        ("ask_impact", &["impact", "maildb1.example.net"][..]),
        ("ask_impact_resource", &["impact", "mysql1.example.net/Service[mariadb]"]),
        ("ask_suppress", &["suppress", "mysql1.example.net"]),
        ("ask_downtime", &["downtime", "mysql1.example.net", "mysql2.example.net"]),
        ("ask_spof", &["spof"]),
        ("ask_stakeholders", &["stakeholders", "maildb1.example.net"]),
        ("ask_shutdown_order", &["shutdown-order", "mysql1.example.net/Service[mariadb]"]),
        ("ask_unmanaged", &["unmanaged", "--estate", "examples/estate-broken"]),
        ("ask_undeclared", &["undeclared", "--estate", "examples/estate-broken"]),
        ("ask_place", &["place", "-C", "mysql::server", "--count", "3"]),
        ("ask_path", &["path", "web1.example.net", "mysql1.example.net"]),
    ] {
        let ran = in_checkout(&[&["ask"], arguments].concat());
        crate::told!(name, ran);
    }
}

#[test]
fn impact_for_machines() {
    let impact = answer(&["impact", "mysql1.example.net"]);
    let expected = json!([{
        "node": "erp1.example.net",
        "resource": null,
        "path": ["erp1.example.net needs Service[mariadb] on mysql1.example.net (hard)"],
    }]);
    assert_eq!((&impact["of"], &impact["fallen"]), (&json!("mysql1.example.net"), &expected));
    let hard: Vec<_> =
        impact["unmet"].as_array().unwrap().iter().filter(|one| one["kind"] == "hard").collect();
    let expected = json!({
        "node": "erp1.example.net", "from": null,
        "on": "Service[mariadb] on mysql1.example.net", "kind": "hard",
    });
    assert_eq!(hard, [&expected]);
    assert_eq!(impact["soft"].as_array().unwrap().len(), 4, "{impact}");
    assert_eq!(impact["unknown"], json!([]));
}

#[test]
fn graphs_are_drawn() {
    let dot = in_checkout(&["ask", "impact", "mysql1.example.net", "-f", "dot"]);
    assert!(dot.stdout.starts_with("digraph \"mysql1.example.net\" {"), "{dot:?}");
    assert!(dot.stdout.contains("\"erp1.example.net\" -> \"mysql1.example.net\""), "{dot:?}");
    for question in [
        &["impact", "mysql1.example.net"][..],
        &["downtime", "maildb1.example.net"],
        &["shutdown-order", "maildb1.example.net"],
        &["path", "web1.example.net", "mysql1.example.net"],
    ] {
        let svg = in_checkout(&[&["ask", "-f", "svg"], question].concat());
        assert_eq!(svg.code, 0, "{svg:?}");
        let drawn = roxmltree::Document::parse(&svg.stdout).unwrap();
        let texts = drawn.descendants().filter(|node| node.has_tag_name("text"));
        assert!(texts.count() >= 2, "{question:?}: {}", svg.stdout);
    }
    let none = in_checkout(&["ask", "spof", "-f", "svg"]);
    assert!(none.code == 2 && none.stderr.contains("no graph"), "{none:?}");
}

#[test]
fn commands_in_order() {
    let ran = in_checkout(&[
        "ask",
        "shutdown-order",
        "maildb1.example.net/Service[mariadb]",
        "-f",
        "commands",
        "--template",
        "ssh {node} systemctl stop {title}",
    ]);
    let lines: Vec<_> = ran.stdout.lines().collect();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(lines.last(), Some(&"ssh maildb1.example.net systemctl stop mariadb"), "{lines:?}");
    assert!(lines.contains(&"ssh smarthost1.example.net systemctl stop exim4"), "{lines:?}");
}

#[test]
fn two_estates_beside_each_other() {
    let ran =
        in_checkout(&["ask", "-f", "json", "diff", "examples/estate", "examples/estate-broken"]);
    let diff: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(diff["nodes"]["came"], json!(["cache2.example.net"]));
    assert_eq!(diff["nodes"]["went"], json!(["mongo4.example.net", "web3.example.net"]));
    let same = in_checkout(&["ask", "diff", "examples/estate", "examples/estate"]);
    assert_eq!((same.code, same.stdout.as_str()), (0, "nothing is different\n"));
}

#[test]
fn who_is_missing() {
    let ran = in_checkout(&["ask", "-f", "json", "missing", "--estate", "examples/estate-broken"]);
    let missing: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(missing["absent"], json!(["cache1.example.net"]), "{missing}");
    assert_eq!(missing["stale"], json!(["cache1.example.net"]), "{missing}");
    assert_eq!(missing["without_catalog"], json!(["erp1.example.net"]), "{missing}");
    assert_eq!(missing["ages"]["cache1.example.net"]["registration"], 190_800);
    // Somebody answers whom nobody knows, and somebody is known without facts.
    let place = Place::with_estate();
    place.write("estate/registrations/a.json", "{\"fqdn\": \"a\", \"lastseen\": 1793491200}");
    place.write("estate/discovery.json", "[{\"sender\": \"a\"}, {\"sender\": \"x\"}]");
    let ran = place.run(&["ask", "-f", "json", "missing", "--now", NOW]);
    let missing: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(missing["strangers"], json!(["x"]), "{missing}");
    assert_eq!(missing["without_facts"], json!(["x"]), "{missing}");
}

#[test]
fn placing_knows_how_far_zones_are() {
    let place = Place::new();
    place.write("far.csv", "eu-1a,eu-1b,1\neu-1a,eu-1c,9\neu-1b,eu-1c,9\n");
    let far = place.path("far.csv").display().to_string();
    let placed = answer(&["place", "-C", "exim::smarthost", "--latency", &far]);
    assert_eq!(placed["places"], json!(["eu-1c"]), "{placed}");
    let order: Vec<_> =
        placed["zones"].as_array().unwrap().iter().map(|zone| zone["zone"].clone()).collect();
    assert_eq!(order[0], "eu-1c");
    place.write("far.csv", "eu-1a,eu-1b\n");
    let ran = in_checkout(&["ask", "place", "-C", "x", "--latency", &far]);
    assert!(ran.code == 2 && ran.stderr.contains("far.csv:1: "), "{ran:?}");
}

#[test]
fn what_is_not_there_is_told_with_what_is_near() {
    for (arguments, what, help) in [
        (
            &["impact", "mysql9.example.net"][..],
            "no source knows the node mysql9.example.net",
            "did you mean mysql1.example.net?",
        ),
        (
            &["impact", "mysql1.example.net/Service[mariabd]"],
            "the catalog of mysql1.example.net has no Service[mariabd]",
            "did you mean Service[mariadb]?",
        ),
        (&["impact", "mysql1.example.net/nonsense"], "is no resource", "NODE/Type[title]"),
        (
            &["shutdown-order", "mysql1.example.net", "-f", "commands"],
            "-f commands needs a template",
            "--template",
        ),
        (&["place", "-C", "x", "--zone", "nosuch"], "no node has the fact \"nosuch\"", "--zone"),
    ] {
        let ran = in_checkout(&[&["ask"], arguments].concat());
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(ran.stderr.contains(what) && ran.stderr.contains(help), "{arguments:?}: {ran:?}");
    }
}

#[test]
fn what_is_not_known_is_told() {
    let place = Place::with_estate();
    let ran = place.run(&["ask", "undeclared", "-f", "json"]);
    let answer: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &answer["undeclared"]), (3, &json!([])), "{ran:?}");
    assert!(!answer["unknown"].as_array().unwrap().is_empty());
}

#[test]
fn a_cycle_of_hard_dependencies_is_named() {
    let place = Place::with_estate();
    place.write(
        "estate/relationships.yaml",
        "- {node: a, nodes: [b], kind: hard}\n- {node: b, nodes: [a], kind: hard}\n- {node: c, nodes: [a], kind: hard}\n",
    );
    std::fs::create_dir_all(place.path("estate/catalogs")).unwrap();
    let ran = place.run(&["ask", "downtime", "a", "-f", "json"]);
    let order: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(ran.code, 0, "{ran:?}");
    let nodes = |list: &Value| -> Vec<String> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|one| one["node"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(nodes(&order["cycles"][0]), ["a", "b"], "{order}");
    assert_eq!(nodes(&order["steps"]), ["c", "a", "b"], "{order}");
}
