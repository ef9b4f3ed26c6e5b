//! The documents under docs/: what they say is so.

use std::collections::BTreeSet;
use std::fs;

use crate::running::{Place, Ran, in_checkout, shipped};

fn document(name: &str) -> String {
    fs::read_to_string(shipped(&format!("docs/{name}"))).unwrap()
}

/// The code blocks of a language.
fn blocks(document: &str, language: &str) -> Vec<String> {
    let start = format!("```{language}");
    document
        .split(&start)
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap().split_once('\n').unwrap().1.to_owned())
        .collect()
}

/// The first cells of a table's rows, without their quotes.
fn documented(document: &str, heading: &str) -> Vec<Vec<String>> {
    let section = document.split(heading).nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split(" | ").map(|cell| cell.trim_matches(['|', ' ']).to_owned()).collect())
        .collect()
}

/// Every key that the program knows, from what it says to one that it does not know.
fn known() -> BTreeSet<String> {
    let place = Place::new();
    let mut known = BTreeSet::new();
    for (prefix, text) in [
        ("", "x = 1"),
        ("unknown.", "[unknown]\nx = 1"),
        ("sources.", "[sources]\nx = 1"),
        ("sources.catalogs.", "[sources.catalogs]\nx = 1"),
        ("sources.graph.", "[sources.graph]\nx = 1"),
        ("sources.facts.", "[sources.facts]\nx = 1"),
        ("sources.registrations.", "[sources.registrations]\nx = 1"),
        ("sources.discovery.", "[sources.discovery]\nx = 1"),
        ("sources.checks.", "[sources.checks]\nx = 1"),
        ("redact.", "[redact]\nx = 1"),
        ("cache.", "[cache]\nx = 1"),
        ("lookup.", "[lookup]\nx = 1"),
        ("events.", "[events]\nx = 1"),
        ("pipeline.", "[pipeline]\nx = 1"),
        ("graphite.", "[graphite]\nx = 1"),
        ("alerts.", "[alerts]\nx = 1"),
        ("gate.", "[gate]\nx = 1"),
        ("ask.", "[ask]\nx = 1"),
        ("serve.", "[serve]\nx = 1"),
        ("dependency.", "[[dependency]]\nx = 1"),
    ] {
        place.write("groundrule.toml", text);
        let told = place.run(&["config", "show"]).stderr;
        let line = told
            .lines()
            .find(|line| line.contains("unknown key `x`"))
            .unwrap_or_else(|| panic!("{told}"));
        let keys = line.split("expected").nth(1).unwrap().split('`').skip(1).step_by(2);
        known.extend(keys.map(|key| format!("{prefix}{key}")));
    }
    let sections = [
        "unknown",
        "sources",
        "sources.catalogs",
        "sources.graph",
        "sources.facts",
        "sources.registrations",
        "sources.discovery",
        "sources.checks",
        "redact",
        "cache",
        "lookup",
        "events",
        "pipeline",
        "graphite",
        "alerts",
        "gate",
        "ask",
        "serve",
        "dependency",
    ];
    known.into_iter().filter(|key| !sections.contains(&key.as_str())).collect()
}

#[test]
fn every_key_is_documented_and_every_documented_key_is_known() {
    let document = document("configuration.md");
    let rows = documented(&document, "## Keys");
    let keys: BTreeSet<_> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    assert_eq!(keys, known());
    // Defaults are those that the program shows.
    let shown = Place::new().run(&["config", "show"]).stdout;
    for line in shown.lines() {
        let (key, value) = line.split_once(" = ").unwrap();
        let row = rows.iter().find(|row| row[0] == format!("`{key}`")).unwrap();
        assert_eq!(row[2], format!("`{value}`"), "{key}");
    }
}

#[test]
fn the_example_sets_every_key() {
    let document = document("configuration.md");
    let place = Place::with_estate();
    place.write("groundrule.toml", &blocks(&document, "toml")[0]);
    let ran = place.run(&["config", "show"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    for key in known() {
        let there = match key.strip_prefix("dependency.") {
            Some(parameter) => ran.stdout.contains(&format!("{parameter} = ")),
            None => ran.stdout.lines().any(|line| {
                line.starts_with(&format!("{key} = ")) || line.starts_with(&format!("{key}."))
            }),
        };
        assert!(there, "{key}: {}", ran.stdout);
    }
}

#[test]
fn the_example_of_a_pipeline_is_a_configuration() {
    let place = Place::with_estate();
    place.write("groundrule.toml", &blocks(&document("pipeline.md"), "toml")[0]);
    let ran = place.run(&["config", "show"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn every_kind_of_address_and_every_field_of_an_event_is_documented() {
    let document = document("events.md");
    let feature = "Feature: x\n  Scenario: s\n    Given all nodes\n    Then there are none\n";
    let wrong = Place::judging(feature).run(&["x.feature", "--events", "ftp://host/"]).stderr;
    let kinds = wrong.split("write one of ").nth(1).unwrap().lines().next().unwrap();
    for kind in kinds.split(", ") {
        assert!(document.contains(&format!("`{kind}:")), "{kind}");
    }
    let fields: Vec<_> =
        documented(&document, "# Events").into_iter().map(|row| row[0].clone()).collect();
    for field in [
        "subject",
        "name",
        "type",
        "severity",
        "eventtime",
        "eventid",
        "origin",
        "text",
        "metrics",
        "tags",
        "ttl",
        "extended_data",
    ] {
        assert!(fields.contains(&format!("`{field}`")), "{field}");
    }
}

#[test]
fn every_variable_sets_its_key() {
    let document = document("configuration.md");
    let rows = documented(&document, "## Variables");
    assert_eq!(rows.len(), 10);
    for row in rows {
        let variable = row[0].trim_matches('`').to_owned();
        let key = row[1].split('`').nth(1).unwrap().to_owned();
        let value = match key.as_str() {
            "mode" => "audit",
            "concurrency" => "7",
            url if url.starts_with("sources.") => "estate:elsewhere",
            _ => "elsewhere",
        };
        let place = Place::new();
        let mut command = place.command(&["config", "show", "--origin"]);
        let ran: Ran = command.env(&variable, value).output().unwrap().into();
        let line = ran.stdout.lines().find(|line| line.starts_with(&format!("{key} = "))).unwrap();
        assert!(line.contains(value) && line.ends_with(&format!("# {variable}")), "{line}");
    }
}

/// Runs the commands of a document's console blocks on the shipped files.
fn commands(document: &str) -> Vec<(String, Ran)> {
    let place = Place::new();
    let link = |name: &str| std::os::unix::fs::symlink(shipped(name), place.path(name)).unwrap();
    link("features");
    link("examples");
    if let Some(waivers) = blocks(document, "yaml").first() {
        place.write("waivers.yaml", waivers);
    }
    let blocks = blocks(document, "console");
    let lines = blocks
        .iter()
        .flat_map(|block| block.lines())
        .filter_map(|l| l.strip_prefix("$ groundrule "));
    lines
        .map(|line| {
            let mut words: Vec<_> = line.split_whitespace().collect();
            words.extend(["--now", crate::running::NOW]);
            (line.to_owned(), place.run(&words))
        })
        .collect()
}

#[test]
fn the_commands_on_waivers_run() {
    let document = document("waivers.md");
    let ran = commands(&document);
    assert_eq!(ran.len(), 2);
    let (_, run) = &ran[0];
    let waived =
        "waived by W-2026-014 until 2026-12-31 (61 days left): the second zone comes with the move";
    assert!(run.code == 1 && run.stdout.contains(waived), "{run:?}");
    let (_, list) = &ran[1];
    assert!(list.code == 0 && list.stdout.contains("W-2026-014"), "{list:?}");
    for (n, text) in blocks(&document, "yaml").iter().enumerate() {
        let place = Place::new();
        place.write("w.yaml", text);
        let ran = place.run(&["waivers", "list", "w.yaml", "--now", crate::running::NOW]);
        assert_eq!(ran.code, 0, "block {n}: {ran:?}");
    }
}

#[test]
fn every_format_is_documented_and_the_samples_are_real() {
    let document = document("formats.md");
    let ran = commands(&document);
    assert_eq!(ran.iter().map(|(_, ran)| ran.code).collect::<Vec<_>>(), [1]);
    let rows = documented(&document, "# Formats");
    let formats: Vec<_> = rows.iter().map(|row| row[0].trim_matches('`').to_owned()).collect();
    let unknown = Place::new().run(&["--format", "nothing like it"]).stderr;
    let list = unknown.split("choose one of ").nth(1).unwrap().trim().to_owned();
    assert_eq!(formats.join(", "), list);
    for (format, sample) in ["pretty", "github", "nagios"].iter().zip(blocks(&document, "text")) {
        let ran = in_checkout(&["features/", "--estate", "examples/estate-broken", "-f", format]);
        for line in sample.lines() {
            let line = line.split(" 'time'=").next().unwrap();
            assert!(ran.stdout.contains(line), "{format}: {line}\n{}", ran.stdout);
        }
    }
    for schema in ["results", "cucumber"] {
        assert!(document.contains(&format!("(schemas/{schema}.json)")));
    }
}
