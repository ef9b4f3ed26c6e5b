//! What falls, and what is no longer met.

use std::collections::BTreeSet;

use crate::judge::dependencies::{declared, met};
use crate::judge::fallen::{Fallen, Vertex};
use crate::judge::world::{Document, World};
use crate::model::{Dependency, Estate, Kind};
use crate::truth::Truth;

/// The world without these nodes.
pub(super) fn without<'a>(estate: &'a Estate, gone: &[String]) -> World<'a> {
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
pub(super) fn inside(world: &World, vertex: &Vertex) -> BTreeSet<Vertex> {
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
