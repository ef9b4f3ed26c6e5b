//! What waits for what when things stop, each with everything in it.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_core::dependency::{Declared, End, Providers};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Answer, Cause, Ends, GraphStore};
use groundrule_engine::world::{Outage, World};

use crate::plan::{Item, Items, item};

/// What stops on a node; a resource is none for the node itself.
type Stops<'i> = Vec<(&'i Item, Option<&'i ResourceRef>)>;

/// Resources by node.
type OnNodes<'i> = BTreeMap<&'i NodeName, BTreeSet<&'i ResourceRef>>;

/// A resource and another one of the same node that falls with it.
type Falls<'i> = BTreeSet<(&'i NodeName, &'i ResourceRef, &'i ResourceRef)>;

/// A hard dependency, with those who may provide what it needs.
struct Need<'i> {
    declared: &'i Declared,
    providers: Vec<NodeName>,
}

struct Waiting<'i> {
    items: &'i Items,
    on_node: BTreeMap<&'i NodeName, Stops<'i>>,
    /// What falls when something stops with everything in it.
    whole: Falls<'i>,
    /// What falls also when nothing in it stops.
    alone: Falls<'i>,
}

/// Pairs of what waits and for what. A provider waits for those that need it also where another one
/// would do.
pub(crate) async fn waits(
    world: &World,
    outage: &Outage,
    items: &Items,
) -> Answer<BTreeSet<(Item, Item)>> {
    let mut on_node: BTreeMap<_, Stops<'_>> = BTreeMap::new();
    for (item, resource) in items {
        on_node.entry(&item.node).or_default().push((item, resource.as_ref()));
    }
    let needs = needs(outage, on_node.keys().copied());
    let (mut whole, mut alone) = (Falls::new(), Falls::new());
    if let Some(store) = &world.estate.sources.graph {
        let mut stops = OnNodes::new();
        for (item, resource) in items {
            stops.entry(&item.node).or_default().extend(resource);
        }
        let (from, on) = with_ends(&stops, &needs);
        whole = falls(store.as_ref(), Cause::Dependency, &from, &on).await?;
        alone = falls(store.as_ref(), Cause::Itself, &stops, &stops).await?;
    }
    let waiting = Waiting { items, on_node, whole, alone };
    let mut waits = waiting.within();
    for need in &needs {
        waiting.between(need, &mut waits);
    }
    Ok(waits)
}

fn needs<'i>(outage: &'i Outage, nodes: impl Iterator<Item = &'i NodeName>) -> Vec<Need<'i>> {
    let ids = nodes.flat_map(|node| outage.declared_by(node)).copied();
    let need = |id| {
        let declared = outage.declared(id);
        // That a node needs itself says nothing of an order.
        let (mut providers, itself) = match &declared.providers {
            Providers::Nodes(names) => (names.clone(), declared.on.is_some()),
            Providers::Matching { .. } => (outage.providers(id), false),
        };
        providers.retain(|node| itself || *node != declared.node);
        Need { declared, providers }
    };
    ids.filter(|id| outage.is_hard(*id)).map(need).collect()
}

/// With the ends of dependencies: those that need, and those that are needed.
fn with_ends<'i>(stops: &OnNodes<'i>, needs: &'i [Need<'_>]) -> (OnNodes<'i>, OnNodes<'i>) {
    let (mut from, mut on) = (stops.clone(), stops.clone());
    for Need { declared, providers } in needs {
        if let (End::Resource(end), Some(from)) = (&declared.from, from.get_mut(&declared.node)) {
            from.insert(end);
        }
        for node in providers {
            if let (Some(end), Some(on)) = (&declared.on, on.get_mut(node)) {
                on.insert(end);
            }
        }
    }
    (from, on)
}

/// Asks the catalogs of all nodes at once.
async fn falls<'i>(
    store: &dyn GraphStore,
    cause: Cause,
    from: &OnNodes<'i>,
    on: &OnNodes<'i>,
) -> Answer<Falls<'i>> {
    let both = || from.iter().zip(on.values());
    let all = |of: &BTreeSet<&ResourceRef>| of.iter().map(|one| (*one).clone()).collect();
    let ends = both().map(|((node, from), on)| Ends {
        node: (*node).clone(),
        from: all(from),
        cause,
        on: all(on),
    });
    let links = store.links(&ends.collect::<Vec<_>>()).await?;
    let mut falls = Falls::new();
    for (((node, from), on), links) in both().zip(links) {
        let (from, on): (Vec<_>, Vec<_>) = (from.iter().collect(), on.iter().collect());
        falls.extend(links.falls.into_iter().filter_map(|(with, falls)| {
            Some((*node, **from.get(with as usize)?, **on.get(falls as usize)?))
        }));
    }
    Ok(falls)
}

impl<'i> Waiting<'i> {
    /// On one node: a resource waits for those that fall with it, the node for all. A container falls
    /// with what is in it too, but stops after that.
    fn within(&self) -> BTreeSet<(Item, Item)> {
        let mut waits = BTreeSet::new();
        for (node, stops) in &self.on_node {
            let resources = || stops.iter().filter_map(|(item, one)| Some((*item, (*one)?)));
            for (with, resource) in resources() {
                waits.insert((item(node, None), with.clone()));
                for (falls, other) in resources().filter(|(falls, _)| *falls != with) {
                    let (there, back) = ((*node, resource, other), (*node, other, resource));
                    let in_it = self.whole.contains(&back) && !self.alone.contains(&back);
                    if self.whole.contains(&there) && !in_it {
                        waits.insert((with.clone(), falls.clone()));
                    }
                }
            }
        }
        waits
    }

    fn between(&self, need: &Need<'_>, waits: &mut BTreeSet<(Item, Item)>) {
        let Need { declared, providers } = need;
        for node in providers {
            let itself = *node == declared.node;
            let dependents = self.dependents(declared, itself);
            let counts = |one: &&Item| !itself || one.resource.is_some();
            for needed in self.needed(node, declared.on.as_ref()).into_iter().filter(counts) {
                let first = dependents.iter().copied().filter(|one| *one != needed).filter(counts);
                waits.extend(first.map(|first| (needed.clone(), first.clone())));
            }
        }
    }

    /// What stops and falls with a dependency. A node that stops whole stands for everything on it
    /// that does not stop by itself, and it waits for the rest; but not where it needs `itself`.
    fn dependents(&self, declared: &Declared, itself: bool) -> Vec<&'i Item> {
        let is = |resource: Option<&ResourceRef>| {
            let one = item(&declared.node, resource);
            let there = self.items.get_key_value(&one).map(|(item, _)| item);
            there.filter(|one| !itself || one.resource.is_some())
        };
        let (End::Resource(from) | End::Missing(from)) = &declared.from else {
            let machine = is(None).map(|machine| vec![machine]);
            return machine.unwrap_or_else(|| self.stopping(&declared.node, |_| true));
        };
        match (is(Some(from)), is(None)) {
            (None, Some(machine)) => vec![machine],
            _ => self.stopping(&declared.node, |one| {
                let falls = |one| self.whole.contains(&(&declared.node, from, one));
                one.is_some_and(|one| one == from || falls(one))
            }),
        }
    }

    /// What stops on a node and takes away what is needed there.
    fn needed(&self, node: &NodeName, on: Option<&ResourceRef>) -> Vec<&'i Item> {
        self.stopping(node, |one| match (one, on) {
            (Some(one), Some(on)) => one == on || self.whole.contains(&(node, one, on)),
            _ => true,
        })
    }

    fn stopping(
        &self,
        node: &NodeName,
        wanted: impl Fn(Option<&ResourceRef>) -> bool,
    ) -> Vec<&'i Item> {
        let stops = self.on_node.get(node).into_iter().flatten();
        stops.filter(|(_, one)| wanted(*one)).map(|(item, _)| *item).collect()
    }
}
