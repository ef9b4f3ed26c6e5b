//! What every store answers: the questions of the ports, with answers written by hand.

use std::collections::BTreeMap;
use std::sync::Arc;

use groundrule_core::fact::FactName;
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{FactStore, Registry};
use groundrule_core::source::{Known, Listing};
use serde_json::{Value, json};

/// The facts documents that each store is given: node, of when they are, and facts.
pub fn facts() -> Vec<(&'static str, i64, Value)> {
    let web1 = json!({
        "role": "web", "cores": 4, "big": 9_007_199_254_740_993_i64, "load": 0.25, "up": true,
        "os": {"family": "Debian", "release": {"major": "12"}},
        "a.b": "dotted", "note": null, "list": [1, {"a": 2}, []],
        "admin_password": "hunter2", "db": {"port": 3306, "password": "hunter2"},
    });
    let web2 = json!({
        "Role": "WEB", "cores": "8", "os.family": "whole", "OS": {"Family": "RedHat"},
        "$ref": "dollar", "$or": [{"x": 1}], "quoted": "it's \"${x}\"\n{ $ne: 1 }", "Ärger": "ä",
    });
    vec![
        ("web1.example.net", 1_790_000_000, web1),
        ("web2.example.net", 1_790_000_060, web2),
        ("db1.example.net", 1_790_000_120, json!({})),
    ]
}

/// Facts and who has which value of them.
const VALUES: &[(&str, &str)] = &[
    ("role", r#"{"web1": "web", "web2": "WEB"}"#),
    ("ROLE", r#"{"web1": "web", "web2": "WEB"}"#),
    ("cores", r#"{"web1": 4, "web2": "8"}"#),
    ("big", r#"{"web1": 9007199254740993}"#),
    ("load", r#"{"web1": 0.25}"#),
    ("up", r#"{"web1": true}"#),
    ("os.family", r#"{"web1": "Debian", "web2": "whole"}"#),
    ("os.release.major", r#"{"web1": "12"}"#),
    ("a.b", r#"{"web1": "dotted"}"#),
    ("note", "{}"),
    ("list", r#"{"web1": [1, {"a": 2}, []]}"#),
    ("list.1.a", r#"{"web1": 2}"#),
    ("admin_password", "{}"),
    ("db.port", r#"{"web1": 3306}"#),
    ("db.password", "{}"),
    ("$ref", r#"{"web2": "dollar"}"#),
    ("$or.0.x", r#"{"web2": 1}"#),
    ("quoted", r#"{"web2": "it's \"${x}\"\n{ $ne: 1 }"}"#),
    ("ärger", r#"{"web2": "ä"}"#),
    ("nothing", "{}"),
];

fn short(node: &impl ToString) -> String {
    node.to_string().trim_end_matches(".example.net").to_owned()
}

fn values(rows: Vec<(groundrule_core::name::NodeName, Value)>) -> Value {
    rows.into_iter().map(|(node, value)| (short(&node), value)).collect()
}

pub fn times(listing: &Listing) -> BTreeMap<String, Option<i64>> {
    let rows = listing.readable.iter();
    rows.map(|(node, at)| (short(node), at.map(jiff::Timestamp::as_second))).collect()
}

/// What every store of facts answers about [`facts`].
pub async fn check_facts(store: Arc<dyn FactStore>) {
    let listing = store.nodes().await.unwrap();
    let expected = [
        ("db1".to_owned(), Some(1_790_000_120)),
        ("web1".to_owned(), Some(1_790_000_000)),
        ("web2".to_owned(), Some(1_790_000_060)),
    ];
    assert_eq!(times(&listing), expected.into());
    assert_eq!((listing.unreadable.len(), listing.gaps.len(), listing.absent), (0, 0, false));
    for (fact, expected) in VALUES {
        let answer = values(store.values(&FactName::new(fact)).await.unwrap());
        assert_eq!(answer, serde_json::from_str::<Value>(expected).unwrap(), "{fact}");
    }
    let names = store.names().await.unwrap();
    let mut names: Vec<_> = names.iter().map(FactName::as_str).collect();
    names.sort_unstable();
    let expected =
        "$or $ref OS Role a.b big cores db list load note os os.family quoted role up Ärger";
    assert_eq!(names.join(" "), expected);
    let db = store.values(&FactName::new("db")).await.unwrap();
    assert!(groundrule_core::redaction::is_partial(&db[0].1), "something was taken from it");
}

/// The registrations that each store is given, in the form of MongoDB's documents.
pub fn registrations() -> Vec<Value> {
    vec![
        json!({"fqdn": "web1.example.net", "lastseen": 1_790_000_000,
               "facts": {"role": "web", "os.family": "whole", "token": "x"},
               "classes": ["Role::Web", "nginx"], "agentlist": ["rpcutil", "puppet"]}),
        json!({"fqdn": "web2.example.net", "lastseen": 1_790_000_060,
               "facts": {"Role": "web2"}, "classes": ["role::web", "ntp", "web's ${x}"]}),
        json!({"fqdn": "lb1.example.net", "facts": {}, "classes": [], "agentlist": []}),
        json!({"fqdn": "quiet.example.net", "lastseen": 7}),
    ]
}

fn known<T>(
    rows: Vec<(groundrule_core::name::NodeName, Known<T>)>,
    show: impl Fn(T) -> String,
) -> String {
    let mut rows: Vec<_> = rows
        .into_iter()
        .map(|(node, known)| {
            let known = match known {
                Known::Present(value) => show(value),
                Known::Absent => "-".to_owned(),
                Known::Unknown(why) => format!("? {why}"),
            };
            format!("{}: {known}", short(&node))
        })
        .collect();
    rows.sort_unstable();
    rows.join("; ")
}

/// What every registry answers about [`registrations`].
pub async fn check_registry(store: Arc<dyn Registry>) {
    let listing = store.nodes().await.unwrap();
    let expected = [
        ("lb1".to_owned(), None),
        ("quiet".to_owned(), Some(7)),
        ("web1".to_owned(), Some(1_790_000_000)),
        ("web2".to_owned(), Some(1_790_000_060)),
    ];
    assert_eq!(times(&listing), expected.into());
    assert_eq!((listing.unreadable.len(), listing.gaps.len()), (0, 0));
    let seen = known(store.last_seen().await.unwrap(), |at| at.as_second().to_string());
    assert_eq!(
        seen,
        "lb1: ? its registration does not tell when it was made; quiet: 7; web1: 1790000000; web2: 1790000060"
    );

    let no = "? its registration tells no";
    for (pattern, web1, web2) in [
        ("role::web", "role::web", "role::web"),
        ("nginx", "nginx", "-"),
        ("Nginx", "-", "-"),
        ("/^role::/", "role::web", "role::web"),
        ("/^n/", "nginx", "ntp"),
        ("web's ${x}", "-", "web's ${x}"),
        ("$ne", "-", "-"),
        ("/nothing/", "-", "-"),
    ] {
        let rows = store.classes(&Pattern::parse(pattern).unwrap()).await.unwrap();
        let answer = known(rows, |classes| classes.join(" "));
        let expected = format!("lb1: -; quiet: {no} classes; web1: {web1}; web2: {web2}");
        assert_eq!(answer, expected, "{pattern}");
    }
    for (pattern, web1) in [("rpcutil", "yes"), ("/^pup/", "yes"), ("Rpcutil", "-")] {
        let rows = store.agents(&Pattern::parse(pattern).unwrap()).await.unwrap();
        let answer = known(rows, |()| "yes".to_owned());
        let expected = format!("lb1: -; quiet: {no} agents; web1: {web1}; web2: {no} agents");
        assert_eq!(answer, expected, "{pattern}");
    }
    let names = store.names().await.unwrap();
    let mut names: Vec<_> = names.iter().map(FactName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["Role", "os.family", "role"]);
    for (fact, web1, web2) in
        [("role", "\"web\"", "\"web2\""), ("os.family", "\"whole\"", "-"), ("token", "-", "-")]
    {
        let rows = store.values(&FactName::new(fact)).await.unwrap();
        let answer = known(rows, |value| value.to_string());
        let expected = format!("lb1: -; quiet: {no} facts; web1: {web1}; web2: {web2}");
        assert_eq!(answer, expected, "{fact}");
    }
}
