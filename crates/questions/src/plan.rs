//! What stops with something, in an order in which nothing is stopped before what needs it.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_core::dependency::{End, Providers};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Answer, Cause, Ends};
use groundrule_engine::world::{Outage, Place, World};
use petgraph::graph::{DiGraph, NodeIndex};
use serde::Serialize;

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

type Items = BTreeMap<Item, Option<ResourceRef>>;

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
        let mut waits = between(outage, &items);
        waits.extend(within(world, &items).await?);
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
        // What others wait for comes first.
        for mut together in petgraph::algo::tarjan_scc(&graph) {
            together.sort_by_key(|index| graph[*index].clone());
            if together.len() > 1 {
                cycles.push(together.iter().map(|index| graph[*index].clone()).collect());
            }
            for index in together {
                let mut waits_for: Vec<_> =
                    graph.neighbors(index).map(|first| graph[first].clone()).collect();
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

/// What waits for what on other nodes: a provider for those that need it, also where another one
/// would do.
fn between(outage: &Outage, items: &Items) -> BTreeSet<(Item, Item)> {
    let mut on_node: BTreeMap<&NodeName, Vec<&Item>> = BTreeMap::new();
    for item in items.keys() {
        on_node.entry(&item.node).or_default().push(item);
    }
    let mut waits = BTreeSet::new();
    for id in on_node.keys().flat_map(|node| outage.declared_by(node)) {
        let declared = outage.declared(*id);
        let from = match &declared.from {
            End::Node => None,
            End::Resource(from) | End::Missing(from) => Some(from),
        };
        let whole = item(&declared.node, None);
        let own = item(&declared.node, from);
        let Some(dependent) = [own, whole].into_iter().find(|item| items.contains_key(item)) else {
            continue;
        };
        let named = match &declared.providers {
            Providers::Nodes(names) => names.clone(),
            Providers::Matching { .. } => outage.providers(*id),
        };
        let on = declared.on.as_ref().map(ToString::to_string);
        for node in named.iter().filter(|node| outage.is_hard(*id) && **node != declared.node) {
            let here = on_node.get(node).into_iter().flatten().copied();
            let needed =
                |item: &&Item| on.is_none() || item.resource.is_none() || item.resource == on;
            waits.extend(here.filter(needed).map(|item| (item.clone(), dependent.clone())));
        }
    }
    waits
}

/// What waits for what on one node: a resource for those that fall with it, the node for all.
async fn within(world: &World, items: &Items) -> Answer<BTreeSet<(Item, Item)>> {
    let mut on_node: BTreeMap<&NodeName, Vec<(&Item, &ResourceRef)>> = BTreeMap::new();
    let mut waits = BTreeSet::new();
    for (item, resource) in items {
        if let Some(resource) = resource {
            on_node.entry(&item.node).or_default().push((item, resource));
            let whole = Item { node: item.node.clone(), resource: None };
            waits.insert((whole, item.clone()));
        }
    }
    let all = |here: &[(&Item, &ResourceRef)]| -> Vec<ResourceRef> {
        here.iter().map(|(_, resource)| (*resource).clone()).collect()
    };
    let ends: Vec<_> = on_node
        .iter()
        .map(|(node, here)| Ends {
            node: (*node).clone(),
            from: all(here),
            cause: Cause::Dependency,
            on: all(here),
        })
        .collect();
    let Some(store) = &world.estate.sources.graph else {
        return Ok(waits);
    };
    for (links, here) in store.links(&ends).await?.iter().zip(on_node.values()) {
        for (with, falls) in &links.falls {
            let pair = here.get(*with as usize).zip(here.get(*falls as usize));
            if let Some(((with, _), (falls, _))) = pair.filter(|((a, _), (b, _))| a != b) {
                waits.insert(((*with).clone(), (*falls).clone()));
            }
        }
    }
    Ok(waits)
}
