//! What happens when nodes are shut down or resources fail: which dependencies are no longer met,
//! what falls with them, and along which way.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use groundrule_core::dependency::{Declared, End};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Answer, Cause, Ends, Origin};

use super::World;
use super::causes::Place;
use super::dependencies::{Dependencies, DependencyId, Falls, PointId};
use super::failing::{Failure, Further, Unmet};
use crate::estate::{Document, NodeId};

/// An outage in a world: beyond what has failed there already.
pub struct Outage {
    world: World,
    graph: Arc<Dependencies>,
    /// Resources that fail, with their nodes, which stand.
    resources: Vec<(NodeName, ResourceRef)>,
    gone: BTreeSet<NodeId>,
    /// Dependencies that are no longer met.
    pub unmet: Unmet,
    /// Those that are not met anyway.
    already: Unmet,
    /// How each of them came to be unmet: by which provider, and which dependency of that; none
    /// where the outage begins there.
    came: HashMap<DependencyId, (NodeId, Option<DependencyId>)>,
}

/// Something that falls.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fallen {
    /// Its node.
    pub node: NodeName,
    /// The resource; none for a node of which no resources are known.
    pub resource: Option<ResourceRef>,
    /// The dependency with which it falls; none for what falls on the node where the outage is.
    pub with: Option<DependencyId>,
}

impl Outage {
    /// The outage of these nodes and resources. Nodes that nobody knows have none.
    ///
    /// # Errors
    /// When the store of the catalogs does not answer.
    pub async fn of(world: &World, places: &[Place]) -> Answer<Self> {
        let graph = Dependencies::of(world).await;
        let (mut gone, mut resources) = (BTreeSet::new(), Vec::new());
        for place in places {
            match (&place.resource, world.find(&place.node)) {
                (_, None) => {}
                (None, Some(node)) => _ = gone.insert(node),
                (Some(resource), Some(_)) => {
                    resources.push((place.node.clone(), resource.clone()));
                }
            }
        }
        resources.retain(|(node, _)| world.find(node).is_some_and(|node| !gone.contains(&node)));
        let points = points(world, &graph, &resources).await?;
        let mut failure = Failure::in_world(&graph, world).await;
        let already = failure.unmet();
        let nodes: Vec<_> = gone.iter().copied().collect();
        let further = Further { nodes: &nodes, points: &points };
        let unmet = failure.with(further, |_, unmet| unmet.clone());
        let came = came(&graph, &gone, &points, &unmet);
        Ok(Self {
            world: world.clone(),
            graph: Arc::clone(&graph),
            resources,
            gone,
            unmet,
            already,
            came,
        })
    }

    /// A dependency as it was declared.
    #[must_use]
    pub fn declared(&self, id: DependencyId) -> &Declared {
        &self.graph.all[id].declared
    }

    /// The dependencies that a node declares.
    #[must_use]
    pub fn declared_by(&self, node: &NodeName) -> &[DependencyId] {
        self.world.estate.id(node).map_or(&[], |node| self.graph.declared_by(node))
    }

    /// Whether a dependency's failure spreads.
    #[must_use]
    pub fn is_hard(&self, id: DependencyId) -> bool {
        self.graph.all[id].is_hard()
    }

    /// The nodes that may provide what a dependency needs.
    #[must_use]
    pub fn providers(&self, id: DependencyId) -> Vec<NodeName> {
        let providers = &self.graph.provisions[self.graph.all[id].provision].providers;
        let eligible = providers.iter().filter(|provider| provider.eligible.may_be());
        eligible.filter_map(|p| p.node.map(|node| self.world.name(node).clone())).collect()
    }

    /// Whether a node is shut down by it.
    #[must_use]
    pub fn takes(&self, node: &NodeName) -> bool {
        self.world.estate.id(node).is_some_and(|node| self.gone.contains(&node))
    }

    /// The provider that made a dependency fail, as one way to it tells.
    #[must_use]
    pub fn provider(&self, id: DependencyId) -> Option<&NodeName> {
        self.came.get(&id).map(|(provider, _)| self.world.name(*provider))
    }

    /// The dependency of the provider with which that fell; none where the outage is there.
    #[must_use]
    pub fn before(&self, id: DependencyId) -> Option<DependencyId> {
        self.came.get(&id).and_then(|(_, before)| *before)
    }

    /// How a dependency came to be unmet: one declared dependency a line, from it to the outage.
    #[must_use]
    pub fn path(&self, id: DependencyId) -> Vec<String> {
        let (mut lines, mut at) = (Vec::new(), Some(id));
        while let Some(id) = at {
            let declared = &self.graph.all[id].declared;
            let provider = self.provider(id).map_or("", NodeName::as_str);
            let needed = match &declared.on {
                Some(on) => format!("{on} on {provider}"),
                None => provider.to_owned(),
            };
            lines.push(format!("{} needs {needed} ({})", declared.dependent(), declared.kind));
            at = self.before(id);
        }
        lines
    }

    /// Everything that falls and is no container, sorted: what has fallen already is not among it,
    /// and neither is what is on nodes that are shut down, nor where the outage begins.
    ///
    /// # Errors
    /// When the store of the catalogs does not answer.
    pub async fn fallen(&self) -> Answer<Vec<Fallen>> {
        let already = self.hard(&self.already.certain);
        let whole_already: BTreeSet<_> = self.whole(&already).map(|fallen| fallen.node).collect();
        let already: BTreeSet<_> = self.falls_with(already).await?.into_keys().collect();
        let mut fallen: BTreeMap<(NodeName, ResourceRef), Option<DependencyId>> = BTreeMap::new();
        if let Some(store) = &self.world.estate.sources.graph {
            let origin = |(node, resource): &(NodeName, ResourceRef)| Origin {
                node: node.clone(),
                from: Some(resource.clone()),
            };
            let origins: Vec<_> = self.resources.iter().map(origin).collect();
            let here = if origins.is_empty() { Vec::new() } else { store.fallen(&origins).await? };
            fallen.extend(here.into_iter().map(|place| (place, None)));
        }
        let hard = self.hard(&self.unmet.certain);
        for (place, with) in self.falls_with(hard.clone()).await? {
            fallen.entry(place).or_insert(Some(with));
        }
        fallen.retain(|place, _| !already.contains(place) && !self.resources.contains(place));
        let named = fallen.into_iter().map(|((node, resource), with)| Fallen {
            node,
            resource: Some(resource),
            with,
        });
        let whole = self.whole(&hard).filter(|fallen| !whole_already.contains(&fallen.node));
        let mut all: Vec<_> = named.chain(whole).collect();
        all.sort_unstable();
        all.dedup_by(|a, b| (&a.node, &a.resource) == (&b.node, &b.resource));
        Ok(all)
    }

    /// Nodes that fall with these dependencies although they have no catalog that tells what is on them.
    fn whole(&self, ids: &[DependencyId]) -> impl Iterator<Item = Fallen> {
        let whole = ids.iter().filter(|id| {
            let dependency = &self.graph.all[**id];
            let documents = &self.world.estate.catalogs.documents;
            dependency.declared.from == End::Node
                && documents.get(dependency.node) != Some(&Document::Readable)
        });
        whole.map(|id| Fallen {
            node: self.declared(*id).node.clone(),
            resource: None,
            with: Some(*id),
        })
    }

    /// Dependencies of which it is not known whether they are met without it.
    pub fn doubtful(&self) -> impl Iterator<Item = DependencyId> {
        let other = |id: &DependencyId| !self.gone.contains(&self.graph.all[*id].node);
        self.already.possible.iter().copied().filter(other)
    }

    /// How something that falls comes to do so on its node, and from there to the outage.
    pub async fn way(&self, fallen: &Fallen) -> Vec<String> {
        let Some(with) = fallen.with else {
            let begins = self.resources.iter().filter(|(node, _)| *node == fallen.node);
            for (_, resource) in begins {
                let way = self.inside(&fallen.node, resource, fallen.resource.as_ref()).await;
                if !way.is_empty() {
                    return way;
                }
            }
            return Vec::new();
        };
        let mut way = match self.graph.from_resource(with) {
            Some(from) => self.inside(&fallen.node, from, fallen.resource.as_ref()).await,
            None => Vec::new(),
        };
        way.extend(self.path(with));
        way
    }

    /// Why it is not known whether more falls.
    #[must_use]
    pub fn hidden(&self) -> Vec<groundrule_core::source::Unknown> {
        let mut world = self.world.clone();
        for node in &self.gone {
            world = world.without(*node);
        }
        self.graph.hidden_in(&world)
    }

    /// How something relies on a resource of the same node; nothing where it is that.
    async fn inside(
        &self,
        node: &NodeName,
        from: &ResourceRef,
        falls: Option<&ResourceRef>,
    ) -> Vec<String> {
        let (Some(store), Some(falls)) = (&self.world.estate.sources.graph, falls) else {
            return Vec::new();
        };
        let origin = Origin { node: node.clone(), from: Some(from.clone()) };
        let mut way = store.way(&origin, falls).await.unwrap_or_default();
        way.reverse();
        let way: Vec<_> = way.iter().map(ResourceRef::as_str).collect();
        match way.len() {
            0 | 1 => Vec::new(),
            _ => vec![format!("on {node}, {}", way.join(" relies on "))],
        }
    }

    fn hard(&self, of: &[DependencyId]) -> Vec<DependencyId> {
        let known = |id: &&DependencyId| {
            let dependency = &self.graph.all[**id];
            dependency.is_hard() && !matches!(dependency.declared.from, End::Missing(_))
        };
        of.iter().filter(known).copied().collect()
    }

    /// What falls with these dependencies, each with the first of them that makes it fall.
    async fn falls_with(
        &self,
        ids: Vec<DependencyId>,
    ) -> Answer<BTreeMap<(NodeName, ResourceRef), DependencyId>> {
        let mut fallen = BTreeMap::new();
        for (id, things) in falls_with_each(&self.graph, &self.world, &ids).await? {
            for thing in things {
                fallen.entry(thing).or_insert(id);
            }
        }
        Ok(fallen)
    }
}

/// What falls with each of these dependencies and is no container: one question for all nodes, and
/// another one for those that have a further dependency among them.
///
/// # Errors
/// When the store of the catalogs does not answer.
pub async fn falls_with_each(
    graph: &Dependencies,
    world: &World,
    ids: &[DependencyId],
) -> Answer<BTreeMap<DependencyId, Vec<(NodeName, ResourceRef)>>> {
    let mut falls: BTreeMap<_, _> = ids.iter().map(|id| (*id, Vec::new())).collect();
    let Some(store) = &world.estate.sources.graph else {
        return Ok(falls);
    };
    let mut by_node: BTreeMap<&NodeName, Vec<DependencyId>> = BTreeMap::new();
    for id in ids {
        by_node.entry(&graph.all[*id].declared.node).or_default().push(*id);
    }
    let most = by_node.values().map(Vec::len).max().unwrap_or_default();
    for n in 0..most {
        let ids = by_node.values().filter_map(|ids| ids.get(n));
        let origins: Vec<_> = ids
            .map(|id| Origin {
                node: graph.all[*id].declared.node.clone(),
                from: graph.from_resource(*id).cloned(),
            })
            .collect();
        for (node, resource) in store.fallen(&origins).await? {
            if let Some(with) = by_node.get(&node).and_then(|ids| ids.get(n)) {
                falls.entry(*with).or_default().push((node, resource));
            }
        }
    }
    Ok(falls)
}

/// The points of nodes that fall when these resources fail: each with everything in it.
async fn points(
    world: &World,
    graph: &Dependencies,
    resources: &[(NodeName, ResourceRef)],
) -> Answer<Vec<PointId>> {
    let (mut ends, mut candidates, mut fallen) = (Vec::new(), Vec::new(), Vec::new());
    for (name, resource) in resources {
        let Some(node) = world.find(name) else {
            continue;
        };
        let mut named = Vec::new();
        for point in &graph.points_of[node] {
            match &graph.points[*point].on {
                // The node is the container of everything on it.
                None => fallen.push(*point),
                Some(on) if on == resource => fallen.push(*point),
                Some(on) => named.push((*point, on.clone())),
            }
        }
        ends.push(Ends {
            node: name.clone(),
            from: vec![resource.clone()],
            cause: Cause::Dependency,
            on: named.iter().map(|(_, on)| on.clone()).collect(),
        });
        candidates.push(named);
    }
    if let (Some(store), false) = (&world.estate.sources.graph, ends.is_empty()) {
        for (links, named) in store.links(&ends).await?.into_iter().zip(candidates) {
            let falls = links.falls.iter().filter_map(|(_, on)| named.get(*on as usize));
            fallen.extend(falls.map(|(point, _)| *point));
        }
    }
    fallen.sort_unstable();
    fallen.dedup();
    Ok(fallen)
}

/// Follows the outage outwards, breadth first, along dependencies that are no longer met.
fn came(
    graph: &Dependencies,
    gone: &BTreeSet<NodeId>,
    points: &[PointId],
    unmet: &Unmet,
) -> HashMap<DependencyId, (NodeId, Option<DependencyId>)> {
    let is_unmet = |id: &DependencyId| {
        unmet.certain.binary_search(id).is_ok() || unmet.possible.binary_search(id).is_ok()
    };
    let begins = gone.iter().flat_map(|node| &graph.points_of[*node]).chain(points);
    let mut queue: VecDeque<(PointId, Option<DependencyId>)> =
        begins.map(|point| (*point, None)).collect();
    let mut seen: BTreeSet<PointId> = queue.iter().map(|(point, _)| *point).collect();
    let mut came = HashMap::new();
    while let Some((point, with)) = queue.pop_front() {
        let provider = graph.points[point].node;
        for (list, _) in &graph.points[point].provides {
            for id in graph.provisions[*list].dependents.iter().filter(|id| is_unmet(id)) {
                if came.contains_key(id) {
                    continue;
                }
                came.insert(*id, (provider, with));
                let dependency = &graph.all[*id];
                if !dependency.is_hard() {
                    continue;
                }
                let here = &graph.points_of[dependency.node];
                let falls: Vec<PointId> = match &dependency.falls {
                    Falls::Points(points) => {
                        let whole = here.iter().filter(|p| graph.points[**p].on.is_none());
                        points.iter().chain(whole).copied().collect()
                    }
                    Falls::Everything | Falls::NotKnown => here.clone(),
                };
                queue.extend(falls.into_iter().filter(|p| seen.insert(*p)).map(|p| (p, Some(*id))));
            }
        }
    }
    came
}
