//! How long it takes to ask MongoDB which of many machines have a class: for `ci/bench/registrations`.
//!
//! Arguments: the address of a collection, and how many machines there are to be.
#![expect(clippy::disallowed_macros, reason = "it prints what it measured")]
#![expect(clippy::unwrap_used, reason = "it may fail where it stands")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use groundrule_core::fact::FactName;
use groundrule_core::name::NodeName;
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::Registry;
use groundrule_inventory::Options;
use groundrule_inventory::source::{
    About, Access, Entry, Location, Opening, Registration, Role, open, target,
};
use serde_json::{Map, Value};

/// A registration of 11 KB; one machine in twenty is a database.
fn registration(n: usize) -> Entry<Registration> {
    let mut facts: Map<String, Value> =
        (0..200).map(|k| (format!("fact_{k:03}"), Value::from("x".repeat(30)))).collect();
    let role = if n.is_multiple_of(20) { "db" } else { "web" };
    facts.insert("role".to_owned(), role.into());
    let classes = (0..18).map(|k| format!("profile::part{k}"));
    let classes = classes.chain([format!("role::{role}")]).collect();
    let registration = Registration {
        seen: Some(1_790_000_000),
        facts: Some(facts),
        classes: Some(classes),
        agents: Some(vec!["rpcutil".to_owned(), "puppet".to_owned()]),
    };
    let node = NodeName::new(&format!("node{n}.example.net")).unwrap();
    Entry { node, document: Ok(registration) }
}

async fn fill(location: &Location, opening: &Opening, count: usize) {
    let mut load = target(location, opening).await.unwrap().registrations.unwrap();
    let about = About {
        run: "bench".to_owned(),
        from: "bench".to_owned(),
        at: jiff::Timestamp::UNIX_EPOCH,
        all: true,
        there: true,
        gaps: Vec::new(),
        undeclared: Vec::new(),
        beside: Vec::new(),
    };
    load.begin(&about).await.unwrap();
    let mut nodes = BTreeSet::new();
    for start in (0..count).step_by(100) {
        let entries: Vec<_> = (start..(start + 100).min(count)).map(registration).collect();
        nodes.extend(entries.iter().map(|entry| entry.node.clone()));
        load.put(entries).await.unwrap();
    }
    load.finish(&nodes, true).await.unwrap();
}

/// The middle one of several times.
async fn median<F: Future<Output = ()>>(ask: impl Fn() -> F) -> Duration {
    let mut times = Vec::new();
    for _ in 0..15 {
        let begun = Instant::now();
        ask().await;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let location = Location::parse(&arguments.next().unwrap()).unwrap();
    let count: usize = arguments.next().unwrap().parse().unwrap();
    let opening = Opening {
        roles: vec![Role::Registrations],
        access: Access { timeout: Duration::from_secs(120), ..Access::default() },
        reading: Options::default(),
    };
    let begun = Instant::now();
    fill(&location, &opening, count).await;
    println!("load {count}: {:.0?}", begun.elapsed());
    let begun = Instant::now();
    let opened = open(&location, &opening).await.unwrap();
    let store: &dyn Registry = &*opened.sources.registry.unwrap();
    assert_eq!(store.nodes().await.unwrap().readable.len(), count);
    println!("list: {:.0?}", begun.elapsed());
    let (db, role) = (Pattern::parse("role::db").unwrap(), FactName::new("role"));
    let expression = Pattern::parse("/^role::db$/").unwrap();
    for (what, pattern) in [("class", &db), ("class by expression", &expression)] {
        let time = median(|| async {
            assert_eq!(store.classes(pattern).await.unwrap().len(), count);
        });
        println!("{what}: {:.1?}", time.await);
    }
    let time = median(|| async {
        assert_eq!(store.values(&role).await.unwrap().len(), count);
    });
    println!("fact: {:.1?}", time.await);
}
