//! Of which nodes something is true, and of which it is not known.

use std::collections::BTreeMap;

use fixedbitset::FixedBitSet;
use groundrule_core::filter::Combine;
use groundrule_core::logic::Tri;
use groundrule_core::source::Unknown;

/// A node by its place in the world's roster.
pub type NodeId = usize;

/// The answer to one question for every node of a world.
#[derive(Clone, Debug)]
pub struct Truth {
    /// True of these.
    pub yes: FixedBitSet,
    /// Not known of these, and why. Never one of `yes`.
    pub maybe: BTreeMap<NodeId, Unknown>,
}

impl Truth {
    /// False of all of `size` nodes.
    #[must_use]
    pub fn none(size: usize) -> Self {
        Self { yes: FixedBitSet::with_capacity(size), maybe: BTreeMap::new() }
    }

    /// True of all of `size` nodes.
    #[must_use]
    pub fn all(size: usize) -> Self {
        Self::none(size).complement()
    }

    /// Whether it may be true of a node.
    #[must_use]
    pub fn may_be(&self, node: NodeId) -> bool {
        self.of(node).may_be()
    }

    /// What is known of one node.
    #[must_use]
    pub fn of(&self, node: NodeId) -> Tri {
        match (self.yes.contains(node), self.maybe.contains_key(&node)) {
            (true, _) => Tri::True,
            (false, true) => Tri::Unknown,
            (false, false) => Tri::False,
        }
    }
}

impl Combine for Truth {
    fn complement(mut self) -> Self {
        self.yes.toggle_range(..);
        for node in self.maybe.keys() {
            self.yes.remove(*node);
        }
        self
    }

    fn union(mut self, other: Self) -> Self {
        self.yes.union_with(&other.yes);
        for (node, why) in other.maybe {
            self.maybe.entry(node).or_insert(why);
        }
        self.maybe.retain(|node, _| !self.yes.contains(*node));
        self
    }

    fn intersection(self, other: Self) -> Self {
        self.complement().union(other.complement()).complement()
    }
}
