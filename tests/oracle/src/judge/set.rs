//! The current set: nodes, resources, dependencies, groups or pairs, and who else may belong.

use std::collections::{BTreeMap, BTreeSet};

use super::world::World;
use crate::model::Dependency;
use crate::truth::Truth;

/// A resource on a node.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OnNode {
    pub node: String,
    pub reference: String,
}

/// A subject's node and another one, after following.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    pub subject: String,
    pub other: String,
}

/// What the last Given or When left.
#[derive(Clone)]
pub enum Set {
    Nodes(Members<String>),
    Resources(Members<OnNode>),
    Dependencies(Members<Dependency>),
    Groups(Groups),
    Pairs(Members<Pair>),
}

/// Members, certain (`Yes`) or possible (`Maybe`).
#[derive(Clone)]
pub struct Members<T> {
    pub known: BTreeMap<T, Truth>,
    /// Nodes on which there may be members that we cannot see.
    pub hidden_on: BTreeSet<String>,
    /// Whether there may be members on nodes that nobody names.
    pub open: bool,
}

/// Groups by their value.
#[derive(Clone, Default)]
pub struct Groups {
    pub groups: BTreeMap<String, BTreeMap<String, Truth>>,
    /// Nodes that may be in any group.
    pub floating: BTreeSet<String>,
    /// Whether nodes that nobody names may be in any group.
    pub open: bool,
}

/// What has a node that may be shut down.
pub trait OfNode {
    /// The nodes that have to stand for it to be there.
    fn nodes(&self) -> Vec<&str>;

    /// How reports name it; a pair by both its nodes.
    fn subjects(&self) -> Vec<String>;

    /// What a violation that it exists is about: two dependencies of one node are two things, a pair
    /// is the same thing both ways round.
    fn about(&self) -> String {
        let mut subjects = self.subjects();
        subjects.sort();
        subjects.join(" ")
    }
}

impl OfNode for String {
    fn nodes(&self) -> Vec<&str> {
        vec![self]
    }

    fn subjects(&self) -> Vec<String> {
        vec![self.clone()]
    }
}

impl OfNode for OnNode {
    fn nodes(&self) -> Vec<&str> {
        vec![&self.node]
    }

    fn subjects(&self) -> Vec<String> {
        vec![format!("{}/{}", self.node, self.reference)]
    }
}

impl OfNode for Pair {
    fn nodes(&self) -> Vec<&str> {
        vec![&self.subject, &self.other]
    }

    fn subjects(&self) -> Vec<String> {
        vec![self.subject.clone(), self.other.clone()]
    }
}

impl OfNode for Dependency {
    fn nodes(&self) -> Vec<&str> {
        vec![&self.node]
    }

    fn subjects(&self) -> Vec<String> {
        vec![self.node.clone()]
    }

    fn about(&self) -> String {
        format!("dependency {self:?}")
    }
}

impl<T: Clone + Ord + OfNode> Members<T> {
    /// Leaves out what is certainly not in it.
    pub fn new(all: impl IntoIterator<Item = (T, Truth)>) -> Members<T> {
        let known = all.into_iter().filter(|(_, truth)| *truth != Truth::No).collect();
        Members { known, hidden_on: BTreeSet::new(), open: false }
    }

    /// Keeps what is so; the condition speaks of a node.
    pub fn keep(&mut self, condition: impl Fn(&str) -> Truth, nobody: &str) {
        for (one, truth) in &mut self.known {
            let all = one.nodes().into_iter().map(&condition);
            *truth = all.fold(*truth, Truth::and);
        }
        self.known.retain(|_, truth| *truth != Truth::No);
        self.hidden_on.retain(|node| condition(node) != Truth::No);
        self.open = self.open && condition(nobody) != Truth::No;
    }

    /// Loses what was on nodes that are gone.
    pub fn lose(&mut self, world: &World) {
        let open = self.open;
        self.keep(|node| world.stands(node), "");
        self.open = open;
    }

    /// Those who certainly belong.
    pub fn certain(&self) -> impl Iterator<Item = &T> {
        self.known.iter().filter(|(_, truth)| **truth == Truth::Yes).map(|(one, _)| one)
    }

    /// Whether nobody else may belong.
    pub fn closed(&self) -> bool {
        let certain = self.known.values().all(|truth| *truth == Truth::Yes);
        certain && self.hidden_on.is_empty() && !self.open
    }

    pub fn emptiness(&self) -> Truth {
        emptiness(self.certain().next().is_some(), self.closed())
    }
}

impl Groups {
    pub fn lose(&mut self, world: &World) {
        for members in self.groups.values_mut() {
            for (node, truth) in members.iter_mut() {
                *truth = truth.and(world.stands(node));
            }
            members.retain(|_, truth| *truth != Truth::No);
        }
        self.groups.retain(|_, members| !members.is_empty());
        self.floating.retain(|node| world.stands(node) != Truth::No);
    }

    /// Whether nobody else may be in any of them.
    pub fn closed(&self) -> bool {
        let certain = self.groups.values().flat_map(BTreeMap::values).all(|one| *one == Truth::Yes);
        certain && self.floating.is_empty() && !self.open
    }

    fn emptiness(&self) -> Truth {
        let mut members = self.groups.values().flat_map(BTreeMap::values);
        emptiness(members.any(|one| *one == Truth::Yes), self.closed())
    }
}

fn emptiness(has_certain: bool, closed: bool) -> Truth {
    match (has_certain, closed) {
        (true, _) => Truth::No,
        (false, true) => Truth::Yes,
        (false, false) => Truth::Maybe,
    }
}

impl Set {
    /// Loses what was on nodes that are gone.
    pub fn lose(&mut self, world: &World) {
        match self {
            Set::Nodes(members) => members.lose(world),
            Set::Resources(members) => members.lose(world),
            Set::Dependencies(members) => members.lose(world),
            Set::Groups(groups) => groups.lose(world),
            Set::Pairs(members) => members.lose(world),
        }
    }

    /// Whether nothing is in it.
    pub fn emptiness(&self) -> Truth {
        match self {
            Set::Nodes(members) => members.emptiness(),
            Set::Resources(members) => members.emptiness(),
            Set::Dependencies(members) => members.emptiness(),
            Set::Groups(groups) => groups.emptiness(),
            Set::Pairs(members) => members.emptiness(),
        }
    }
}
