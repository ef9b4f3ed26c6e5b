//! How much falls with one node.

use super::dependencies::{rows_unknown, who_may_declare};
use super::fallen::Fallen;
use super::world::{Document, World};
use crate::truth::Truth;

/// The world without a node, and what has fallen before and after.
struct Both<'w> {
    world: World<'w>,
    before: Fallen,
    after: Fallen,
}

impl<'w> Both<'w> {
    fn of(world: &World<'w>, node: &str) -> Both<'w> {
        let mut without = world.clone();
        without.shut_down(node, Truth::Yes);
        let (before, after) = (Fallen::in_world(world), Fallen::in_world(&without));
        Both { world: without, before, after }
    }

    /// Whether it falls when the node is shut down, and has not before.
    fn newly(&self, node: &str, reference: Option<&str>) -> Truth {
        let was = self.before.of(node, reference);
        self.world.stands(node).and(self.after.of(node, reference)).and(was.negate())
    }

    /// Whether somebody may declare what we cannot see.
    fn hidden(&self) -> bool {
        let world = &self.world;
        !who_may_declare(world).is_empty() || (world.open() && rows_unknown(world))
    }
}

/// Whether there are more than so many.
fn more(most: usize, all: &[Truth], any_number: bool) -> Truth {
    let certain = all.iter().filter(|truth| **truth == Truth::Yes).count();
    let perhaps = all.iter().filter(|truth| **truth != Truth::No).count();
    if certain > most {
        Truth::Yes
    } else if any_number || perhaps > most {
        Truth::Maybe
    } else {
        Truth::No
    }
}

/// Whether more services of other nodes fall with this one.
pub fn more_services(world: &World, node: &str, most: usize) -> Truth {
    let both = Both::of(world, node);
    let (mut all, mut any_number) = (Vec::new(), both.hidden());
    for other in both.world.nodes().into_keys().filter(|other| other != node) {
        match both.world.catalog(&other) {
            Document::Read(catalog) => {
                let services = catalog
                    .resources
                    .iter()
                    .filter(|one| !one.container && one.reference.starts_with("Service["));
                all.extend(services.map(|one| both.newly(&other, Some(&one.reference))));
            }
            // Which services it has is not known.
            _ => any_number |= both.newly(&other, None) != Truth::No,
        }
    }
    more(most, &all, any_number)
}

/// Whether something falls on more other nodes with this one.
pub fn more_nodes(world: &World, node: &str, most: usize) -> Truth {
    let both = Both::of(world, node);
    let others = both.world.nodes().into_keys().filter(|other| other != node);
    let all: Vec<_> = others.map(|other| both.newly(&other, None)).collect();
    more(most, &all, both.hidden())
}
