//! The estate as a scenario supposes it: some nodes gone, some added.
//!
//! Every question of a policy is asked of a world, so that "what if" is no special case: nodes
//! that are gone are in no answer, and nodes that are added answer for themselves.

mod ask;
mod causes;
mod check;
mod dependencies;
mod failing;
mod following;
mod lookup;
mod outage;

use std::collections::BTreeMap;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use groundrule_core::logic::Tri;
use groundrule_core::name::NodeName;
use groundrule_core::source::{Known, Source, Unknown};
use serde_json::{Map, Value};

use crate::estate::{Estate, NodeId};

pub use causes::{Consequences, Place};
pub use dependencies::{Dependencies, Dependency, DependencyId, Unmanaged};
pub use failing::{Failure, Standing, Unmet};
pub use following::{Direction, Following, Pairs, Start, Walk};
pub use outage::{Fallen, Outage, falls_with_each};

/// A node that a policy supposes to be added: everything about it is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Its only class.
    pub class: String,
    /// Its only facts.
    pub facts: Map<String, Value>,
}

/// An estate and what is supposed to have happened to it.
#[derive(Clone)]
pub struct World {
    /// What is known today.
    pub estate: Arc<Estate>,
    gone: FixedBitSet,
    perhaps_gone: BTreeMap<NodeId, Unknown>,
    added: Vec<(NodeName, Added)>,
}

/// A value for every node of a world.
#[derive(Clone, Debug)]
pub struct Column<T> {
    /// Which source tells.
    pub source: Source,
    /// By node.
    pub values: Vec<Known<T>>,
}

impl World {
    /// The estate as it is.
    #[must_use]
    pub fn today(estate: Arc<Estate>) -> Self {
        let gone = FixedBitSet::with_capacity(estate.size());
        Self { gone, perhaps_gone: estate.rumoured.clone(), added: Vec::new(), estate }
    }

    /// How many nodes the roster has, gone and added ones included.
    #[must_use]
    pub fn size(&self) -> usize {
        self.estate.size() + self.added.len()
    }

    /// The nodes that are gone.
    #[must_use]
    pub fn gone(&self) -> &FixedBitSet {
        &self.gone
    }

    /// Nodes of which it is not known whether they are there: they may be among those that were
    /// shut down, or nobody but a dependency names them.
    #[must_use]
    pub fn perhaps_gone(&self) -> &BTreeMap<NodeId, Unknown> {
        &self.perhaps_gone
    }

    /// Whether a node stands.
    #[must_use]
    pub fn stands(&self, node: NodeId) -> Tri {
        match (self.gone.contains(node), self.perhaps_gone.contains_key(&node)) {
            (true, _) => Tri::False,
            (false, true) => Tri::Unknown,
            (false, false) => Tri::True,
        }
    }

    /// The nodes that are added.
    #[must_use]
    pub fn added(&self) -> &[(NodeName, Added)] {
        &self.added
    }

    /// Supposes that nodes are shut down, and that others may be.
    pub fn shut_down(&mut self, nodes: &FixedBitSet, perhaps: &BTreeMap<NodeId, Unknown>) {
        self.gone.union_with(nodes);
        self.perhaps_gone.extend(perhaps.iter().map(|(node, why)| (*node, why.clone())));
        self.perhaps_gone.retain(|node, _| !self.gone.contains(*node));
    }

    /// Whether the same is supposed in another world of this estate.
    #[must_use]
    pub fn supposes_the_same(&self, other: &Self) -> bool {
        self.gone == other.gone
            && self.added == other.added
            && self.perhaps_gone.keys().eq(other.perhaps_gone.keys())
    }

    /// This world with one more node shut down.
    #[must_use]
    pub fn without(&self, node: NodeId) -> Self {
        let mut world = self.clone();
        world.gone.grow_and_insert(node);
        world.perhaps_gone.remove(&node);
        world
    }

    /// Supposes that a node is added, and names it.
    pub fn add(&mut self, added: Added) -> NodeName {
        let name = NodeName::supposed(self.added.len() + 1);
        self.added.push((name.clone(), added));
        self.gone.grow(self.size());
        name
    }

    /// The name of a node.
    #[must_use]
    pub fn name(&self, node: NodeId) -> &NodeName {
        self.estate.names().get(node).unwrap_or_else(|| &self.added[node - self.estate.size()].0)
    }

    /// The node of a name, unless it is gone.
    #[must_use]
    pub fn find(&self, name: &NodeName) -> Option<NodeId> {
        let added = || {
            let place = self.added.iter().position(|(added, _)| added == name)?;
            Some(self.estate.size() + place)
        };
        self.estate.id(name).or_else(added).filter(|node| !self.gone.contains(*node))
    }

    /// Something that is not known of a node.
    #[must_use]
    pub fn unknown(&self, node: NodeId, source: Source, why: &groundrule_core::Text) -> Unknown {
        Unknown { node: Some(self.name(node).clone()), source, why: why.clone() }
    }
}
