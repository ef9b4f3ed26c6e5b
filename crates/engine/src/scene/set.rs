//! The sets that a rule is about, with what is not known of them.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use groundrule_core::name::ResourceRef;
use groundrule_core::source::Unknown;

use crate::estate::{NodeId, Truth};
use crate::world::{DependencyId, Following, Pairs, Start, World};

/// Members, and who else may belong.
#[derive(Clone, Debug)]
pub struct Set<T> {
    /// Certainly in it.
    pub known: T,
    /// Nodes that may be in it, or may have something that is.
    pub maybe: BTreeMap<NodeId, Unknown>,
    /// Why something that nobody told us about may be in it.
    pub open: Vec<Unknown>,
}

/// Nodes.
pub type Nodes = Set<FixedBitSet>;
/// Resources, each on its node.
pub type Resources = Set<Vec<(NodeId, ResourceRef)>>;
/// Declared dependencies.
pub type DependencySet = Set<Vec<DependencyId>>;

/// Nodes by a value that they share.
#[derive(Clone, Debug)]
pub struct Groups {
    /// By what, in words: `the fact "shard"`.
    pub by: String,
    /// By value.
    pub groups: Vec<Group>,
    /// Nodes that may belong to any group, known or new.
    pub anywhere: Vec<Unknown>,
}

/// One group.
#[derive(Clone, Debug)]
pub struct Group {
    /// The value.
    pub name: String,
    /// Who is in it.
    pub members: FixedBitSet,
    /// Who else may be in this one.
    pub maybe: BTreeMap<NodeId, Unknown>,
}

/// Nodes that were followed to others.
#[derive(Clone, Debug)]
pub struct PairSet {
    /// How they were followed.
    pub how: Following,
    /// Where each walk began.
    pub from: Vec<Start>,
    /// Who was reached; in each world where one node is gone, if there are several.
    pub by_world: Vec<(Option<NodeId>, Pairs)>,
}

/// What the last Given or When left.
#[derive(Clone, Debug, Default)]
pub enum Current {
    /// Nothing was selected yet.
    #[default]
    Nothing,
    /// Nodes.
    Nodes(Nodes),
    /// Resources.
    Resources(Resources),
    /// Declared dependencies.
    Dependencies(DependencySet),
    /// Groups of nodes.
    Groups(Groups),
    /// Pairs of nodes.
    Pairs(PairSet),
}

impl<T> Set<T> {
    /// A set of which everything is known.
    pub fn of(known: T) -> Self {
        Self { known, maybe: BTreeMap::new(), open: Vec::new() }
    }

    /// Everything that is not known of it.
    pub fn unknown(&self) -> impl Iterator<Item = &Unknown> {
        self.maybe.values().chain(&self.open)
    }

    /// Whether all its members are known.
    pub fn is_certain(&self) -> bool {
        self.maybe.is_empty() && self.open.is_empty()
    }

    /// Nothing that nobody told us about belongs to it.
    pub fn close(&mut self, closes: bool) {
        if closes {
            self.open.clear();
        }
    }

    /// How many nodes are left out when unknown nodes are ignored.
    pub fn ignore_unknown(&mut self) -> usize {
        let ignored = self.maybe.len();
        self.maybe.clear();
        self.open.clear();
        ignored
    }
}

impl Nodes {
    /// Those of which something is true, or may be.
    pub fn narrow(&mut self, truth: &Truth) {
        for (node, why) in &truth.maybe {
            if self.known.contains(*node) {
                self.maybe.insert(*node, why.clone());
            }
        }
        self.maybe.retain(|node, _| truth.may_be(*node));
        self.known.intersect_with(&truth.yes);
    }

    /// Takes a node out.
    pub fn remove(&mut self, node: NodeId) {
        if self.known.contains(node) {
            self.known.remove(node);
        }
        self.maybe.remove(&node);
    }

    /// The set in a world where some nodes are gone.
    #[must_use]
    pub fn in_world(mut self, world: &World) -> Self {
        self.known.difference_with(world.gone());
        for (node, why) in world.perhaps_gone() {
            if self.known.contains(*node) {
                self.known.remove(*node);
                self.maybe.insert(*node, why.clone());
            }
        }
        self.maybe.retain(|node, _| !world.gone().contains(*node));
        self
    }
}

/// A member that stands on a node.
pub trait OnNode {
    /// Its node.
    fn node(&self, world: &World) -> NodeId;
}

impl OnNode for (NodeId, ResourceRef) {
    fn node(&self, _: &World) -> NodeId {
        self.0
    }
}

impl<T: OnNode> Set<Vec<T>> {
    /// Those of whose node something is true, or may be.
    pub fn narrow(&mut self, world: &World, truth: &Truth) {
        for member in &self.known {
            let node = member.node(world);
            if let Some(why) = truth.maybe.get(&node) {
                self.maybe.insert(node, why.clone());
            }
        }
        self.known.retain(|member| truth.yes.contains(member.node(world)));
        self.maybe.retain(|node, _| truth.may_be(*node));
    }

    /// The set in a world where some nodes are gone.
    #[must_use]
    pub fn in_world(mut self, world: &World) -> Self {
        for (node, why) in world.perhaps_gone() {
            if self.known.iter().any(|member| member.node(world) == *node) {
                self.maybe.insert(*node, why.clone());
            }
        }
        self.known.retain(|member| world.stands(member.node(world)).is_true());
        self.maybe.retain(|node, _| !world.gone().contains(*node));
        self
    }
}

impl Groups {
    /// The groups in a world where some nodes are gone; a group that is left empty is none.
    #[must_use]
    pub fn in_world(mut self, world: &World) -> Self {
        for group in &mut self.groups {
            let nodes =
                Set { known: group.members.clone(), maybe: group.maybe.clone(), open: Vec::new() };
            let nodes = nodes.in_world(world);
            (group.members, group.maybe) = (nodes.known, nodes.maybe);
        }
        self.groups.retain(|group| !group.members.is_clear() || !group.maybe.is_empty());
        self
    }
}

impl PairSet {
    /// The pairs in a world where some nodes are gone.
    #[must_use]
    pub fn in_world(mut self, world: &World) -> Self {
        for (_, pairs) in &mut self.by_world {
            let doubtful = |node: &NodeId| world.perhaps_gone().get(node).cloned();
            let unknown = pairs.known.iter().flat_map(|(a, b)| [doubtful(a), doubtful(b)]);
            let unknown: Vec<_> = unknown.flatten().collect();
            pairs.unknown.extend(unknown);
            pairs.known.retain(|(a, b)| world.stands(*a).and(world.stands(*b)).is_true());
        }
        self
    }
}

impl Current {
    /// The set in a world where some nodes are gone.
    #[must_use]
    pub fn in_world(self, world: &World) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Nodes(set) => Self::Nodes(set.in_world(world)),
            Self::Resources(set) => Self::Resources(set.in_world(world)),
            Self::Dependencies(set) => Self::Dependencies(set.in_world(world)),
            Self::Groups(set) => Self::Groups(set.in_world(world)),
            Self::Pairs(set) => Self::Pairs(set.in_world(world)),
        }
    }
}

impl OnNode for DependencyId {
    fn node(&self, world: &World) -> NodeId {
        world.estate.dependencies.get().map_or(NodeId::MAX, |all| all.all[*self].node)
    }
}
