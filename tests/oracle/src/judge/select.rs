//! Given: which set a sentence selects in the supposed world.

use std::collections::BTreeMap;

use super::dependencies::{declared, rows_unknown, who_may_declare};
use super::set::{Members, OnNode, Set};
use super::world::{Document, NOBODY, World};
use crate::model::Kind;
use crate::pattern;
use crate::policy::Tail;
use crate::truth::Truth;
use crate::values;

/// What a tail says of a node.
pub fn tail(world: &World, tail: &Tail, node: &str) -> Truth {
    match tail {
        Tail::WithClass(name) => world.has_class(node, name),
        Tail::WithoutClass(name) => world.has_class(node, name).negate(),
        Tail::WithFact(fact) => world.fact_is(node, fact, |_| true),
        Tail::WithoutFact(fact) => world.fact_is(node, fact, |_| true).negate(),
        Tail::FactIs(fact, how) => world.fact_is(node, fact, |value| values::compares(value, how)),
        Tail::InEnvironment(name) => world.in_environment(node, name),
        Tail::WithAgent(name) => world.has_agent(node, name),
        Tail::Matching(filter) => world.matches(node, filter),
        Tail::Registered => world.is_registered(node),
        Tail::Discovered => world.is_discovered(node),
        // Speaks of a resource; `narrow` sees to it.
        Tail::OfType(_) => Truth::Maybe,
    }
}

/// All nodes that stand.
pub fn all_nodes(world: &World) -> Members<String> {
    let mut members = Members::new(world.nodes());
    members.open = world.open();
    members
}

/// Those of the nodes named that are known.
pub fn named(world: &World, names: &[String]) -> Members<String> {
    Members::new(names.iter().map(|name| (name.clone(), world.stands(name))))
}

/// All resources for which the condition holds; it sees a reference.
pub fn resources(world: &World, condition: impl Fn(&str) -> bool) -> Members<OnNode> {
    let mut known = BTreeMap::new();
    let mut members = Members::new(known.clone());
    members.open = world.open();
    for (node, stands) in world.nodes() {
        match world.catalog(&node) {
            Document::Read(catalog) => {
                for resource in &catalog.resources {
                    if condition(&resource.reference) {
                        let reference = resource.reference.clone();
                        known.insert(OnNode { node: node.clone(), reference }, stands);
                    }
                }
            }
            _ if world.is_added(&node) => {}
            _ => {
                members.hidden_on.insert(node);
            }
        }
    }
    Members { known, ..members }
}

/// All declared dependencies, or those of one kind.
pub fn dependencies(world: &World, kind: Option<Kind>) -> Set {
    let all = declared(world).into_iter();
    let wanted = all.filter(|(one, _)| kind.is_none_or(|kind| one.kind == kind));
    let mut members = Members::new(wanted);
    members.hidden_on = who_may_declare(world);
    members.open = world.open() && rows_unknown(world);
    Set::Dependencies(members)
}

/// Keeps those for which the tail holds, or cuts them.
pub fn narrow(world: &World, set: &mut Set, tail_: &Tail, keep: bool) {
    if let (Set::Resources(members), Tail::OfType(kind)) = (&mut *set, tail_) {
        let kind = pattern::type_name(kind);
        members.known.retain(|one, _| (pattern::type_of(&one.reference) == kind) == keep);
        return;
    }
    let condition = |node: &str| {
        let truth = tail(world, tail_, node);
        if keep { truth } else { truth.negate() }
    };
    match set {
        Set::Nodes(members) => members.keep(condition, NOBODY),
        Set::Resources(members) => members.keep(condition, NOBODY),
        Set::Dependencies(members) => members.keep(condition, NOBODY),
        Set::Groups(_) | Set::Pairs(_) => {}
    }
}
