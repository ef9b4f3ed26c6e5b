//! Facts, registrations, the discovery reply and the relationships.

use super::{OPEN, healthy, judged, undecided};

fn broken(file: &str, text: impl AsRef<[u8]>, policies: &[&str], fault: &str) {
    let place = healthy();
    place.write(&format!("estate/{file}"), text);
    undecided(&place, policies, &format!("{file}{fault}"));
}

#[test]
fn facts() {
    let json = |text: &str, fault: &str| {
        broken("facts/web1.example.net.json", text, &["facts"], fault);
    };
    json(r#"{"zone": "a""#, ":1:12: the text ends in the middle: copy it again, whole");
    json(
        r#"["zone", "a"]"#,
        ": these are no facts: a mapping of names to values is expected: write what `facter --json` prints, or Puppet's node facts",
    );
    json(
        r#"{"zone": "a", "zone": "c"}"#,
        ":1:20: \"zone\" occurs twice: repair the file or make it again",
    );
    json(r#"{"zone": 1e999}"#, ":1:14: number out of range");
    json(r#"{"zone": NaN}"#, ":1:10: expected value");
    json(
        "{\"zone\": \"a\0\"}",
        ":1:12: control character (\\u0000-\\u001F) found while parsing a string",
    );
    json(
        &format!("{{\"zone\": {}", "[".repeat(200_000)),
        ":1:136: recursion limit exceeded: it is nested too deep",
    );
    json("", ":1: the text ends in the middle");
    broken(
        "facts/web1.example.net.json",
        b"{\"zone\": \"\xe4\"}",
        &["facts"],
        ":1:11: the text is not UTF-8",
    );
}

#[test]
fn facts_in_yaml() {
    let yaml = |text: &str, fault: &str| {
        broken("facts/db1.example.net.yaml", text, &["facts"], fault);
    };
    yaml("- zone\n- b\n", ": these are no facts");
    yaml("zone: b\nzone: c\n", ":2:");
    yaml("zone: [b\n", ":");
    yaml("zone: .nan\n", ":1:");
    yaml("zone: b\n---\nzone: c\n", ":");
    yaml("zone: *nobody\n", ":1:");
    yaml("zone: &loop [*loop]\n", ":");
    yaml(&"[".repeat(100_000), ":");
    yaml(&"- ".repeat(100_000), ":");
    yaml(&(0..20_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>(), ":");
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for n in 1..12 {
        let last = n - 1;
        let ten = vec![format!("*a{last}"); 10].join(", ");
        bomb.push_str(&format!("a{n}: &a{n} [{ten}]\n"));
    }
    yaml(&bomb, ":");
}

#[test]
fn a_fact_of_another_type_is_no_fault() {
    for (value, status) in [("[\"a\"]", "violated"), ("{\"a\": 1}", "violated"), ("\"a\"", "held")]
    {
        let place = healthy();
        place.write("estate/facts/web1.example.net.json", format!("{{\"zone\": {value}}}"));
        assert_eq!(judged(&place).0["facts"], status, "{value}");
    }
}

#[test]
fn registrations() {
    let forms = "write {senderid, msgtime, body} or {fqdn, lastseen, facts, classes, agentlist}";
    let single = |text: &str, fault: &str| {
        // It would tell of classes, too.
        let policies = ["classes", "registered"];
        broken("registrations/web1.example.net.json", text, &policies, fault);
    };
    single("{", ":1:1: the text ends in the middle");
    single("[]", &format!(": this is no registration: a JSON object is expected: {forms}"));
    single("{\"lastseen\": 1}", &format!(": the registration names no node: {forms}"));
    single(
        "{\"fqdn\": \"web1.example.net\", \"classes\": \"role::web\"}",
        &format!(": classes is no list of names: {forms}"),
    );
}

/// A line that cannot be read may be anybody's.
#[test]
fn lines_of_registrations() {
    let good = "{\"fqdn\": \"db1.example.net\", \"lastseen\": 1793000000}";
    let file = "registrations/others.ndjson";
    broken(file, format!("{good}\n\n{{\"fqdn\":\n"), &OPEN, ":3:8: the text ends in the middle");
}

#[test]
fn discovery() {
    let file = |text: &str, fault: &str| {
        broken("discovery.json", text, &OPEN, fault);
    };
    let forms = "write the reply of `mco rpc rpcutil ping -j` or `choria req rpcutil ping --json`, a list of names, or {\"at\", \"nodes\"}";
    file("[\"web1.example.net\",", ":1:20: the text ends in the middle");
    file("{\"nodes\": \"web1\"}", &format!(": the reply has no list of nodes: {forms}"));
    file(
        "[\"../web1\"]",
        ": \"../web1\" is no node's name: it holds a slash or a control character",
    );
    file("[7]", &format!(": 7 names no node: {forms}"));
}

#[test]
fn relationships() {
    let file = |text: &str, fault: &str| broken("relationships.yaml", text, &["met"], fault);
    file("- {node: web1.example.net, nodes: db1.example.net\n", ":");
    file("node: web1.example.net\n", ":1:1:");
    file(
        "- {node: web1.example.net, nodes: db1.example.net}\n- {node: web1.example.net, kind: firm, nodes: a}\n",
        ":2:1: kind is \"firm\": write kind as hard or soft",
    );
    file(
        "- {node: web1.example.net}\n",
        ":1:1: web1.example.net depends on nobody: name the providers under nodes, or select them with matching",
    );
    file("- {node: web1.example.net, nodes: a, colour: red}\n", ":1:");
    file(
        "- {node: web1.example.net, nodes: a, matching: b}\n",
        ":1:1: a dependency has both nodes and matching",
    );
    file(
        "- {node: web1.example.net, matching: 'b='}\n",
        ":1:1: the filter \"b=\" cannot be read: the value is missing at character 3",
    );
    file("- {node: ../web1, nodes: a}\n", ":1:1: \"../web1\" is no node's name");
}

#[test]
fn a_relationship_of_nobody_is_told() {
    let place = healthy();
    place
        .write("estate/relationships.yaml", "- {node: wbe1.example.net, nodes: db1.example.net}\n");
    undecided(
        &place,
        &[],
        "relationships.yaml:1: no source knows the node wbe1.example.net: the dependency is left out: correct the name, or take the row away",
    );
}
