//! Names and values that try to take over a terminal, a document or a line.

use crate::running::Place;

/// An escape sequence, a C1 control, a bidirectional override, and ends of markup and lines.
const EVIL: &str = r"\u001b[31mred\u0007 \u009b2J \u202egnp \ufffe ]]> <x> & \r\nforged: held";

fn place() -> Place {
    let place = Place::with_estate();
    place.write("estate/facts/evil.json", format!("{{\"fqdn\": \"evil\", \"zone\": \"{EVIL}\"}}"));
    place.write(
        "x.feature",
        "Feature: ]]> \u{1b}[2J &amp;\n  @owner:\u{7} @id:]]>\n  Scenario: <b> \u{1b}]0;title\u{7}\n    Given all nodes\n    Then the fact \"zone\" of every one is \"1\"\n  Scenario: shared\n    Given the node \"evil\"\n    Then they do not all share the fact \"zone\"\n",
    );
    place.write("w.yaml", format!("- {{id: W-1, policy: nothing, scope: policy, reason: \"{EVIL}\", owner: \"\\u001b[1m\", expires: 2999-12-31}}\n"));
    place.write("estate/catalogs/\u{1b}[31m.json", "{");
    place
}

/// Characters that a terminal obeys.
fn obeyed(text: &str) -> Vec<char> {
    let turns = ['\u{202e}', '\u{2066}', '\u{2028}'];
    text.chars().filter(|c| (c.is_control() && *c != '\n') || turns.contains(c)).collect()
}

#[test]
fn no_output_obeys_them() {
    let place = place();
    for format in ["pretty", "junit", "github", "nagios"] {
        let ran = place.run(&["x.feature", "-f", format, "--waivers", "w.yaml"]);
        assert!(ran.stdout.contains("gnp"), "{format}: {ran:?}");
        assert_eq!(obeyed(&ran.stdout), [], "{format}: {ran:?}");
        assert_eq!(obeyed(&ran.stderr), [], "{format}: {ran:?}");
    }
    for arguments in [
        &["x.feature", "--dry-run"][..],
        &["waivers", "list", "w.yaml"],
        &["estate", "show"],
        &["x.feature", "x\u{1b}[31m.feature"],
        &["x.feature", "-f", "\u{1b}[31m"],
    ] {
        let ran = place.run(arguments);
        assert_ne!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{arguments:?}");
        assert_eq!(obeyed(&ran.stdout), [], "{arguments:?}: {ran:?}");
        assert_eq!(obeyed(&ran.stderr), [], "{arguments:?}: {ran:?}");
    }
}

#[test]
fn no_line_is_forged() {
    let place = place();
    for format in ["pretty", "github", "nagios"] {
        let ran = place.run(&["x.feature", "-f", format]);
        assert!(ran.stdout.contains("forged: held"), "{format}: {ran:?}");
        assert!(!ran.stdout.lines().any(|line| line.starts_with("forged")), "{format}: {ran:?}");
    }
}

#[test]
fn documents_stay_whole() {
    let place = place();
    for format in ["results", "json"] {
        let ran = place.run(&["x.feature", "-f", format]);
        serde_json::from_str::<serde_json::Value>(&ran.stdout).unwrap();
    }
    let ran = place.run(&["x.feature", "-f", "junit"]);
    let document = roxmltree::Document::parse(&ran.stdout).unwrap();
    let failure = document.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert!(failure.text().unwrap().contains("]]> <x> &"), "{:?}", failure.text());
    let case = failure.parent().unwrap();
    assert_eq!(case.attribute("name"), Some("<b> ]0;title"));
}
