//! Sensitive values show in no output.

use crate::running::Place;

const SECRET: &str = "hunter2";

fn place() -> Place {
    let place = Place::with_estate();
    place.write(
        "estate/catalogs/a.json",
        r#"{"name": "a", "environment": "production", "version": 1, "classes": ["app"], "edges": [{"source": "Stage[main]", "target": "Class[App]"}, {"source": "Class[App]", "target": "File[/etc/app]"}, {"source": "Class[App]", "target": "User[app]"}],
        "resources": [{"type": "Stage", "title": "main", "parameters": {}}, {"type": "Class", "title": "App", "parameters": {"db_password": "hunter2"}},
        {"type": "File", "title": "/etc/app", "parameters": {"content": "hunter2", "mode": "0600"}, "sensitive_parameters": ["content"]},
        {"type": "User", "title": "app", "parameters": {"password": "hunter2", "uid": 7}}]}"#,
    );
    place.write(
        "estate/facts/a.json",
        r#"{"fqdn": "a", "zone": "1", "db_password": "hunter2", "vault": {"token": "hunter2"}}"#,
    );
    place.write("estate/registrations/a.json", r#"{"fqdn": "a", "lastseen": 1790000000, "facts": {"api_key": "hunter2"}, "classes": ["app"], "agentlist": []}"#);
    // Documents that cannot be read hold secrets too.
    place.write("estate/facts/bad.json", r#"{"fqdn": "bad", "db_password": "hunter2", "#);
    place.write("estate/facts/bad2.json", r#""hunter2""#);
    place.write("estate/facts/bad3.yaml", "name: bad3\nvalues: hunter2\n");
    place.write("estate/catalogs/bad.json", r#"{"name": "bad", "resources": "hunter2"}"#);
    place.write("estate/catalogs/bad2.json", r#"{"name": "bad2", "resources": [{"type": "User", "title": "x", "parameters": "hunter2"}], "edges": []}"#);
    place.write("estate/registrations/bad.json", r#"{"fqdn": "bad", "facts": "hunter2"}"#);
    place.write(
        "x.feature",
        "Feature: x
  Scenario: facts
    Given the node \"a\"
    Then the fact \"db_password\" of every one is \"x\"
    And the fact \"vault.token\" of every one is \"x\"
    And the fact \"vault\" of every one is \"x\"
    And the fact \"api_key\" of every one matches \"/x/\"
    And no two of them share the fact \"db_password\"
    And they do not all share the fact \"vault\"
  Scenario: parameters
    Given the node \"a\"
    Then the parameter \"content\" of \"File[/etc/app]\" is \"x\" on every one
    And the parameter \"password\" of \"User[app]\" is \"x\" on every one
    And the parameter \"db_password\" of \"Class[App]\" is \"x\" on every one
    And the parameter \"uid\" of \"User[app]\" is \"8\" on every one
  Scenario: groups
    Given all nodes
    When they are grouped by the fact \"db_password\"
    Then every group has at least 9 members
",
    );
    place
}

/// Two structures that differ only in what is never read are neither the same nor different.
#[test]
fn what_is_left_of_a_structure_is_not_compared() {
    let place = Place::new();
    for (node, token) in [("a", "A"), ("b", "B")] {
        let facts = format!(r#"{{"fqdn": "{node}", "vault": {{"port": 1, "token": "{token}"}}}}"#);
        place.write(&format!("estate/facts/{node}.json"), facts);
    }
    for (sentence, code) in [
        ("no two of them share the fact \"vault\"", 3),
        ("they do not all share the fact \"vault\"", 3),
        ("no two of them share the fact \"vault.port\"", 1),
    ] {
        let scenario =
            format!("Feature: x\n  Scenario: y\n    Given all nodes\n    Then {sentence}\n");
        place.write("x.feature", scenario);
        let ran = place.run(&["x.feature"]);
        assert_eq!(ran.code, code, "{sentence}: {}{}", ran.stdout, ran.stderr);
    }
}

#[test]
fn in_no_format() {
    let place = place();
    for format in ["pretty", "results", "junit", "json", "github", "nagios"] {
        let mut command = place.command(&["x.feature", "-f", format]);
        let output = command.env("GITHUB_STEP_SUMMARY", place.path("summary.md")).output().unwrap();
        let (out, err) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(out.len() > 100, "{format}: {out}{err}");
        assert!(!out.contains(SECRET) && !err.contains(SECRET), "{format}: {out}{err}");
    }
    assert!(!place.read("summary.md").contains(SECRET));
}

#[test]
fn in_no_look_at_the_estate() {
    let place = place();
    for arguments in [
        &["estate", "show"][..],
        &["estate", "show", "-f", "json"],
        &["estate", "graph", "a"],
        &["estate", "graph", "a", "-f", "json"],
        &["estate", "graph", "bad"],
        &["estate", "nodes", "-F", "db_password=x"],
        &["estate", "nodes", "-F", "zone=1", "-f", "json"],
        &["config", "show", "--origin"],
    ] {
        let ran = place.run(arguments);
        assert_ne!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""), "{arguments:?}");
        assert!(
            !ran.stdout.contains(SECRET) && !ran.stderr.contains(SECRET),
            "{arguments:?}: {ran:?}"
        );
    }
}

/// Neither what is refused nor what counts shows the password of an address.
#[test]
fn in_no_address() {
    let place = Place::with_estate();
    let event = r#"{"name":"n","subject":"s","type":"status"}"#;
    for rule in [
        "to: \"http://u:hunter2@h/x\"\n",
        "to: \"stomp://u:hunter2@h/queue/x\"\nsamle: 1\n",
        "set: {text: 1}\nto: [ftp://u:hunter2@h/]\n",
    ] {
        place.write("routes/portal/a.yaml", rule);
        let ran = place.run(&["routes", "test", event, "--routes", "routes"]);
        assert_eq!(ran.code, 2, "{rule}: {ran:?}");
        assert!(!ran.stderr.contains(SECRET), "{rule}: {ran:?}");
    }
    place.write("routes/portal/a.yaml", "to: \"http://u:hunter2@h/x\"\n");
    let ran = place.run(&["routes", "test", event, "--routes", "routes"]);
    assert!(ran.stderr.contains("to: \"http://u:***@h/x\""), "{ran:?}");
    let notifier = "[[notifier]]\nname = \"x\"\nkind = \"queue\"\n";
    let to = "to = \"stomp://u:hunter2@h/queue/x\"";
    for text in [
        format!("[events]\n{to} \n"),
        format!("{notifier}{to}\n"),
        "[events]\nto = [\"http://u:hunter2@h/\"]\n".to_owned(),
        "[pipeline]\nfrom = [\"nats://u:hunter2@h/\"]\n".to_owned(),
    ] {
        place.write("groundrule.toml", &text);
        let ran = place.run(&["config", "show"]);
        let told = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!told.contains(SECRET) && told.contains("u:***@h"), "{text}: {ran:?}");
    }
}
