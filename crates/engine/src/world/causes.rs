//! Which failures explain which others: what monitoring holds back behind a cause.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use groundrule_core::dependency::End;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Cause, Ends, Origin};

use super::World;
use super::dependencies::{Dependencies, Dependency, DependencyId, PointId};
use super::failing::Failing;
use crate::estate::{Estate, NodeId};

/// A node, or a resource on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The node.
    pub node: NodeName,
    /// The resource; none for the node as a whole.
    pub resource: Option<ResourceRef>,
}

/// What certainly fails because something else has failed.
pub struct Consequences {
    world: World,
    graph: Arc<Dependencies>,
    /// Hard dependencies that are not met because of it.
    unmet: BTreeMap<NodeId, Vec<DependencyId>>,
    /// What has failed itself.
    failed: BTreeSet<NodeId>,
    failed_points: BTreeSet<PointId>,
}

impl Consequences {
    /// The consequences of failures on an estate. What it does not know has none.
    pub async fn of(estate: &Arc<Estate>, failed: &[Place]) -> Self {
        let world = World::today(Arc::clone(estate));
        let graph = Dependencies::of(&world).await;
        let mut nodes = BTreeSet::new();
        let mut points = BTreeSet::new();
        for place in failed {
            let Some(node) = world.find(&place.node) else {
                continue;
            };
            match &place.resource {
                None => {
                    nodes.insert(node);
                }
                Some(resource) => points.extend(falling(&world, &graph, node, resource).await),
            }
        }
        let mut unmet: BTreeMap<NodeId, Vec<DependencyId>> = BTreeMap::new();
        for dependency in Failing::of(&graph, &nodes, &points) {
            unmet.entry(graph.all[dependency].node).or_default().push(dependency);
        }
        Self { world, graph, unmet, failed: nodes, failed_points: points }
    }

    /// How a failure is a consequence: one declared dependency a line, from it to a cause; none if
    /// it is none.
    pub async fn path(&self, of: &Place) -> Option<Vec<String>> {
        let node = self.world.find(&of.node).filter(|node| !self.failed.contains(node))?;
        let mut begin = Vec::new();
        for dependency in self.unmet.get(&node)? {
            if self.reaches(*dependency, of).await {
                begin.push(*dependency);
            }
        }
        self.shortest(begin)
    }

    /// Whether something falls with a dependency of its node.
    async fn reaches(&self, dependency: DependencyId, of: &Place) -> bool {
        let from = &self.graph.all[dependency].declared.from;
        let (resource, from) = match (&of.resource, from) {
            (None, _) | (_, End::Node) => return true,
            (Some(_), End::Missing(_)) => return false,
            (Some(resource), End::Resource(from)) => (resource, from),
        };
        if resource == from {
            return true;
        }
        let origin = Origin { node: of.node.clone(), from: Some(from.clone()) };
        let Some(store) = &self.world.estate.sources.graph else {
            return false;
        };
        let fallen = store.fallen(&[origin]).await.unwrap_or_default();
        fallen.iter().any(|(_, fallen)| fallen == resource)
    }

    fn shortest(&self, begin: Vec<DependencyId>) -> Option<Vec<String>> {
        let mut before: BTreeMap<DependencyId, Option<DependencyId>> =
            begin.iter().map(|dependency| (*dependency, None)).collect();
        let mut next = VecDeque::from(begin);
        while let Some(dependency) = next.pop_front() {
            let list = &self.graph.provisions[self.graph.all[dependency].provision];
            for provider in &list.providers {
                let Some(node) = provider.node else {
                    continue;
                };
                let itself = self.failed.contains(&node)
                    || provider.point.is_some_and(|point| self.failed_points.contains(&point));
                if itself {
                    return Some(self.lines(&before, dependency, node));
                }
                for further in self.unmet.get(&node).into_iter().flatten() {
                    if !before.contains_key(further) {
                        before.insert(*further, Some(dependency));
                        next.push_back(*further);
                    }
                }
            }
        }
        None
    }

    /// The way that was found, from the consequence to the cause.
    fn lines(
        &self,
        before: &BTreeMap<DependencyId, Option<DependencyId>>,
        last: DependencyId,
        cause: NodeId,
    ) -> Vec<String> {
        let (mut at, mut provider) = (Some(last), cause);
        let mut lines = Vec::new();
        while let Some(dependency) = at {
            lines.push(self.line(&self.graph.all[dependency], provider));
            provider = self.graph.all[dependency].node;
            at = before.get(&dependency).copied().flatten();
        }
        lines.reverse();
        lines
    }

    fn line(&self, dependency: &Dependency, provider: NodeId) -> String {
        let at = |resource: Option<&ResourceRef>, node: NodeId| {
            let node = self.world.name(node);
            resource.map_or_else(|| node.to_string(), |r| format!("{r} on {node}"))
        };
        let Dependency { declared, node, .. } = dependency;
        let from = match &declared.from {
            End::Node => None,
            End::Resource(from) | End::Missing(from) => Some(from),
        };
        format!("{} needs {} (hard)", at(from, *node), at(declared.on.as_ref(), provider))
    }
}

/// The points of a node that fall when a resource on it does.
async fn falling(
    world: &World,
    graph: &Dependencies,
    node: NodeId,
    resource: &ResourceRef,
) -> Vec<PointId> {
    let points: Vec<_> = graph.points_of.get(node).into_iter().flatten().copied().collect();
    let on: Vec<_> = points.iter().filter_map(|p| graph.points[*p].on.clone()).collect();
    let ends = Ends {
        node: world.name(node).clone(),
        from: vec![resource.clone()],
        cause: Cause::Itself,
        on: on.clone(),
    };
    let mut fallen: Vec<&ResourceRef> = on.iter().filter(|on| *on == resource).collect();
    if let Some(store) = &world.estate.sources.graph
        && let Ok(links) = store.links(&[ends]).await
    {
        let falls = links.iter().flat_map(|links| &links.falls);
        fallen.extend(falls.filter_map(|(_, on_)| on.get(*on_ as usize)));
    }
    let falls = |point: &PointId| match &graph.points[*point].on {
        None => true,
        Some(on) => fallen.contains(&on),
    };
    points.into_iter().filter(falls).collect()
}
