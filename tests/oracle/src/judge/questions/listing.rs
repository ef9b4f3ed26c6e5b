//! Lists over the whole estate.

use std::collections::BTreeSet;

use crate::judge::dependencies::{declared, managed, who_may_declare};
use crate::judge::whole::no_single_point;
use crate::judge::world::World;
use crate::model::{Dependency, Estate};
use crate::truth::Truth;

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
