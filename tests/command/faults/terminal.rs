//! Names and values may hold anything; no report passes on what a terminal would obey.

use super::{WEB, healthy};
use crate::running::{Place, Ran};

/// Clears the screen, colours it red, turns text round, begins a line of its own.
const NASTY: &str = "x\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\rall held\n  held: everything";

fn harmless(ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let bad = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(bad, None, "{text}");
        assert!(!text.lines().any(|line| line.starts_with("  held: everything")), "{text}");
    }
}

fn nasty() -> Place {
    let place = healthy();
    let quoted = serde_json::to_string(NASTY).unwrap();
    place
        .write("estate/facts/web1.example.net.json", format!("{{\"zone\": {quoted}}}"))
        .write(
            "estate/catalogs/web1.example.net.json",
            WEB.replace("\"nginx\"", &quoted).replace(
                "Service[nginx]",
                &NASTY_REFERENCE.replace("NASTY", &quoted[1..quoted.len() - 1]),
            ),
        )
        .write("estate/discovery.json", format!("[{quoted}]"));
    place
}

const NASTY_REFERENCE: &str = "Service[NASTY]";

#[test]
fn reports_are_harmless() {
    let place = nasty();
    place.write(
        "rules.feature",
        "Feature: f\n  Scenario: zones\n    Given all nodes\n    \
         Then the fact \"zone\" of every one is one of \"a, b\"\n  Scenario: services\n    \
         Given services\n    Then there are none\n  Scenario: answers\n    Given all nodes\n    \
         Then every one answers discovery\n",
    );
    for format in ["pretty", "github", "nagios"] {
        let ran = place.run(&["rules.feature", "--format", format]);
        assert!(ran.stdout.contains("x\u{fffd}[2J\u{fffd}31m"), "{format}: {}", ran.stdout);
        harmless(&ran);
    }
    let junit = place.run(&["rules.feature", "--format", "junit"]).stdout;
    roxmltree::Document::parse(&junit).unwrap();
    assert!(!junit.contains(['\u{1b}', '\u{9b}']), "{junit}");
    for format in ["results", "json"] {
        let text = place.run(&["rules.feature", "--format", format]).stdout;
        assert!(!text.contains('\u{1b}'), "{text}");
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
    }
}

#[test]
fn looking_at_the_estate_is_harmless() {
    let place = nasty();
    let show = place.run(&["estate", "show"]);
    assert!(show.stdout.contains("is no node's name"), "{}", show.stdout);
    harmless(&show);
    let dot = place.run(&["estate", "graph", "web1.example.net", "--format", "dot"]);
    assert!(dot.stdout.contains("Service[x\u{fffd}[2J"), "{}{}", dot.stdout, dot.stderr);
    harmless(&dot);
    harmless(&place.run(&["estate", "graph", NASTY]));
    harmless(&place.run(&["estate", "nodes", "-F", &format!("zone={NASTY}")]));
}

#[cfg(unix)]
#[test]
fn file_names_are_harmless() {
    let place = healthy();
    place.write(&format!("estate/catalogs/{NASTY}.json"), "{");
    place.write(&format!("estate/facts/{NASTY}.txt"), "");
    let show = place.run(&["estate", "show"]);
    assert!(show.stdout.contains("catalogs/x\u{fffd}[2J"), "{}", show.stdout);
    harmless(&show);
    harmless(&place.run(&["rules.feature"]));
}

/// Odd names are names all the same.
#[test]
fn names_with_odd_letters() {
    let place = healthy();
    let odd = "wëb 1'\"|<&>%;$(touch x)`..\\example.net";
    place
        .write(
            "estate/catalogs/web1.example.net.json",
            WEB.replace("web1.example.net", &odd.replace('\\', "\\\\").replace('"', "\\\"")),
        )
        .write(
            "rules.feature",
            "Feature: f\n  Scenario: s\n    Given all nodes\n    Then every one is registered\n",
        );
    for format in ["pretty", "github", "nagios"] {
        let ran = place.run(&["rules.feature", "--format", format]);
        let shown = if format == "nagios" { odd.replace('|', "/") } else { odd.to_owned() };
        let shown = if format == "github" { shown.replace('%', "%25") } else { shown };
        assert!(ran.stdout.contains(&shown), "{format}: {}", ran.stdout);
    }
    let junit = place.run(&["rules.feature", "--format", "junit"]).stdout;
    let document = roxmltree::Document::parse(&junit).unwrap();
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert!(failure.attribute("message").unwrap().contains(odd), "{junit}");
    assert!(!place.path("x").exists());
}
