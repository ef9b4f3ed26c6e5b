//! The gate and the questions, as plainly as they can be answered: worlds are judged whole, and
//! compared.

use std::collections::BTreeSet;

use super::dependencies::{declared, managed, met, who_may_declare};
use super::fallen::{Fallen, Vertex};
use super::run;
use super::whole::no_single_point;
use super::world::{Document, World};
use crate::model::{Dependency, Estate, Kind};
use crate::policy::Policy;
use crate::truth::Truth;

/// What a gate knows of one policy, before and after an action.
pub struct Gate {
    /// Subjects of violations that are only there after it.
    pub new: BTreeSet<Vec<String>>,
    /// Subjects of violations that are there before it.
    pub old: BTreeSet<Vec<String>>,
    /// Whether one of them may be there before it already.
    pub perhaps_before: bool,
    /// Whether something is not known before it.
    pub unknown_before: bool,
    /// Whether something is not known after it.
    pub unknown_after: bool,
}

/// Judges a policy today and without these nodes.
pub fn gate(estate: &Estate, policy: &Policy, gone: &[String]) -> Gate {
    let before = run::policy_in(World::today(estate), policy);
    let after = run::policy_in(without(estate, gone), policy);
    let new: BTreeSet<_> = after.violations.difference(&before.violations).collect();
    let perhaps = new
        .iter()
        .any(|one| before.unknown.contains(&format!("{}: {}", one.about, one.subjects.join(", "))));
    Gate {
        perhaps_before: perhaps,
        unknown_before: !before.unknown.is_empty(),
        unknown_after: !after.unknown.is_empty(),
        old: before.violations.iter().map(|one| one.subjects.clone()).collect(),
        new: new.into_iter().map(|one| one.subjects.clone()).collect(),
    }
}

fn without<'a>(estate: &'a Estate, gone: &[String]) -> World<'a> {
    let mut world = World::today(estate);
    for node in gone {
        world.shut_down(node, Truth::Yes);
    }
    world
}

/// What is certainly hit when nodes are shut down and a resource fails.
pub struct Impact {
    /// Resources that fall, and nodes without a catalog that fall whole.
    pub fallen: BTreeSet<Vertex>,
    /// Dependencies that are no longer met.
    pub unmet: BTreeSet<Dependency>,
}

/// What these make fall, beyond what has fallen already.
pub fn impact(estate: &Estate, gone: &[String], fails: Option<&Vertex>) -> Impact {
    let today = World::today(estate);
    let world = without(estate, gone);
    let before = Fallen::in_world(&today);
    let failing = fails.map(|vertex| inside(&world, vertex)).unwrap_or_default();
    let after = Fallen::with(&world, &failing);
    let mut fallen = BTreeSet::new();
    for node in world.nodes().into_keys() {
        if let Document::Read(catalog) = world.catalog(&node) {
            for one in catalog.resources.iter().filter(|one| !one.container) {
                let was = before.of(&node, Some(&one.reference)) == Truth::Yes;
                let is = after.of(&node, Some(&one.reference)) == Truth::Yes;
                let stands = world.stands(&node) == Truth::Yes;
                let vertex = (node.clone(), Some(one.reference.clone()));
                if is && !was && stands && Some(&vertex) != fails {
                    fallen.insert(vertex);
                }
            }
        }
    }
    let mut unmet = BTreeSet::new();
    for (one, there) in declared(&world) {
        let was = met(&today, &one, &before);
        let is = met(&world, &one, &after);
        if there == Truth::Yes && was != Truth::No && is == Truth::No {
            let whole = one.from.is_none() && one.kind == Kind::Hard;
            if whole && !matches!(world.catalog(&one.node), Document::Read(_)) {
                fallen.insert((one.node.clone(), None));
            }
            unmet.insert(one);
        }
    }
    Impact { fallen, unmet }
}

/// A resource, and everything in it.
fn inside(world: &World, vertex: &Vertex) -> BTreeSet<Vertex> {
    let mut all = BTreeSet::from([vertex.clone()]);
    if let Document::Read(catalog) = world.catalog(&vertex.0) {
        loop {
            let more: Vec<_> = catalog
                .contains
                .iter()
                .filter(|(outer, _)| all.contains(&(vertex.0.clone(), Some(outer.clone()))))
                .map(|(_, inner)| (vertex.0.clone(), Some(inner.clone())))
                .filter(|inner| !all.contains(inner))
                .collect();
            if more.is_empty() {
                break;
            }
            all.extend(more);
        }
    }
    all
}

/// The nodes that certainly are single points of failure.
pub fn single_points(estate: &Estate) -> BTreeSet<String> {
    let world = World::today(estate);
    let nodes = world.nodes().into_iter().filter(|(_, stands)| *stands == Truth::Yes);
    nodes.map(|(node, _)| node).filter(|node| no_single_point(&world, node) == Truth::No).collect()
}

/// The dependencies that certainly are not managed.
pub fn unmanaged(estate: &Estate) -> BTreeSet<Dependency> {
    let world = World::today(estate);
    let all = declared(&world).into_iter();
    let all = all.filter(|(one, _)| managed(&world, one) == Truth::No);
    all.map(|(one, _)| one).collect()
}

/// The nodes that certainly declare nothing.
pub fn undeclared(estate: &Estate) -> BTreeSet<String> {
    let world = World::today(estate);
    let declarers: BTreeSet<_> = declared(&world).into_iter().map(|(one, _)| one.node).collect();
    let hidden = who_may_declare(&world);
    let nodes = world.nodes().into_iter().filter(|(_, stands)| *stands == Truth::Yes);
    nodes
        .map(|(node, _)| node)
        .filter(|node| !declarers.contains(node) && !hidden.contains(node))
        .collect()
}
