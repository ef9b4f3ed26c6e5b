//! What falls with what on one node.
//!
//! When the dependency of a resource fails, it falls with everything in it. A resource falls when
//! it, or a container that it is in, requires one that has fallen; a container falls when
//! something in it has.

use std::collections::VecDeque;

use groundrule_core::ports::Cause;

use super::graph::View;

/// Relationships of one catalog, turned round. The arrays are made once for many catalogs.
#[derive(Default)]
pub struct Falling {
    children: Lists,
    dependents: Lists,
}

/// A list of positions for every resource: those of the nth end where those of the next begin.
#[derive(Default)]
struct Lists {
    ends: Vec<u32>,
    items: Vec<u32>,
}

/// What has fallen, and what made it fall.
pub struct Fallen {
    /// Of each resource: who made it fall; itself for where it began; none if it stands.
    because: Vec<Option<u32>>,
    whole: Vec<bool>,
    queue: VecDeque<u32>,
}

impl Lists {
    /// Turns lists round: who is in the nth one becomes who has n in theirs.
    fn turn<'g>(&mut self, count: usize, list: impl Fn(usize) -> &'g [u32]) {
        self.ends.clear();
        self.ends.resize(count + 1, 0);
        for position in 0..count {
            for other in list(position) {
                self.ends[*other as usize + 1] += 1;
            }
        }
        for position in 0..count {
            self.ends[position + 1] += self.ends[position];
        }
        self.items.clear();
        self.items.resize(self.ends[count] as usize, 0);
        // Each end is moved forward from where its list begins to where it ends.
        for (here, position) in (0..count).zip(0u32..) {
            for other in list(here) {
                let place = &mut self.ends[*other as usize];
                self.items[*place as usize] = position;
                *place += 1;
            }
        }
    }

    fn of(&self, position: u32) -> &[u32] {
        let position = position as usize;
        let start = position.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.items[start as usize..self.ends[position] as usize]
    }
}

impl Falling {
    /// Takes the relationships of a catalog.
    pub fn turn(&mut self, view: View<'_>) {
        self.children.turn(view.count, |position| view.parents(position));
        self.dependents.turn(view.count, |position| view.needs(position));
    }

    /// What falls when this happens to a resource of the catalog; nearest first.
    pub fn from(&self, view: View<'_>, origin: usize, cause: Cause) -> Fallen {
        let origin = u32::try_from(origin).unwrap_or(u32::MAX);
        let mut fallen = Fallen {
            because: vec![None; view.count],
            whole: vec![false; view.count],
            queue: VecDeque::new(),
        };
        match cause {
            Cause::Dependency => self.fall_whole(&mut fallen, origin, origin),
            Cause::Itself => fallen.fall(origin, origin),
        }
        while let Some(next) = fallen.queue.pop_front() {
            for parent in view.parents(next as usize) {
                fallen.fall(*parent, next);
            }
            for dependent in self.dependents.of(next) {
                self.fall_whole(&mut fallen, *dependent, next);
            }
        }
        fallen
    }

    /// A resource falls with everything in it.
    fn fall_whole(&self, fallen: &mut Fallen, resource: u32, because: u32) {
        let mut stack = vec![(resource, because)];
        while let Some((resource, because)) = stack.pop() {
            if std::mem::replace(&mut fallen.whole[resource as usize], true) {
                continue;
            }
            fallen.fall(resource, because);
            stack.extend(self.children.of(resource).iter().map(|child| (*child, resource)));
        }
    }
}

impl Fallen {
    fn fall(&mut self, resource: u32, because: u32) {
        let place = &mut self.because[resource as usize];
        if place.is_none() {
            *place = Some(because);
            self.queue.push_back(resource);
        }
    }

    /// Whether a resource has fallen.
    pub fn has(&self, position: usize) -> bool {
        self.because[position].is_some()
    }

    /// Every resource that has fallen.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.because.len()).filter(|position| self.has(*position))
    }

    /// From where it began to this resource.
    pub fn way(&self, position: usize) -> Vec<usize> {
        let mut way = vec![position];
        let mut here = position;
        while let Some(because) = self.because[here].map(|b| b as usize).filter(|b| *b != here) {
            way.push(because);
            here = because;
        }
        way.reverse();
        way
    }
}
