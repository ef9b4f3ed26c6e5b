//! What has fallen: the smallest set that the rules of the vocabulary allow.

use std::collections::{BTreeMap, BTreeSet};

use super::dependencies::{declared, may_declare, met};
use super::world::{Document, World};
use crate::model::{Catalog, Dependency, Kind};
use crate::truth::Truth;

/// A resource on a node, or with `None` the node itself: the container of all its resources.
pub type Vertex = (String, Option<String>);

/// How true it is of each resource and node that it has fallen, given that the node is not shut
/// down: where that is not known, a provider that has fallen if it stands is none either way.
pub struct Fallen {
    truths: BTreeMap<Vertex, Truth>,
}

impl Fallen {
    /// Starts with nothing fallen and lets things fall until no more do.
    pub fn in_world(world: &World) -> Fallen {
        Fallen::with(world, &BTreeSet::new())
    }

    /// The same where these have fallen whatever happens.
    pub fn with(world: &World, failing: &BTreeSet<Vertex>) -> Fallen {
        let dependencies = declared(world);
        let vertices = vertices(world, &dependencies);
        let mut fallen =
            Fallen { truths: vertices.iter().map(|one| (one.clone(), Truth::No)).collect() };
        loop {
            let mut changed = false;
            for vertex in &vertices {
                let now = match failing.contains(vertex) {
                    true => Truth::Yes,
                    false => falls(world, &dependencies, &fallen, vertex),
                };
                if fallen.truths.insert(vertex.clone(), now) != Some(now) {
                    changed = true;
                }
            }
            if !changed {
                return fallen;
            }
        }
    }

    pub fn of(&self, node: &str, reference: Option<&str>) -> Truth {
        let vertex = (node.to_string(), reference.map(str::to_string));
        self.truths.get(&vertex).copied().unwrap_or(Truth::No)
    }
}

/// Every node, every resource in a catalog, and every resource that a dependency starts from.
fn vertices(world: &World, dependencies: &[(Dependency, Truth)]) -> BTreeSet<Vertex> {
    let mut all = BTreeSet::new();
    for node in world.nodes().into_keys() {
        if let Document::Read(catalog) = world.catalog(&node) {
            let own = catalog.resources.iter().map(|one| Some(one.reference.clone()));
            all.extend(own.map(|reference| (node.clone(), reference)));
        }
        all.insert((node, None));
    }
    all.extend(dependencies.iter().map(|(one, _)| (one.node.clone(), one.from.clone())));
    all
}

/// The containers that a resource is in, but for the node.
pub fn containers(catalog: &Catalog, reference: &str) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    loop {
        let outer = catalog.contains.iter().filter(|(container, content)| {
            (content == reference || found.contains(content)) && !found.contains(container)
        });
        let outer: Vec<String> = outer.map(|(container, _)| container.clone()).collect();
        if outer.is_empty() {
            return found;
        }
        found.extend(outer);
    }
}

/// The vertex itself and every container that it is in, the node at last.
pub fn with_containers(world: &World, vertex: &Vertex) -> BTreeSet<Option<String>> {
    let (node, reference) = vertex;
    let mut all: BTreeSet<Option<String>> = [reference.clone(), None].into();
    if let (Some(reference), Document::Read(catalog)) = (reference, world.catalog(node)) {
        all.extend(containers(catalog, reference).into_iter().map(Some));
    }
    all
}

/// Whether the vertex exists: nodes do, a resource if the catalog has it.
pub fn exists(world: &World, vertex: &Vertex) -> Truth {
    match vertex {
        (node, None) => world.stands(node),
        (node, Some(reference)) => world.stands(node).and(world.has_resource(node, reference)),
    }
}

/// Whether a dependency starts from a resource that its catalog does not have.
pub fn dangling(world: &World, dependency: &Dependency) -> bool {
    match (world.catalog(&dependency.node), &dependency.from) {
        (Document::Read(catalog), Some(from)) => {
            !catalog.resources.iter().any(|one| one.reference == *from)
        }
        _ => false,
    }
}

fn falls(
    world: &World,
    dependencies: &[(Dependency, Truth)],
    fallen: &Fallen,
    vertex: &Vertex,
) -> Truth {
    let (node, reference) = vertex;
    let unseen = if may_declare(world, node) { Truth::Maybe } else { Truth::No };
    let mut reasons = vec![unseen];
    let selves = with_containers(world, vertex);
    if let Document::Read(catalog) = world.catalog(node) {
        for (dependent, needed) in &catalog.requires {
            if selves.contains(&Some(dependent.clone())) {
                reasons.push(fallen.of(node, Some(needed)));
            }
        }
        for (container, content) in &catalog.contains {
            if reference.as_ref() == Some(container) {
                reasons.push(fallen.of(node, Some(content)));
            }
        }
    }
    if reference.is_none() {
        let inside =
            fallen.truths.iter().filter(|((other, inner), _)| other == node && inner.is_some());
        reasons.extend(inside.map(|(_, truth)| *truth));
    }
    for (dependency, _) in dependencies {
        // What a resource that is not there stands for is not known: it may be anything here.
        let mine = if selves.contains(&dependency.from) {
            Truth::Yes
        } else if dangling(world, dependency) {
            Truth::Maybe
        } else {
            Truth::No
        };
        if dependency.node == *node && mine != Truth::No && dependency.kind == Kind::Hard {
            let unmet = met(world, dependency, fallen).negate();
            reasons.push(mine.and(unmet));
        }
    }
    let there = match (world.stands(node), reference) {
        (Truth::No, _) => Truth::No,
        (_, None) => Truth::Yes,
        (_, Some(reference)) => world.has_resource(node, reference),
    };
    there.and(Truth::any(reasons))
}
