//! Whether one thing needs another, and over how many declared dependencies.

use std::collections::BTreeSet;

use crate::judge::fallen::Vertex;
use crate::judge::follow::{Edge, Graph};
use crate::judge::world::World;
use crate::model::{Dependency, Estate, Kind};
use crate::policy::Through;
use crate::truth::Truth;

/// A node, or a resource on it.
pub type Place = Vertex;

/// A declared dependency that is followed to one of its providers.
#[derive(Debug)]
pub struct Hop {
    /// Who declares it.
    pub node: String,
    /// What needs.
    pub from: Option<String>,
    /// What is needed.
    pub on: Option<String>,
    /// Where.
    pub provider: String,
    /// How much.
    pub kind: Kind,
}

/// All ways of an estate.
pub struct Ways(Graph);

impl Ways {
    /// Those along dependencies of both kinds.
    pub fn new(estate: &Estate) -> Ways {
        Ways(Graph::new(&World::today(estate), Through::All))
    }

    /// The length of the shortest way, in declared dependencies. Nothing needs its own node.
    pub fn hops(&self, from: &Place, to: &Place) -> Option<usize> {
        if to.1.is_none() && to.0 == from.0 {
            return None;
        }
        let mut here = begin(&self.0, from);
        for length in 1..=self.0.vertices.len() {
            let next = arrive(&self.0, &here, |_| true);
            if next.iter().any(|vertex| is(vertex, to)) {
                return Some(length);
            }
            if next.is_subset(&here) {
                return None;
            }
            here.extend(next);
        }
        None
    }

    /// Whether this is a way: each step is a dependency that is declared, of something that the step
    /// before came to or that this relies on.
    pub fn has(&self, from: &Place, to: &Place, hops: &[Hop]) -> bool {
        let mut here = begin(&self.0, from);
        for hop in hops {
            here = arrive(&self.0, &here, |edge| {
                let alike = |one: &Dependency| {
                    one.node == hop.node
                        && one.from == hop.from
                        && one.on == hop.on
                        && one.kind == hop.kind
                };
                edge.declared.as_ref().is_some_and(alike) && edge.target.0 == hop.provider
            });
        }
        !hops.is_empty() && here.iter().any(|vertex| is(vertex, to))
    }
}

fn is(vertex: &Vertex, wanted: &Place) -> bool {
    vertex.0 == wanted.0 && (wanted.1.is_none() || vertex.1 == wanted.1)
}

/// What a way from here may begin with: a node is everything on it.
fn begin(graph: &Graph, from: &Place) -> BTreeSet<Vertex> {
    let start = graph.vertices.iter().filter(|vertex| is(vertex, from)).cloned();
    on_node(graph, start.collect())
}

/// Where a declared dependency leads that is certain, and what that relies on.
fn arrive(
    graph: &Graph,
    here: &BTreeSet<Vertex>,
    good: impl Fn(&Edge) -> bool,
) -> BTreeSet<Vertex> {
    let edges = graph.edges.iter().filter(|edge| edge.across && edge.truth == Truth::Yes);
    let edges = edges.filter(|edge| here.contains(&edge.source) && good(edge));
    on_node(graph, edges.map(|edge| edge.target.clone()).collect())
}

/// These, and everything on their nodes that they rely on.
fn on_node(graph: &Graph, mut all: BTreeSet<Vertex>) -> BTreeSet<Vertex> {
    loop {
        let edges = graph.edges.iter().filter(|edge| !edge.across && edge.truth == Truth::Yes);
        let more = edges.filter(|edge| all.contains(&edge.source) && !all.contains(&edge.target));
        let more: Vec<Vertex> = more.map(|edge| edge.target.clone()).collect();
        if more.is_empty() {
            return all;
        }
        all.extend(more);
    }
}
