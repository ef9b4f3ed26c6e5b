//! Catalogs that cannot be relied on.

use std::fs;

use super::{WEB, healthy, judged, told, undecided};

const FILE: &str = "estate/catalogs/web1.example.net.json";

/// A catalog that cannot be read may have any class, and may declare any dependency.
const HIDDEN: [&str; 2] = ["classes", "met"];

fn broken(text: impl AsRef<[u8]>, fault: &str) {
    let place = healthy();
    place.write(FILE, text);
    undecided(&place, &HIDDEN, &format!("catalogs/web1.example.net.json{fault}"));
}

#[test]
fn half_written() {
    let half = &WEB[..WEB.find("\"edges\"").unwrap()];
    broken(half, ":11:2: the text ends in the middle: copy it again, whole");
    broken("", ":1: the text ends in the middle: copy it again, whole");
    broken(" \n\n", ":3: the text ends in the middle: copy it again, whole");
    let twice = format!("{WEB}{{");
    broken(twice, ":16:2: trailing characters: repair the file or make it again");
}

#[test]
fn no_catalog_at_all() {
    let help =
        "write what `puppet catalog compile NODE --render-as json` prints, or PuppetDB's answer";
    broken("{}", &format!(": this is no Puppet catalog: it has no resources: {help}"));
    broken("[]", ":1: invalid type: sequence, expected a catalog: a JSON object: repair the file");
    broken(
        r#"{"resources":[]}"#,
        &format!(": this is no Puppet catalog: it names no node: {help}"),
    );
    broken("<html>401</html>", ":1:1: expected value: repair the file or make it again");
}

#[test]
fn wrong_encoding() {
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(WEB.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let help = "the text is not UTF-8: convert it, for instance with iconv -t UTF-8";
    broken(utf16, &format!(":1:1: {help}"));
    let latin1 = WEB.as_bytes().to_vec();
    let at = WEB.find("running").unwrap();
    let latin1 = [&latin1[..at], &[0xe9], &latin1[at..]].concat();
    broken(latin1, &format!(":7:69: {help}"));
    broken(b"\0\0\0\0", ":1:1: expected value");
}

#[test]
fn a_byte_order_mark_is_no_fault() {
    let place = healthy();
    place.write(FILE, [b"\xef\xbb\xbf", WEB.as_bytes()].concat());
    place.write(
        "rules.feature",
        "Feature: f\n  Scenario: s\n    Given the node \"web1.example.net\"\n    \
         Then the parameter \"ensure\" of \"Service[nginx]\" is \"running\" on every one\n",
    );
    let (statuses, code) = judged(&place);
    assert_eq!((statuses.values().next().map(String::as_str), code), (Some("held"), 0));
}

#[test]
fn what_puppet_would_refuse() {
    let again = "compile the catalog again: Puppet refuses";
    broken(
        WEB.replace(r#""target": "Service[nginx]""#, r#""target": "Service[ngnix]""#),
        &format!(
            ":13:47: Class[Role::Web] refers to Service[ngnix], which the catalog does not contain: {again} such a relationship"
        ),
    );
    broken(
        WEB.replace(r#""ensure": "running""#, r#""require": ["Package[nginx]"]"#),
        &format!(
            ":7:71: Service[nginx] refers to Package[nginx], which the catalog does not contain: {again} such a relationship"
        ),
    );
    broken(
        WEB.replace(r#""Stage", "title": "main""#, r#""Service", "title": "nginx""#),
        &format!(":7:35: the catalog contains Service[nginx] twice: {again} duplicates"),
    );
    // Each is named like the other.
    broken(
        WEB.replace(
            r#"{"type": "Stage", "title": "main"},"#,
            r#"{"type": "Stage", "title": "main"}, {"type": "Service", "title": "apache", "parameters": {"alias": "nginx"}},"#,
        )
        .replace(r#""ensure": "running""#, r#""alias": "apache""#),
        &format!(":5:105: Service[apache] is also named Service[nginx], which is Service[nginx]: {again} such an alias"),
    );
    broken(
        WEB.replace(r#""nodes": ["db1"#, r#""matching": "role=", "nodes": ["db1"#),
        ":8:50: Groundrule::Dependency[db]: a dependency has both nodes and matching: keep one: nodes names the providers, matching selects them",
    );
    broken(
        WEB.replace("web1.example.net", "web1/../../etc"),
        ": \"web1/../../etc\" is no node's name: it holds a slash or a control character: compile the catalog again for a node with a proper name",
    );
}

#[test]
fn names_that_occur_twice() {
    broken(
        WEB.replace(r#""classes":"#, r#""classes": [], "classes":"#),
        ":3:26: \"classes\" occurs twice: repair the file or make it again",
    );
    broken(
        WEB.replace(r#""ensure": "running"}"#, r#""ensure": "running"}, "parameters": {}"#),
        ":7:91: \"parameters\" occurs twice",
    );
}

#[test]
fn requirements_in_a_circle_are_read() {
    let place = healthy();
    place.write(
        FILE,
        WEB.replace(
            r#"{"type": "Stage", "title": "main"},"#,
            r#"{"type": "Stage", "title": "main"}, {"type": "Exec", "title": "a", "parameters": {"require": "Exec[b]"}},
               {"type": "Exec", "title": "b", "parameters": {"require": "Exec[a]"}},"#,
        )
        .replace(r#""edges": ["#, r#""edges": [{"source": "Class[Role::Web]", "target": "Stage[main]"},"#),
    );
    assert_eq!(judged(&place).1, 0);
    let graph = place.run(&["estate", "graph", "web1.example.net", "--format", "json"]);
    let graph: serde_json::Value = serde_json::from_str(&graph.stdout).unwrap();
    assert!(graph["cycles"].to_string().contains("Exec[a]"), "{}", graph["cycles"]);
}

#[test]
fn nested_deep() {
    let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
    broken(
        WEB.replace(
            r#""main"}"#,
            &format!(r#""main", "parameters": {{"require": {}}}}}"#, deep(100_000)),
        ),
        ":5:189: recursion limit exceeded: it is nested too deep to be a real document: make it again",
    );
    // Where nothing is read of it the catalog is good, but for the one who asks.
    let place = healthy();
    place.write(FILE, WEB.replace(r#""running""#, &deep(100_000)));
    assert_eq!(judged(&place).1, 0);
    place.write(
        "rules.feature",
        "Feature: f\n  Scenario: s\n    Given the node \"web1.example.net\"\n    \
         Then the parameter \"ensure\" of \"Service[nginx]\" is \"running\" on every one\n",
    );
    let ran = place.run(&["rules.feature"]);
    assert!(ran.stdout.contains("a value in its resource cannot be read"), "{}", ran.stdout);
    assert_eq!(ran.code, 3);
}

#[test]
fn two_catalogs_of_a_node() {
    let place = healthy();
    place.write("estate/catalogs/copy.json", WEB);
    let fault = "catalogs/web1.example.net.json: 2 documents are about web1.example.net: \
                 catalogs/copy.json and catalogs/web1.example.net.json: keep the right one";
    undecided(&place, &HIDDEN, fault);
}

/// Whoever may be there may be needed by a catalog that cannot be read.
#[test]
fn a_catalog_that_may_need_a_stranger() {
    let place = healthy();
    fs::remove_file(place.path("estate/relationships.yaml")).unwrap();
    place.write(FILE, "{").write("estate/discovery.json", "[").write(
        "rules.feature",
        "Feature: f\n  @id:one\n  Scenario: s\n    Given the node \"stranger\"\n    \
         When I follow what depends on it\n    Then no pair shares the fact \"zone\"\n",
    );
    assert_eq!(judged(&place).0["one"], "undecided");
}

#[test]
fn a_dependency_of_nothing() {
    let place = healthy();
    place.write(FILE, WEB.replace("\"Service[nginx]\", \"on\"", "\"Service[apache]\", \"on\""));
    told(
        &place,
        "catalog of web1.example.net: Groundrule::Dependency[db]: web1.example.net has no resource \
         Service[apache] that could depend on anything: correct from, or leave it out where the \
         node as a whole depends",
    );
}
