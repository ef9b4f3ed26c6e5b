//! Answers about one catalog: what falls with what in it. Whichever store the catalog stands in, they
//! are computed here.

use std::collections::HashMap;

use groundrule_core::name::ResourceRef;
use groundrule_core::ports::{Cause, Ends, Links};

use super::falling::Falling;
use super::graph::View;

impl View<'_> {
    /// The reference of the resource at a position.
    pub fn reference(&self, position: usize) -> Option<ResourceRef> {
        ResourceRef::stored(self.name(position))
    }

    /// What the catalog says of these ends.
    pub fn link(self, ends: &Ends, falling: &mut Falling) -> Links {
        let on: Vec<_> = ends.on.iter().map(|on| self.find_named(on)).collect();
        let mut falls = Vec::new();
        let mut turned = false;
        // Several dependencies of one resource fall to the same: it is looked up once.
        let mut by_from: HashMap<usize, Vec<u32>> = HashMap::new();
        for (f, from) in (0u32..).zip(&ends.from) {
            let Some(from) = self.find_named(from) else {
                continue;
            };
            let reached = by_from.entry(from).or_insert_with(|| {
                if !std::mem::replace(&mut turned, true) {
                    falling.turn(self);
                }
                let fallen = falling.from(self, from, ends.cause);
                let on = (0u32..).zip(&on);
                on.filter(|(_, on)| on.is_some_and(|on| fallen.has(on))).map(|(t, _)| t).collect()
            });
            falls.extend(reached.iter().map(|t| (f, *t)));
        }
        Links { has: on.iter().map(Option::is_some).collect(), falls }
    }

    /// Marks what falls when this resource does, or everything when the node does.
    pub fn fall(self, from: Option<&ResourceRef>, falling: &mut Falling, down: &mut [bool]) {
        match from.map(|from| self.find_named(from)) {
            None => down.fill(true),
            Some(None) => {}
            Some(Some(position)) => {
                falling.turn(self);
                for position in falling.from(self, position, Cause::Dependency).iter() {
                    down[position] = true;
                }
            }
        }
    }

    /// Those of the marked resources that are no containers.
    pub fn leaves(self, down: &[bool]) -> impl Iterator<Item = ResourceRef> {
        (0..self.count)
            .filter(move |position| down[*position] && !self.is_container(*position))
            .filter_map(move |position| self.reference(position))
    }

    /// How a resource comes to fall with another: both included, shortest way.
    pub fn way(self, from: &ResourceRef, falls: &ResourceRef) -> Option<Vec<ResourceRef>> {
        let from = self.find_named(from)?;
        let mut falling = Falling::default();
        falling.turn(self);
        let fallen = falling.from(self, from, Cause::Dependency);
        let to = self.find_named(falls).filter(|to| fallen.has(*to))?;
        fallen.way(to).into_iter().map(|position| self.reference(position)).collect()
    }
}
