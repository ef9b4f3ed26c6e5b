//! What falls with what on one node.
//!
//! When the dependency of a resource fails, it falls with everything in it. A resource falls when
//! it, or a container that it is in, requires one that has fallen; a container falls when
//! something in it has.

use std::collections::VecDeque;

use groundrule_core::ports::Cause;

use super::graph::View;

/// Relationships of one catalog, turned round.
pub struct Falling<'g> {
    view: View<'g>,
    children: Vec<Vec<u32>>,
    dependents: Vec<Vec<u32>>,
}

/// What has fallen, and what made it fall.
pub struct Fallen {
    /// Of each resource: who made it fall; itself for where it began; none if it stands.
    because: Vec<Option<u32>>,
    whole: Vec<bool>,
    queue: VecDeque<u32>,
}

impl<'g> Falling<'g> {
    pub fn new(view: View<'g>) -> Self {
        let mut children = vec![Vec::new(); view.count];
        let mut dependents = vec![Vec::new(); view.count];
        for position in 0..view.count {
            let here = u32::try_from(position).unwrap_or(u32::MAX);
            for parent in view.parents(position) {
                children[*parent as usize].push(here);
            }
            for needed in view.needs(position) {
                dependents[*needed as usize].push(here);
            }
        }
        Self { view, children, dependents }
    }

    /// What falls when this happens to a resource; nearest first.
    pub fn from(&self, origin: usize, cause: Cause) -> Fallen {
        let origin = u32::try_from(origin).unwrap_or(u32::MAX);
        let mut fallen = Fallen {
            because: vec![None; self.view.count],
            whole: vec![false; self.view.count],
            queue: VecDeque::new(),
        };
        match cause {
            Cause::Dependency => self.fall_whole(&mut fallen, origin, origin),
            Cause::Itself => fallen.fall(origin, origin),
        }
        while let Some(next) = fallen.queue.pop_front() {
            for parent in self.view.parents(next as usize) {
                fallen.fall(*parent, next);
            }
            for dependent in &self.dependents[next as usize] {
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
            stack.extend(self.children[resource as usize].iter().map(|child| (*child, resource)));
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
