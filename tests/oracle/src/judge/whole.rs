//! Then: the sentences that look at the whole estate.

use super::dependencies::{any_hard, declared, met, rows_unknown, who_may_declare};
use super::fallen::Fallen;
use super::run::{State, Verdict};
use super::world::{Document, World};
use crate::model::Kind;
use crate::truth::Truth;

/// Every hard dependency of a standing node is met in the supposed world.
pub fn hard_met(state: &State, verdict: &mut Verdict) {
    let world = &state.world;
    let none_today = any_hard(&World::today(world.estate)).negate();
    if !state.allow_empty {
        verdict.breaks(none_today, "nothing to judge", []);
    }
    let fallen = Fallen::in_world(world);
    for (one, declared) in declared(world) {
        if one.kind == Kind::Hard {
            let unmet = declared.and(met(world, &one, &fallen).negate());
            let who = [one.node.clone()].into_iter().chain(state.turn.clone());
            verdict.breaks(unmet, &format!("dependency {one:?}"), who);
        }
    }
    for node in who_may_declare(world) {
        verdict.unknown.insert(format!("what {node} declares"));
    }
    if world.open() && rows_unknown(world) {
        verdict.unknown.insert("what others declare".into());
    }
}

/// Nothing has fallen in the supposed world; containers are not named.
pub fn nothing_fallen(world: &World, verdict: &mut Verdict) {
    let fallen = Fallen::in_world(world);
    for node in world.nodes().into_keys() {
        match world.catalog(&node) {
            Document::Read(catalog) => {
                for resource in catalog.resources.iter().filter(|one| !one.container) {
                    let subject = format!("{node}/{}", resource.reference);
                    let truth =
                        fallen.of(&node, Some(&resource.reference)).and(world.stands(&node));
                    verdict.breaks(truth, &format!("resource {subject}"), [subject]);
                }
            }
            _ => {
                // What is on it is unknown, so there is nothing to name.
                if fallen.of(&node, None) != Truth::No {
                    verdict.unknown.insert(format!("what has fallen on {node}"));
                }
            }
        }
    }
    if world.open() && rows_unknown(world) {
        verdict.unknown.insert("what has fallen elsewhere".into());
    }
}

/// Shutting down this node alone leaves every hard dependency of another node met that is met now.
pub fn no_single_point(world: &World, node: &str) -> Truth {
    let before = Fallen::in_world(world);
    let mut without = world.clone();
    without.shut_down(node, Truth::Yes);
    let after = Fallen::in_world(&without);
    let mut breaks = Vec::new();
    for (one, declared) in declared(world) {
        if one.kind == Kind::Hard && one.node != node {
            let was = met(world, &one, &before);
            let is = met(&without, &one, &after);
            breaks.push(declared.and(was).and(is.negate()));
        }
    }
    let others = who_may_declare(world).into_iter().any(|other| other != node);
    if others || (world.open() && rows_unknown(world)) {
        breaks.push(Truth::Maybe);
    }
    Truth::any(breaks).negate()
}
