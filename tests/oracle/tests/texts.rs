//! Policies as Gherkin, estates as directories.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use common::{
    Change, Make, add, catalog, except, given, how, named, nodes, on_nodes, only, s, that, then,
    when, with_class,
};
use groundrule_oracle::generate::{estate, policy, seeded};
use groundrule_oracle::model::Estate;
use groundrule_oracle::policy::{
    Bound, Direction, Given, Operator, Policy, Tail, Then, Through, When, feature,
};
use groundrule_oracle::write::write;
use serde_json::{Value, json};

#[test]
fn every_form_of_sentence() {
    let steps = vec![
        add("base", "zone", "a"),
        named(with_class("/^role/"), "web ones"),
        only(Tail::FactIs(s("note"), how(Operator::OneOf, "say \"x\", y"))),
        except(Tail::Registered),
        nodes(&["web1", "web2"]),
        that(Tail::Discovered),
        when(When::Follow(Direction::Dependents, Through::Directly)),
        when(When::ShutDown(Some(s("web ones")))),
        then(Then::NoPairShares(s("rack"))),
        then(Then::GroupHas(Bound::AtLeast(1))),
        then(Then::ParameterIs(s("port"), s("Service[x]"), how(Operator::AtMost, "80"))),
        given(Given::Services),
    ];
    let policy = Policy { id: "p-1".into(), allow_empty: true, steps };
    let expected = r#"Feature: Random policies

  @id:p-1 @allow-empty
  Scenario: p-1
    When a node with class "base" and the fact "zone" as "a" is added
    Given nodes with class "/^role/" as "web ones"
    And only those whose fact "note" is one of "say \"x\", y"
    And except those that are registered
    And the nodes:
      | web1 |
      | web2 |
    And discovered nodes
    When I follow what depends on them directly
    And the "web ones" is shut down
    Then no pair shares the fact "rack"
    And every group has at least 1 member
    And the parameter "port" of "Service[x]" is at most "80" on every one
    Given services
"#;
    assert_eq!(feature(&[policy]), expected);
}

#[test]
fn every_random_policy_has_a_text() {
    for seed in 0..500 {
        let mut rng = seeded(seed);
        let estate = estate(&mut rng);
        let text = policy(&mut rng, &estate).scenario();
        assert!(text.lines().skip(2).all(|line| line.len() > 6), "{text}");
    }
}

/// A directory of its own, emptied first.
fn directory(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn json_file(path: &Path) -> Option<Value> {
    serde_json::from_str(&fs::read_to_string(path).expect("a file")).ok()
}

#[test]
fn a_catalog_says_what_the_model_says() {
    for form in 0..20 {
        let mut estate = Make::new()
            .catalog(
                "a",
                catalog()
                    .class("role::web", "Role::Web")
                    .leaf("Service[run [it]]", Some("Class[Role::Web]"))
                    .leaf("File[f]", Some("Class[Role::Web]"))
                    .requires("Service[run [it]]", "File[f]")
                    .needs(on_nodes(&["b"]).soft().all().on("Service[x]")),
            )
            .0;
        estate.form = form;
        let dir = directory(&format!("catalog-{form}"));
        write(&estate, &dir).expect("written");
        let written = json_file(&dir.join("catalogs/a.json")).expect("good JSON");
        let catalog = written.get("data").unwrap_or(&written);
        assert_eq!(catalog["classes"], json!(["role::web"]));
        let resources = catalog["resources"].as_array().expect("resources");
        let titles: Vec<&str> = resources.iter().filter_map(|one| one["title"].as_str()).collect();
        assert_eq!(titles, ["Role::Web", "run [it]", "f", "dependency 0"]);
        let text = catalog["resources"].to_string();
        let one_way = ["require", "subscribe", "before", "notify"];
        let ways = one_way.iter().filter(|name| text.contains(&format!("\"{name}\":"))).count();
        assert_eq!(ways, 1, "{text}");
        assert_eq!(resources[3]["type"], "Groundrule::Dependency");
        assert_eq!(resources[3]["parameters"]["kind"], "soft");
        assert_eq!(resources[3]["parameters"]["needs"], "all");
        assert_eq!(catalog["edges"].as_array().map(Vec::len), Some(3));
    }
}

/// Names of the files below a directory, without their endings.
fn stems(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let stems = entries
        .filter_map(|entry| Some(entry.ok()?.path().file_stem()?.to_string_lossy().into_owned()));
    let mut stems: Vec<String> = stems.filter(|stem| stem != "all").collect();
    stems.sort();
    stems
}

#[test]
fn broken_documents_are_broken_and_no_others() {
    for seed in 0..300 {
        let estate: Estate = estate(&mut seeded(seed));
        let dir = directory("estate");
        write(&estate, &dir).expect("written");
        let catalogs = estate.catalogs.clone().unwrap_or_default();
        assert_eq!(stems(&dir.join("catalogs")), catalogs.keys().cloned().collect::<Vec<_>>());
        for (node, catalog) in &catalogs {
            let written = json_file(&dir.join(format!("catalogs/{node}.json")));
            assert_eq!(written.is_some(), catalog.is_some(), "seed {seed}, {node}");
        }
        let facts = estate.facts.clone().unwrap_or_default();
        assert_eq!(stems(&dir.join("facts")), facts.keys().cloned().collect::<Vec<_>>());
        for (node, facts) in &facts {
            let file = dir.join(format!("facts/{node}.json"));
            let written = if file.exists() { json_file(&file) } else { Some(Value::Null) };
            assert_eq!(written.is_some(), facts.is_some(), "seed {seed}, {node}");
        }
        for (node, registration) in estate.registrations.iter().flatten() {
            let file = dir.join(format!("registrations/{node}.json"));
            let written = if file.exists() { json_file(&file) } else { Some(Value::Null) };
            assert_eq!(written.is_some(), registration.is_some(), "seed {seed}, {node}");
        }
        if let Some(reply) = &estate.discovery {
            assert_eq!(json_file(&dir.join("discovery.json")).is_some(), reply.is_some());
        }
        assert_eq!(dir.join("relationships.yaml").exists(), estate.relationships.is_some());
    }
}
