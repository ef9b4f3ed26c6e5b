//! When I follow what they depend on, or what depends on them.

use std::collections::{BTreeMap, BTreeSet};

use super::dependencies::{declared, may_declare, provides, rows_unknown};
use super::fallen::{Vertex, dangling, exists, with_containers};
use super::set::{Members, OnNode, Pair, Set};
use super::world::{Document, World};
use crate::model::{Dependency, Providers};
use crate::policy::{Direction, Through};
use crate::truth::Truth;

/// "If the target falls or is missing, so may the source."
pub struct Edge {
    pub source: Vertex,
    pub target: Vertex,
    pub truth: Truth,
    /// Whether it is a declared dependency, rather than one on the node.
    pub across: bool,
    /// Which one, if we see it.
    pub declared: Option<Dependency>,
}

/// Everything that can be walked, in the direction of the needs.
pub struct Graph {
    pub vertices: BTreeSet<Vertex>,
    pub edges: Vec<Edge>,
    /// From these there may be edges to nodes that nobody names.
    endless: BTreeSet<Vertex>,
}

/// The pairs that following yields.
pub fn follow(world: &World, set: &Set, direction: Direction, through: Through) -> Members<Pair> {
    let graph = Graph::new(world, through);
    let (starts, mut open) = match set {
        Set::Nodes(members) => (of_nodes(members), members.open),
        Set::Resources(members) => (of_resources(members), members.open),
        _ => (Vec::new(), false),
    };
    let mut pairs: BTreeMap<Pair, Truth> = BTreeMap::new();
    for (node, reference, belongs) in starts {
        let reached = graph.reach(&node, reference.as_ref(), direction, through);
        for (other, truth) in reached.nodes {
            let pair = Pair { subject: node.clone(), other };
            let truth = truth.and(belongs);
            let before = pairs.get(&pair).copied().unwrap_or(Truth::No);
            pairs.insert(pair, before.or(truth));
        }
        open |= match direction {
            Direction::Needed => reached.endless,
            // Only rows that we cannot see could name a node that we do not know of.
            Direction::Dependents => world.open() && rows_unknown(world),
        };
    }
    let mut members = Members::new(pairs);
    members.open = open;
    members
}

/// Where a walk starts: a node, the resource if it is one, and whether it belongs to the set.
type Start = (String, Option<String>, Truth);

fn of_nodes(members: &Members<String>) -> Vec<Start> {
    members.known.iter().map(|(node, truth)| (node.clone(), None, *truth)).collect()
}

/// What we cannot see on a node may be anything on it.
fn of_resources(members: &Members<OnNode>) -> Vec<Start> {
    let seen = members.known.iter();
    let seen = seen.map(|(one, truth)| (one.node.clone(), Some(one.reference.clone()), *truth));
    let unseen = members.hidden_on.iter().map(|node| (node.clone(), None, Truth::Maybe));
    seen.chain(unseen).collect()
}

impl Graph {
    pub fn new(world: &World, through: Through) -> Graph {
        let all = declared(world);
        let followed: Vec<(Dependency, Truth)> = all
            .into_iter()
            .filter(|(one, _)| match through {
                Through::Kind(kind) => one.kind == kind,
                Through::All | Through::Directly => true,
            })
            .collect();
        let mut graph = Graph {
            vertices: vertices(world, &followed),
            edges: Vec::new(),
            endless: BTreeSet::new(),
        };
        for source in &graph.vertices.clone() {
            graph.add_on_node(world, source);
            graph.add_across(world, source, &followed);
            if may_declare(world, &source.0) {
                graph.add_unseen(world, source);
            }
        }
        graph
    }

    fn add(&mut self, source: &Vertex, target: Vertex, truth: Truth, across: bool) {
        if truth != Truth::No {
            let source = source.clone();
            self.edges.push(Edge { source, target, truth, across, declared: None });
        }
    }

    fn add_declared(&mut self, source: &Vertex, target: Vertex, truth: Truth, one: &Dependency) {
        if truth != Truth::No {
            let (source, declared) = (source.clone(), Some(one.clone()));
            self.edges.push(Edge { source, target, truth, across: true, declared });
        }
    }

    /// Requirements of the source and of its containers, and what is in it.
    fn add_on_node(&mut self, world: &World, source: &Vertex) {
        let (node, reference) = source;
        let there = exists(world, source);
        if reference.is_none() {
            let inside =
                self.vertices.iter().filter(|(other, inner)| other == node && inner.is_some());
            for target in inside.cloned().collect::<Vec<_>>() {
                self.add(source, target, there, false);
            }
        }
        let Document::Read(catalog) = world.catalog(node) else { return };
        let selves = with_containers(world, source);
        for (dependent, needed) in &catalog.requires {
            if selves.contains(&Some(dependent.clone())) {
                self.add(source, (node.clone(), Some(needed.clone())), there, false);
            }
        }
        for (container, content) in &catalog.contains {
            if reference.as_ref() == Some(container) {
                self.add(source, (node.clone(), Some(content.clone())), there, false);
            }
        }
    }

    /// Dependencies that the source or a container of it declares.
    fn add_across(&mut self, world: &World, source: &Vertex, all: &[(Dependency, Truth)]) {
        let selves = with_containers(world, source);
        let there = exists(world, source);
        for (one, declared) in all {
            let here = match selves.contains(&one.from) {
                true => Truth::Yes,
                false if dangling(world, one) => Truth::Maybe,
                false => Truth::No,
            };
            if one.node != source.0 || here == Truth::No {
                continue;
            }
            let truth = there.and(*declared).and(here);
            match &one.providers {
                Providers::Nodes(nodes) => {
                    for node in nodes {
                        let target = (node.clone(), one.on.clone());
                        self.add_declared(source, target, truth.and(world.stands(node)), one);
                    }
                }
                Providers::Matching(filter) => {
                    for node in world.nodes().into_keys() {
                        let provides = provides(world, one, filter, &node);
                        self.add_declared(source, (node, one.on.clone()), truth.and(provides), one);
                    }
                    if world.open() && truth != Truth::No {
                        self.endless.insert(source.clone());
                    }
                }
            }
        }
    }

    /// A node that may declare anything may need everything.
    fn add_unseen(&mut self, world: &World, source: &Vertex) {
        if exists(world, source) == Truth::No {
            return;
        }
        for target in self.vertices.clone() {
            if target.0 != source.0 {
                let truth = world.stands(&target.0).and(Truth::Maybe);
                self.add(source, target, truth, true);
            }
        }
        if world.open() {
            self.endless.insert(source.clone());
        }
    }
}

/// Every node, everything in a catalog, and every end of a dependency.
fn vertices(world: &World, dependencies: &[(Dependency, Truth)]) -> BTreeSet<Vertex> {
    let nodes = world.nodes();
    let mut all: BTreeSet<Vertex> = BTreeSet::new();
    for node in nodes.keys() {
        all.insert((node.clone(), None));
        if let Document::Read(catalog) = world.catalog(node) {
            for resource in &catalog.resources {
                all.insert((node.clone(), Some(resource.reference.clone())));
            }
        }
    }
    for (one, _) in dependencies {
        all.insert((one.node.clone(), one.from.clone()));
        if let Providers::Nodes(providers) = &one.providers {
            let known = providers.iter().filter(|node| nodes.contains_key(*node));
            all.extend(known.map(|node| (node.clone(), one.on.clone())));
        } else {
            all.extend(nodes.keys().map(|node| (node.clone(), one.on.clone())));
        }
    }
    all
}

/// What a walk came to.
struct Reached {
    nodes: BTreeMap<String, Truth>,
    /// Whether it may go on to nodes that nobody names.
    endless: bool,
}

impl Graph {
    /// Walks from one subject. The flag beside a vertex says that a declared dependency was used up:
    /// it only counts for `directly`.
    fn reach(
        &self,
        node: &str,
        reference: Option<&String>,
        direction: Direction,
        through: Through,
    ) -> Reached {
        let directly = through == Through::Directly;
        let start = self.vertices.iter().filter(|(other, inner)| {
            other == node && (reference.is_none() || inner.as_ref() == reference)
        });
        let mut reached: BTreeMap<(Vertex, bool), Truth> =
            start.map(|vertex| ((vertex.clone(), false), Truth::Yes)).collect();
        loop {
            let mut changed = false;
            for edge in &self.edges {
                let (from, to) = match direction {
                    Direction::Needed => (&edge.source, &edge.target),
                    Direction::Dependents => (&edge.target, &edge.source),
                };
                for used in [false, true] {
                    let Some(before) = reached.get(&(from.clone(), used)) else { continue };
                    if directly && used && edge.across {
                        continue;
                    }
                    let next = (to.clone(), directly && (used || edge.across));
                    let truth = before.and(edge.truth);
                    if reached.get(&next).is_none_or(|known| *known < truth) {
                        reached.insert(next, truth);
                        changed = true;
                    }
                }
            }
            if !changed {
                break;
            }
        }
        let endless = reached.keys().any(|(vertex, used)| !used && self.endless.contains(vertex));
        let mut nodes: BTreeMap<String, Truth> = BTreeMap::new();
        for (((other, _), _), truth) in reached {
            if other != node {
                let before = nodes.get(&other).copied().unwrap_or(Truth::No);
                nodes.insert(other, before.or(truth));
            }
        }
        Reached { nodes, endless }
    }
}
