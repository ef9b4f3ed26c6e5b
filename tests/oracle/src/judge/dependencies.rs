//! Declared dependencies: who declares what, who provides it, whether it is met and managed.

use std::collections::BTreeSet;

use super::fallen::Fallen;
use super::world::{Document, World};
use crate::model::{Dependency, Kind, Needs, Providers};
use crate::truth::Truth;

/// All dependencies of nodes that stand or may stand.
pub fn declared(world: &World) -> Vec<(Dependency, Truth)> {
    let catalogs = world.estate.catalogs.iter().flat_map(|all| all.values().flatten());
    let in_catalogs = catalogs.flat_map(|catalog| &catalog.dependencies);
    let beside = world.estate.relationships.iter().flatten().flatten();
    let all = in_catalogs.chain(beside).map(|one| (one.clone(), world.stands(&one.node)));
    all.filter(|(_, truth)| *truth != Truth::No).collect()
}

/// Whether any node may have rows that we cannot see.
pub fn rows_unknown(world: &World) -> bool {
    world.estate.catalogs.is_none() || world.estate.relationships == Some(None)
}

/// Whether the node may declare dependencies that we cannot see.
pub fn may_declare(world: &World, node: &str) -> bool {
    let unreadable = matches!(world.catalog(node), Document::Unreadable);
    !world.is_added(node) && (unreadable || rows_unknown(world))
}

/// The nodes that may declare dependencies that we cannot see.
pub fn who_may_declare(world: &World) -> BTreeSet<String> {
    let nodes = world.nodes().into_keys();
    nodes.filter(|node| may_declare(world, node)).collect()
}

/// Whether a node is one that a dependency's filter finds.
pub fn provides(world: &World, dependency: &Dependency, filter: &str, node: &str) -> Truth {
    if node == dependency.node {
        return Truth::No;
    }
    let has = match &dependency.on {
        Some(on) => world.has_resource(node, on),
        None => Truth::Yes,
    };
    world.stands(node).and(world.matches(node, filter)).and(has)
}

/// Whether a provider stands.
fn provider_stands(world: &World, node: &str, on: Option<&str>, fallen: &Fallen) -> Truth {
    let on_it = match (world.catalog(node), on) {
        _ if world.is_added(node) => on.is_none().into(),
        (Document::Unreadable, _) | (Document::Missing, Some(_)) => Truth::Maybe,
        (Document::Missing, None) => fallen.of(node, None).negate(),
        (Document::Read(_), None) => fallen.of(node, None).negate(),
        (Document::Read(_), Some(on)) => {
            world.has_resource(node, on).and(fallen.of(node, Some(on)).negate())
        }
    };
    world.stands(node).and(on_it)
}

/// Whether enough providers stand.
pub fn met(world: &World, dependency: &Dependency, fallen: &Fallen) -> Truth {
    let on = dependency.on.as_deref();
    let stands = |node: &str| provider_stands(world, node, on, fallen);
    match (&dependency.providers, dependency.needs) {
        (Providers::Nodes(nodes), needs) => {
            let names: BTreeSet<&String> = nodes.iter().collect();
            let all: Vec<Truth> = names.into_iter().map(|node| stands(node)).collect();
            let wanted = match needs {
                Needs::Number(wanted) => wanted,
                Needs::All => all.len(),
            };
            Truth::at_least(wanted, &all)
        }
        (Providers::Matching(filter), Needs::Number(wanted)) => {
            let nodes = world.nodes().into_keys();
            let found =
                nodes.map(|node| provides(world, dependency, filter, &node).and(stands(&node)));
            let mut all: Vec<Truth> = found.collect();
            // Any number of nodes that nobody names may match as well.
            if world.open() {
                all.extend(vec![Truth::Maybe; wanted]);
            }
            Truth::at_least(wanted, &all)
        }
        (Providers::Matching(filter), Needs::All) => {
            // "All that match today": whatever was supposed since.
            let today = World::today(world.estate);
            let missing = today.nodes().into_keys().map(|node| {
                provides(&today, dependency, filter, &node).and(stands(&node).negate())
            });
            let unseen = if world.open() { Truth::Maybe } else { Truth::No };
            Truth::any(missing).or(unseen).negate()
        }
    }
}

/// Whether everything that a dependency names is there.
pub fn managed(world: &World, dependency: &Dependency) -> Truth {
    match &dependency.providers {
        Providers::Nodes(nodes) => {
            let missing = nodes.iter().map(|node| {
                let has = match &dependency.on {
                    Some(on) => world.has_resource(node, on),
                    None => Truth::Yes,
                };
                world.stands(node).and(has).negate()
            });
            Truth::any(missing).negate()
        }
        Providers::Matching(filter) => {
            let nodes = world.nodes().into_keys();
            let found = Truth::any(nodes.map(|node| provides(world, dependency, filter, &node)));
            found.or(if world.open() { Truth::Maybe } else { Truth::No })
        }
    }
}

/// Whether the world may have hard dependencies of which we see none: for certain, perhaps, or not.
pub fn any_hard(world: &World) -> Truth {
    let seen = declared(world).into_iter().filter(|(one, _)| one.kind == Kind::Hard);
    let seen = Truth::any(seen.map(|(_, truth)| truth));
    let unseen = !who_may_declare(world).is_empty() || (world.open() && rows_unknown(world));
    seen.or(if unseen { Truth::Maybe } else { Truth::No })
}
