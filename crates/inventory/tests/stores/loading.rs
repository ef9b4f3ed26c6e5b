//! Loading the contract's documents into a store, by the trait that every store has.

use std::collections::BTreeSet;

use groundrule_core::name::NodeName;
use groundrule_core::redaction::Redaction;
use groundrule_inventory::source::{
    About, Entry, FactsDocument, Load, Loaded, Location, Registration, Role, Targets,
};
use serde_json::Value;

use crate::contract;
use crate::open::{access, opening};

pub fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

pub fn about(run: &str) -> About {
    About {
        run: run.to_owned(),
        from: "estate:lab".to_owned(),
        at: jiff::Timestamp::from_second(1_790_000_000).unwrap(),
        all: false,
        there: true,
        gaps: Vec::new(),
        undeclared: Vec::new(),
        beside: Vec::new(),
    }
}

pub async fn targets(address: &str, role: Role) -> Targets {
    let location = Location::parse(address).unwrap();
    groundrule_inventory::source::target(&location, &opening(&[role], access())).await.unwrap()
}

pub fn facts() -> Vec<Entry<FactsDocument>> {
    let document = |(name, made, facts): (&str, i64, Value)| {
        let mut facts = facts.as_object().unwrap().clone();
        Redaction::default().strip(&mut facts);
        Entry { node: node(name), document: Ok(FactsDocument { made, facts }) }
    };
    contract::facts().into_iter().map(document).collect()
}

pub fn registrations() -> Vec<Entry<Registration>> {
    let document = |value: &Value| {
        let words = |field: &str, change: fn(&str) -> String| {
            let words = value[field].as_array()?.iter();
            Some(words.map(|word| change(word.as_str().unwrap())).collect())
        };
        let mut facts = value["facts"].as_object().cloned();
        facts.iter_mut().for_each(|facts| Redaction::default().strip(facts));
        let registration = Registration {
            seen: value["lastseen"].as_i64(),
            facts,
            classes: words("classes", str::to_lowercase),
            agents: words("agentlist", str::to_owned),
        };
        Entry { node: node(value["fqdn"].as_str().unwrap()), document: Ok(registration) }
    };
    contract::registrations().iter().map(document).collect()
}

/// Loads all of it, in two pieces.
pub async fn load<D: Clone + Send + 'static>(
    target: &mut dyn Load<D>,
    about: &About,
    entries: Vec<Entry<D>>,
    prune: bool,
) -> Loaded {
    let nodes: BTreeSet<_> = entries.iter().map(|entry| entry.node.clone()).collect();
    target.begin(about).await.unwrap();
    let (first, second) = entries.split_at(entries.len() / 2);
    target.put(first.to_vec()).await.unwrap();
    target.put(second.to_vec()).await.unwrap();
    target.finish(&nodes, prune).await.unwrap()
}

/// What every store of facts and registrations does with loads: `address` gives a fresh place.
pub async fn check(address: impl Fn(&str) -> String) {
    let facts_at = address("facts");
    let mut target = targets(&facts_at, Role::Facts).await.facts.unwrap();
    load(&mut *target, &about("1"), facts(), false).await;
    // Again: nothing changes.
    load(&mut *target, &about("2"), facts(), false).await;
    contract::check_facts(crate::open::sources(&facts_at, Role::Facts).await.facts.unwrap()).await;

    let registered = address("nodes");
    let mut target = targets(&registered, Role::Registrations).await.registrations.unwrap();
    load(&mut *target, &about("1"), registrations(), false).await;
    let sources = crate::open::sources(&registered, Role::Registrations).await;
    contract::check_registry(sources.registry.unwrap()).await;

    // Who began to ask before a load is told that it is another one.
    let before = crate::open::sources(&facts_at, Role::Facts).await.facts.unwrap();
    before.nodes().await.unwrap();
    let mut target = targets(&facts_at, Role::Facts).await.facts.unwrap();
    load(&mut *target, &about("again"), facts(), false).await;
    let role = groundrule_core::fact::FactName::new("role");
    match before.values(&role).await {
        Ok(values) => assert!(facts_at.starts_with("sqlite:") && values.len() == 2),
        Err(error) => assert!(error.to_string().contains("loaded anew"), "{error}"),
    }

    // A load that is broken off leaves a gap, until another one is whole.
    let mut broken = targets(&facts_at, Role::Facts).await.facts.unwrap();
    broken.begin(&about("3")).await.unwrap();
    broken.put(facts()[..1].to_vec()).await.unwrap();
    drop(broken);
    let listing = || async {
        let sources = crate::open::sources(&facts_at, Role::Facts).await;
        sources.facts.unwrap().nodes().await.unwrap()
    };
    let gaps = listing().await.gaps;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].contains("the load from estate:lab"), "{gaps:?}");
    assert!(gaps[0].ends_with("has not come to its end"), "{gaps:?}");

    // Of two loads at once the later one counts.
    let mut first = targets(&facts_at, Role::Facts).await.facts.unwrap();
    first.begin(&about("first")).await.unwrap();
    let mut second = targets(&facts_at, Role::Facts).await.facts.unwrap();
    second.begin(&about("second")).await.unwrap();
    first.put(facts()).await.unwrap();
    let overtaken = first.finish(&BTreeSet::new(), false).await.unwrap_err().to_string();
    assert!(overtaken.contains("another load has begun since"), "{overtaken}");
    assert_eq!(listing().await.gaps.len(), 1);

    // What cannot be relied on stays so; nodes that are gone go with --prune only.
    let mut about = about("4");
    about.gaps = vec!["a folder cannot be listed".into()];
    let doubtful = || {
        vec![
            facts()[0].clone(),
            Entry { node: node("web2.example.net"), document: Err("cut off".into()) },
        ]
    };
    let mut target = targets(&facts_at, Role::Facts).await.facts.unwrap();
    let loaded = load(&mut *target, &about, doubtful(), false).await;
    assert_eq!(loaded, Loaded { kept: 0, others: 1, pruned: false });
    let listed = listing().await;
    assert_eq!(contract::times(&listed).len(), 2);
    assert_eq!(listed.unreadable, [(node("web2.example.net"), "cut off".into())]);
    assert_eq!(listed.gaps, ["a folder cannot be listed".into()]);
    let loaded = load(&mut *target, &about, doubtful(), true).await;
    assert_eq!(loaded, Loaded { kept: 0, others: 1, pruned: true });
    assert_eq!(contract::times(&listing().await).len(), 1);
}
