//! The sets that a rule is about, with what is not known of them.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use groundrule_core::name::ResourceRef;
use groundrule_core::ports::Row;
use groundrule_core::source::{Source, Unknown};

use crate::estate::{NodeId, Truth};
use crate::world::{DependencyId, Following, Pairs, Start, World};

/// Nodes.
#[derive(Clone, Debug)]
pub struct Nodes {
    /// Certainly in it.
    pub known: FixedBitSet,
    /// Perhaps in it, and why that is not known.
    pub maybe: BTreeMap<NodeId, Unknown>,
    /// Why nodes that nobody told us about may be in it.
    pub open: Vec<Unknown>,
}

/// Things that stand on nodes.
#[derive(Clone, Debug)]
pub struct Members<T> {
    /// Certainly in it.
    pub known: Vec<T>,
    /// Perhaps in it, and why that is not known.
    pub perhaps: Vec<(T, Unknown)>,
    /// Nodes on which there may be others.
    pub unseen: BTreeMap<NodeId, Unknown>,
    /// Why there may be others on nodes that nobody told us about.
    pub open: Vec<Unknown>,
}

/// Resources, each on its node.
pub type Resources = Members<(NodeId, ResourceRef)>;
/// Declared dependencies.
pub type DependencySet = Members<DependencyId>;

/// Nodes by a value that they share.
#[derive(Clone, Debug)]
pub struct Groups {
    /// By what, in words: `the fact "shard"`.
    pub by: String,
    /// By value.
    pub groups: Vec<Group>,
    /// Nodes that may belong to any group, known or new.
    pub anywhere: BTreeMap<NodeId, Unknown>,
    /// Why nodes that nobody told us about may.
    pub open: Vec<Unknown>,
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
    /// Rows of a query.
    Rows(RowSet),
}

/// What a query found.
#[derive(Clone, Debug, Default)]
pub struct RowSet {
    /// The rows.
    pub rows: Vec<Row>,
    /// Why there may be more of them, or none was told.
    pub unknown: Vec<Unknown>,
    /// Whether the graph answered at all.
    pub answered: bool,
}

impl Nodes {
    /// Nobody, with room for `size` nodes.
    #[must_use]
    pub fn none(size: usize) -> Self {
        Self { known: FixedBitSet::with_capacity(size), maybe: BTreeMap::new(), open: Vec::new() }
    }

    /// Everything that is not known of it.
    pub fn unknown(&self) -> impl Iterator<Item = &Unknown> {
        self.maybe.values().chain(&self.open)
    }

    /// Whether all its members are known.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.maybe.is_empty() && self.open.is_empty()
    }

    /// Takes everyone out who is not certain, and counts them.
    pub fn ignore_unknown(&mut self) -> usize {
        self.open.clear();
        std::mem::take(&mut self.maybe).len()
    }

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

impl OnNode for DependencyId {
    fn node(&self, world: &World) -> NodeId {
        world.estate.dependencies.get().map_or(NodeId::MAX, |all| all.all[*self].node)
    }
}

impl<T: OnNode> Members<T> {
    /// These, and nothing that is not known.
    #[must_use]
    pub fn of(known: Vec<T>) -> Self {
        Self { known, perhaps: Vec::new(), unseen: BTreeMap::new(), open: Vec::new() }
    }

    /// Everything that is not known of it.
    pub fn unknown(&self) -> impl Iterator<Item = &Unknown> {
        let perhaps = self.perhaps.iter().map(|(_, why)| why);
        perhaps.chain(self.unseen.values()).chain(&self.open)
    }

    /// What is not known of it in a world where one node is gone.
    #[must_use]
    pub fn unknown_without(&self, world: &World, gone: Option<NodeId>) -> Vec<Unknown> {
        let perhaps = self.perhaps.iter().filter(|(member, _)| Some(member.node(world)) != gone);
        let unseen = self.unseen.iter().filter(|(node, _)| Some(**node) != gone);
        let on_nodes = perhaps.map(|(_, why)| why).chain(unseen.map(|(_, why)| why));
        on_nodes.chain(&self.open).cloned().collect()
    }

    /// Takes everything out that is not certain, and counts the nodes.
    pub fn ignore_unknown(&mut self, world: &World) -> usize {
        self.open.clear();
        let mut nodes: Vec<_> = std::mem::take(&mut self.unseen).into_keys().collect();
        nodes
            .extend(std::mem::take(&mut self.perhaps).iter().map(|(member, _)| member.node(world)));
        nodes.sort_unstable();
        nodes.dedup();
        nodes.len()
    }

    /// Those that fit.
    pub fn retain(&mut self, fits: impl Fn(&T) -> bool) {
        self.known.retain(|member| fits(member));
        self.perhaps.retain(|(member, _)| fits(member));
    }

    /// Those of whose node something is true, or may be.
    pub fn narrow(&mut self, world: &World, truth: &Truth) {
        self.doubt(world, &truth.maybe);
        self.known.retain(|member| truth.yes.contains(member.node(world)));
        self.perhaps.retain(|(member, _)| truth.may_be(member.node(world)));
        self.unseen.retain(|node, _| truth.may_be(*node));
    }

    /// The set in a world where some nodes are gone.
    #[must_use]
    pub fn in_world(mut self, world: &World) -> Self {
        self.doubt(world, world.perhaps_gone());
        let stays = |member: &T| !world.gone().contains(member.node(world));
        self.retain(stays);
        self.unseen.retain(|node, _| !world.gone().contains(*node));
        self
    }

    /// Members on these nodes are no longer certain.
    fn doubt(&mut self, world: &World, nodes: &BTreeMap<NodeId, Unknown>) {
        if nodes.is_empty() {
            return;
        }
        for member in std::mem::take(&mut self.known) {
            match nodes.get(&member.node(world)) {
                Some(why) => self.perhaps.push((member, why.clone())),
                None => self.known.push(member),
            }
        }
    }
}

impl Groups {
    /// Whether a group may have further members.
    #[must_use]
    pub fn may_grow(&self, group: &Group) -> bool {
        let joins = |node: &NodeId| !group.members.contains(*node);
        !self.open.is_empty() || !group.maybe.is_empty() || self.anywhere.keys().any(joins)
    }

    /// The groups in the world without one more node.
    #[must_use]
    pub fn without(mut self, gone: NodeId) -> Self {
        for group in &mut self.groups {
            if group.members.contains(gone) {
                group.members.remove(gone);
            }
            group.maybe.remove(&gone);
        }
        self.anywhere.remove(&gone);
        self.groups.retain(|group| !group.members.is_clear() || !group.maybe.is_empty());
        self
    }

    /// Everything that is not known of them.
    pub fn unknown(&self) -> impl Iterator<Item = &Unknown> {
        let maybe = self.groups.iter().flat_map(|group| group.maybe.values());
        maybe.chain(self.anywhere.values()).chain(&self.open)
    }

    /// The groups in a world where some nodes are gone; a group that is left empty is none.
    #[must_use]
    pub fn in_world(mut self, world: &World) -> Self {
        for group in &mut self.groups {
            let (known, maybe) = (group.members.clone(), group.maybe.clone());
            let nodes = Nodes { known, maybe, open: Vec::new() };
            let nodes = nodes.in_world(world);
            (group.members, group.maybe) = (nodes.known, nodes.maybe);
        }
        self.anywhere.retain(|node, _| !world.gone().contains(*node));
        self.groups.retain(|group| !group.members.is_clear() || !group.maybe.is_empty());
        self
    }
}

impl PairSet {
    /// The pairs in the world without a node. Those that were followed before nodes are shut down
    /// in turn are the same in every world, but for that node.
    #[must_use]
    pub fn pairs_without(&self, gone: Option<NodeId>) -> Option<&Pairs> {
        let here = self.by_world.iter().find(|(world, _)| *world == gone).or(self.by_world.first());
        here.map(|(_, pairs)| pairs)
    }

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

impl RowSet {
    /// What a query finds in a world that is only supposed: the graph knows nothing of it.
    #[must_use]
    pub fn supposed() -> Self {
        let why = "the graph is queried as it is, and a policy supposes another";
        let unknown = Unknown { node: None, source: Source::Catalogs, why: why.into() };
        Self { rows: Vec::new(), unknown: vec![unknown], answered: false }
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
            Self::Rows(_) => Self::Rows(RowSet::supposed()),
        }
    }
}
