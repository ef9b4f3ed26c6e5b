//! In which order to stop what stops.

use std::collections::BTreeSet;

use super::impact::{impact, inside};
use crate::judge::dependencies::{declared, provides};
use crate::judge::fallen::{Vertex, with_containers};
use crate::judge::world::{Document, World};
use crate::model::{Estate, Kind, Providers};
use crate::truth::Truth;

/// Something that is stopped: a resource, or with `None` a machine with everything on it.
pub type Item = Vertex;

/// What stops, and what of it needs what.
#[derive(Debug)]
pub struct Order {
    /// Everything that stops.
    pub items: BTreeSet<Item>,
    /// Pairs of what needs and what is needed, at first or at second hand.
    pub needs: BTreeSet<(Item, Item)>,
}

impl Order {
    /// Things that need each other.
    pub fn cycles(&self) -> BTreeSet<BTreeSet<Item>> {
        let each_other = |a: &Item, b: &Item| {
            self.needs.contains(&(a.clone(), b.clone()))
                && self.needs.contains(&(b.clone(), a.clone()))
        };
        let with = |one: &Item| -> BTreeSet<Item> {
            self.items
                .iter()
                .filter(|other| *other == one || each_other(one, other))
                .cloned()
                .collect()
        };
        self.items.iter().map(with).filter(|cycle| cycle.len() > 1).collect()
    }
}

/// What stops with nodes that are shut down, or with a resource that fails.
pub fn order(estate: &Estate, gone: &[String], fails: Option<&Item>) -> Order {
    let world = World::today(estate);
    let hit = impact(estate, gone, fails);
    let mut items: BTreeSet<Item> = gone.iter().map(|node| (node.clone(), None)).collect();
    items.extend(fails.cloned());
    let service = |(_, resource): &Item| {
        resource.as_ref().is_none_or(|reference| reference.starts_with("Service["))
    };
    items.extend(hit.fallen.into_iter().filter(service));
    // What declares a need is stopped as it was declared, also where no catalog tells of it.
    let hard = hit.unmet.into_iter().filter(|one| one.kind == Kind::Hard);
    items.extend(hard.map(|one| (one.node, one.from)));
    let mut needs = BTreeSet::new();
    for item in &items {
        for other in items.iter().filter(|other| *other != item) {
            if needs_here(&world, item, other) || needs_there(&world, &items, item, other) {
                needs.insert((item.clone(), other.clone()));
            }
        }
    }
    Order { needs: closed(needs), items }
}

/// What of a node falls with these: what requires it, itself or by what it is in, and containers.
fn falls_with(world: &World, node: &str, mut fallen: BTreeSet<Vertex>) -> BTreeSet<Vertex> {
    let Document::Read(catalog) = world.catalog(node) else { return fallen };
    loop {
        let mut more = BTreeSet::new();
        for one in &catalog.resources {
            let vertex = (node.to_string(), Some(one.reference.clone()));
            let selves = with_containers(world, &vertex);
            let has_fallen =
                |other: &String| fallen.contains(&(node.to_string(), Some(other.clone())));
            let requires = |(dependent, needed): &(String, String)| {
                selves.contains(&Some(dependent.clone())) && has_fallen(needed)
            };
            let contains = |(container, content): &(String, String)| {
                *container == one.reference && has_fallen(content)
            };
            if catalog.requires.iter().any(requires) || catalog.contains.iter().any(contains) {
                more.insert(vertex);
            }
        }
        if more.is_subset(&fallen) {
            return fallen;
        }
        fallen.extend(more);
    }
}

/// What of its node falls when something stops with everything in it.
fn falls_with_all_of(world: &World, item: &Item) -> BTreeSet<Vertex> {
    falls_with(world, &item.0, inside(world, item))
}

/// Whether something needs another one of the same node to stand. A machine stops after everything on
/// it, and a container after what it needs only because that is in it.
fn needs_here(world: &World, item: &Item, other: &Item) -> bool {
    if item.0 != other.0 || item.1.is_none() {
        return false;
    }
    let alone = || falls_with(world, &item.0, BTreeSet::from([item.clone()]));
    let in_it = || falls_with_all_of(world, item).contains(other) && !alone().contains(other);
    other.1.is_none() || (falls_with_all_of(world, other).contains(item) && !in_it())
}

/// Whether something needs another one by a declared hard dependency.
fn needs_there(world: &World, items: &BTreeSet<Item>, item: &Item, other: &Item) -> bool {
    let same = item.0 == other.0;
    let declared = declared(world).into_iter().map(|(one, _)| one);
    let mut hard = declared.filter(|one| one.kind == Kind::Hard && one.node == item.0);
    hard.any(|one| {
        let end = (one.node.clone(), one.from.clone());
        let concerned = match &item.1 {
            // A machine stands for everything on it that does not stop by itself.
            None => one.from.is_none() || !items.contains(&end),
            Some(_) => one.from.is_none() || falls_with_all_of(world, &end).contains(item),
        };
        let named = match &one.providers {
            Providers::Nodes(nodes) => nodes.contains(&other.0),
            // Whom a filter finds is stopped later also where that is not certain.
            Providers::Matching(filter) => provides(world, &one, filter, &other.0) != Truth::No,
        };
        let needed = (other.0.clone(), one.on.clone());
        let takes = match (&other.1, &one.on) {
            (_, None) => !same,
            (None, _) => true,
            (Some(_), Some(_)) => falls_with_all_of(world, other).contains(&needed),
        };
        // That a machine needs what is on it says nothing of an order.
        let machines = item.1.is_none() || other.1.is_none();
        concerned && named && takes && !(same && machines)
    })
}

/// With what is needed at second hand.
fn closed(mut needs: BTreeSet<(Item, Item)>) -> BTreeSet<(Item, Item)> {
    loop {
        let mut more = Vec::new();
        for (a, b) in &needs {
            for (c, d) in &needs {
                if b == c && a != d && !needs.contains(&(a.clone(), d.clone())) {
                    more.push((a.clone(), d.clone()));
                }
            }
        }
        if more.is_empty() {
            return needs;
        }
        needs.extend(more);
    }
}
