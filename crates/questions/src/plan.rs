//! What stops with something, in an order in which nothing is stopped before what needs it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use groundrule_core::dependency::End;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::Answer;
use groundrule_engine::world::{Outage, Place, World};
use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;

use crate::waiting::waits;

/// Something that is stopped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Item {
    /// Its node.
    pub node: NodeName,
    /// The resource; none for the node with everything on it.
    pub resource: Option<String>,
}

/// A step of a plan.
#[derive(Debug, Serialize)]
pub struct Step {
    /// What is stopped.
    #[serde(flatten)]
    pub item: Item,
    /// What must have stopped before.
    pub waits_for: Vec<Item>,
}

/// An order of stopping.
#[derive(Debug, Serialize)]
pub struct Plan {
    /// First to last.
    pub steps: Vec<Step>,
    /// Things that need each other: there is no order among them.
    pub cycles: Vec<Vec<Item>>,
}

pub(crate) type Items = BTreeMap<Item, Option<ResourceRef>>;

impl Plan {
    /// Orders everything that falls with an outage, and the places where it begins.
    pub async fn of(world: &World, outage: &Outage, begins: &[Place]) -> Answer<Self> {
        let mut items = Items::new();
        for place in begins {
            items.insert(item(&place.node, place.resource.as_ref()), place.resource.clone());
        }
        for fallen in outage.fallen().await? {
            let service = |r: &ResourceRef| r.type_name() == "Service";
            if fallen.resource.as_ref().is_none_or(service) {
                items.insert(item(&fallen.node, fallen.resource.as_ref()), fallen.resource);
            }
        }
        let hard: Vec<_> =
            outage.unmet.certain.iter().copied().filter(|id| outage.is_hard(*id)).collect();
        for id in &hard {
            let declared = outage.declared(*id);
            let from = match &declared.from {
                End::Node => None,
                End::Resource(from) | End::Missing(from) => Some(from.clone()),
            };
            items.insert(item(&declared.node, from.as_ref()), from);
        }
        let waits = waits(world, outage, &items).await?;
        Ok(Self::ordered(items.into_keys().collect(), &waits))
    }

    fn ordered(items: Vec<Item>, waits: &BTreeSet<(Item, Item)>) -> Self {
        let mut graph = DiGraph::<Item, ()>::new();
        let at: BTreeMap<_, NodeIndex> =
            items.into_iter().map(|item| (item.clone(), graph.add_node(item))).collect();
        for (item, first) in waits {
            if let (Some(item), Some(first)) = (at.get(item), at.get(first)) {
                graph.add_edge(*item, *first, ());
            }
        }
        let (mut steps, mut cycles) = (Vec::new(), Vec::new());
        let all = petgraph::algo::tarjan_scc(&graph);
        let each: Vec<_> =
            (0..).zip(&all).flat_map(|(n, one)| one.iter().map(move |i| (*i, n))).collect();
        let cycle_of: BTreeMap<NodeIndex, usize> = each.into_iter().collect();
        let apart = |a: NodeIndex, b: NodeIndex| cycle_of[&a] != cycle_of[&b];
        let after = |one: NodeIndex| graph.neighbors(one).filter(move |first| apart(one, *first));
        // What others wait for comes first.
        for mut together in all {
            together.sort_by_key(|index| graph[*index].clone());
            if together.len() > 1 {
                cycles.push(together.iter().map(|index| graph[*index].clone()).collect());
            }
            for index in together {
                // What something else that it waits for waits for goes without saying.
                let implied: HashSet<_> = after(index).flat_map(after).collect();
                let told = graph.neighbors(index).filter(|first| !implied.contains(first));
                let mut waits_for: Vec<_> = told.map(|first| graph[first].clone()).collect();
                waits_for.sort_unstable();
                waits_for.dedup();
                steps.push(Step { item: graph[index].clone(), waits_for });
            }
        }
        Self { steps, cycles }
    }
}

pub(crate) fn item(node: &NodeName, resource: Option<&ResourceRef>) -> Item {
    Item { node: node.clone(), resource: resource.map(ToString::to_string) }
}
