//! When they are grouped.

use std::collections::BTreeSet;

use super::run::Verdict;
use super::set::{Groups, Members};
use super::world::{Document, Fact, World};
use crate::pattern;
use crate::policy::When;
use crate::truth::Truth;
use crate::values;

/// The groups that a node is in, and whether those are all.
fn keys(world: &World, when: &When, node: &str) -> (BTreeSet<String>, bool) {
    match when {
        When::GroupByFact(fact) => match world.fact(node, fact) {
            Fact::Unknown => (BTreeSet::new(), false),
            Fact::Absent => (BTreeSet::new(), true),
            Fact::Is(value) => ([values::same_key(value)].into(), true),
        },
        When::GroupByClass(regex) => {
            let (classes, all) = world.classes(node);
            let Ok(regex) = pattern::regex(regex) else { return (BTreeSet::new(), false) };
            let keys = classes.iter().filter_map(|class| {
                let found = regex.captures(class)?;
                Some(found.get(1).map_or(class.as_str(), |group| group.as_str()).to_string())
            });
            (keys.collect(), all)
        }
        _ => match world.catalog(node) {
            Document::Read(catalog) => ([catalog.environment.clone()].into(), true),
            _ => (BTreeSet::new(), world.is_added(node)),
        },
    }
}

/// Groups nodes. A node that is in no group is a violation; tells also whether there was one.
pub fn group(
    world: &World,
    nodes: &Members<String>,
    when: &When,
    verdict: &mut Verdict,
) -> (Groups, bool) {
    let mut groups = Groups { open: nodes.open, ..Groups::default() };
    let mut broken = Truth::No;
    let about = match when {
        When::GroupByFact(fact) => format!("fact {}", fact.to_lowercase()),
        _ => "group".to_string(),
    };
    for (node, belongs) in &nodes.known {
        let (keys, all) = keys(world, when, node);
        if !all {
            groups.floating.insert(node.clone());
        }
        if keys.is_empty() {
            let in_none = belongs.and(if all { Truth::Yes } else { Truth::Maybe });
            verdict.breaks(in_none, &about, [node.clone()]);
            broken = broken.or(in_none);
        }
        for key in keys {
            groups.groups.entry(key).or_default().insert(node.clone(), *belongs);
        }
    }
    if nodes.open {
        verdict.unknown.insert("others may be in no group".into());
    }
    (groups, broken == Truth::Yes)
}
