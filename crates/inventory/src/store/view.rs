//! The graph of one node, as Puppet reads it.

use std::collections::{BTreeMap, BTreeSet};

use groundrule_core::name::NodeName;
use serde::Serialize;

use super::{Estate, Options};
use crate::catalog::{self, Catalog, Relation};
use crate::fault::Fault;
use crate::files;

/// A node's resources and how they are related.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeGraph {
    /// The node.
    pub node: NodeName,
    /// `Type[title]`, in the order of the catalog.
    pub resources: Vec<String>,
    /// Containment and relationships as they are declared.
    pub edges: Vec<NodeEdge>,
    /// What comes before what, between resources that are no containers.
    pub expanded: Vec<Expanded>,
    /// Resources that wait for each other: Puppet refuses to apply them.
    pub cycles: Vec<Vec<String>>,
}

/// A relationship, in PuppetDB's words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct NodeEdge {
    /// Comes first, or contains.
    pub source: String,
    /// Comes later, or is contained.
    pub target: String,
    /// `contains`, `required-by`, `before`, `notifies` or `subscription-of`.
    pub relationship: &'static str,
}

/// An order between two resources that are no containers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Expanded {
    /// Comes first.
    pub source: String,
    /// Comes later.
    pub target: String,
}

/// Why there is no graph of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoGraph {
    /// No source knows the node.
    UnknownNode,
    /// There is no catalog of it.
    NoCatalog,
    /// Its catalog cannot be read, and why.
    Unreadable(String),
}

impl Estate {
    /// The graph of a node, read from its catalog once more.
    ///
    /// # Errors
    /// When the node has no catalog that can be read.
    pub fn node_graph(&self, node: &NodeName, options: &Options) -> Result<NodeGraph, NoGraph> {
        if let Some((_, why)) =
            self.catalogs.unreadable.iter().find(|(name, _)| name == node.as_str())
        {
            return Err(NoGraph::Unreadable(why.clone()));
        }
        let Some(n) = self.catalog_rows().get(node.as_str()).copied() else {
            let known = self.known_nodes().contains(node.as_str());
            return Err(if known { NoGraph::NoCatalog } else { NoGraph::UnknownNode });
        };
        let file = &self.files[self.graph.catalogs[n].file as usize];
        let mut buffer = Vec::new();
        let read = files::read(&self.root, file, &mut buffer)
            .and_then(|text| catalog::read(text, &options.dependencies));
        match read {
            Ok(catalog) => Ok(graph(node.clone(), &catalog)),
            Err(Fault { what, .. }) => Err(NoGraph::Unreadable(format!("{}: {what}", file.name))),
        }
    }

    /// Names of all nodes that any source knows.
    #[must_use]
    pub fn node_names(&self) -> Vec<String> {
        let mut names: Vec<_> =
            self.known_nodes().into_iter().filter(|n| !n.is_empty()).map(str::to_owned).collect();
        names.sort_unstable();
        names
    }
}

fn graph(node: NodeName, catalog: &Catalog) -> NodeGraph {
    let name = |position: usize| catalog.resources[position].reference.clone();
    let edge_name = |position: u32| name(position as usize);
    let mut edges: Vec<_> = catalog
        .edges
        .iter()
        .map(|edge| NodeEdge {
            source: edge_name(edge.source),
            target: edge_name(edge.target),
            relationship: edge.relation.as_str(),
        })
        .collect();
    edges.sort_unstable();
    let order = Order::new(
        catalog.resources.iter().map(|resource| resource.container).collect(),
        catalog.edges.iter().map(|edge| {
            let contains = edge.relation == Relation::Contains;
            (edge.source as usize, edge.target as usize, contains)
        }),
    );
    let expanded = order.expanded().into_iter();
    let mut expanded: Vec<_> =
        expanded.map(|(a, b)| Expanded { source: name(a), target: name(b) }).collect();
    expanded.sort_unstable();
    NodeGraph {
        node,
        resources: catalog.resources.iter().map(|r| r.reference.clone()).collect(),
        edges,
        expanded,
        cycles: order.cycles(name),
    }
}

/// The order in which Puppet would apply a catalog: every container has a beginning, before all
/// that it contains, and an end, after it; an order between containers is one between their ends
/// and beginnings.
pub(super) struct Order {
    /// Of each point: what comes after it. Points are the resources, and the ends of containers
    /// behind them; a container's own point is its beginning.
    after: Vec<Vec<usize>>,
    containers: Vec<bool>,
}

impl Order {
    /// The order of resources, of which these are containers. An edge has a source, a target, and
    /// whether the source contains the target or only comes before it.
    pub fn new(
        containers: Vec<bool>,
        edges: impl IntoIterator<Item = (usize, usize, bool)>,
    ) -> Self {
        let count = containers.len();
        let begin = |n: usize| n;
        let end = |n: usize| if containers[n] { count + n } else { n };
        let mut after = vec![Vec::new(); count * 2];
        let mut empty = containers.clone();
        for (source, target, contains) in edges {
            if contains {
                empty[source] = false;
                after[begin(source)].push(begin(target));
                after[end(target)].push(end(source));
            } else {
                after[end(source)].push(begin(target));
            }
        }
        for n in (0..count).filter(|n| empty[*n]) {
            after[begin(n)].push(end(n));
        }
        Self { after, containers }
    }

    fn is_leaf(&self, point: usize) -> bool {
        self.containers.get(point) == Some(&false)
    }

    /// Pairs of resources with nothing but beginnings and ends of containers between them.
    fn expanded(&self) -> BTreeSet<(usize, usize)> {
        let mut pairs = BTreeSet::new();
        for source in (0..self.containers.len()).filter(|n| self.is_leaf(*n)) {
            let mut seen = vec![false; self.after.len()];
            let mut stack = self.after[source].clone();
            while let Some(point) = stack.pop() {
                if std::mem::replace(&mut seen[point], true) {
                    continue;
                }
                if self.is_leaf(point) {
                    pairs.insert((source, point));
                } else {
                    stack.extend(&self.after[point]);
                }
            }
        }
        pairs
    }

    /// Names of resources that come before themselves, by group.
    pub fn cycles(&self, name: impl Fn(usize) -> String) -> Vec<Vec<String>> {
        let count = self.containers.len();
        let mut groups: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for (point, group) in components(&self.after).into_iter().enumerate() {
            if let Some(group) = group {
                groups.entry(group).or_default().insert(point % count);
            }
        }
        let mut cycles: Vec<Vec<_>> =
            groups.into_values().map(|group| group.into_iter().map(&name).collect()).collect();
        for cycle in &mut cycles {
            cycle.sort_unstable();
        }
        cycles.sort_unstable();
        cycles
    }
}

/// Of each point: the group of points that reach each other and which it is in; none if it is in
/// no cycle. Tarjan's algorithm, without recursion.
pub(crate) fn components(after: &[Vec<usize>]) -> Vec<Option<usize>> {
    const NEW: usize = usize::MAX;
    let mut index = vec![NEW; after.len()];
    let mut low = vec![0; after.len()];
    let mut on_stack = vec![false; after.len()];
    let mut group = vec![None; after.len()];
    let mut stack = Vec::new();
    let mut next = 0;
    for root in 0..after.len() {
        if index[root] != NEW {
            continue;
        }
        let mut work = vec![(root, 0)];
        while let Some((point, edge)) = work.pop() {
            if edge == 0 {
                index[point] = next;
                low[point] = next;
                next += 1;
                stack.push(point);
                on_stack[point] = true;
            }
            if let Some(&other) = after[point].get(edge) {
                work.push((point, edge + 1));
                if index[other] == NEW {
                    work.push((other, 0));
                } else if on_stack[other] {
                    low[point] = low[point].min(index[other]);
                }
                continue;
            }
            if low[point] == index[point] {
                let start = stack.iter().rposition(|p| *p == point).unwrap_or_default();
                let members = stack.split_off(start);
                let cyclic = members.len() > 1 || after[point].contains(&point);
                for member in members {
                    on_stack[member] = false;
                    group[member] = cyclic.then_some(point);
                }
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[point]);
            }
        }
    }
    group
}
