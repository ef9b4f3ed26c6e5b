//! What was read of an estate, in numbers.

use groundrule_core::source::Problem;
use jiff::Timestamp;
use serde::Serialize;

use super::view::Order;
use super::{Documents, Estate};

/// What was read of an estate.
#[derive(Clone, Debug, Serialize)]
pub struct Overview {
    /// The directory.
    pub estate: String,
    /// How many nodes any source knows.
    pub nodes: usize,
    /// Catalogs.
    pub catalogs: Catalogs,
    /// Facts documents.
    pub facts: Source,
    /// Registrations.
    pub registrations: Source,
    /// The discovery reply.
    pub discovery: Reply,
    /// The list of dependencies beside the catalogs.
    pub relationships: Relationships,
    /// Dependencies between nodes.
    pub dependencies: Dependencies,
    /// Catalogs that Puppet would refuse to apply.
    pub cycles: Vec<Cycle>,
    /// What is wrong with its files.
    pub problems: Vec<Problem>,
}

/// Resources of a node that wait for each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Cycle {
    /// The node.
    pub node: String,
    /// `Type[title]`, sorted.
    pub resources: Vec<String>,
}

/// One kind of document.
#[derive(Clone, Debug, Serialize)]
pub struct Source {
    /// Whether the estate has it.
    pub there: bool,
    /// How many documents could be read.
    pub documents: usize,
    /// How many could not.
    pub unreadable: usize,
    /// The time of the oldest.
    pub oldest: Option<Timestamp>,
    /// The time of the newest.
    pub newest: Option<Timestamp>,
}

/// Catalogs.
#[derive(Clone, Debug, Serialize)]
pub struct Catalogs {
    /// As every source.
    #[serde(flatten)]
    pub source: Source,
    /// Resources in all of them.
    pub resources: usize,
    /// Containers among them.
    pub containers: usize,
    /// Relationships between resources of a node, containment not counted.
    pub relationships: usize,
}

/// The discovery reply.
#[derive(Clone, Debug, Serialize)]
pub struct Reply {
    /// Whether the estate has one.
    pub there: bool,
    /// Whether it could be read.
    pub readable: bool,
    /// How many nodes answered.
    pub nodes: usize,
    /// When.
    pub at: Option<Timestamp>,
}

/// The list of dependencies beside the catalogs.
#[derive(Clone, Debug, Serialize)]
pub struct Relationships {
    /// Whether the estate has one.
    pub there: bool,
    /// Whether it could be read.
    pub readable: bool,
    /// How many rows it has.
    pub rows: usize,
}

/// Dependencies between nodes.
#[derive(Clone, Debug, Serialize)]
pub struct Dependencies {
    /// Whose failure spreads.
    pub hard: usize,
    /// That are only told to monitoring.
    pub soft: usize,
}

impl Documents {
    fn source(&self) -> Source {
        let times = || {
            let rows = self.readable.iter().filter(|(name, _)| !name.is_empty());
            rows.filter_map(|(_, at)| Timestamp::from_second(*at).ok())
        };
        Source {
            there: self.there,
            documents: self.readable.iter().filter(|(name, _)| !name.is_empty()).count(),
            unreadable: self.unreadable.len(),
            oldest: times().min(),
            newest: times().max(),
        }
    }
}

impl Estate {
    /// Resources that wait for each other, of every catalog, by node.
    #[must_use]
    pub fn cycles(&self) -> Vec<Cycle> {
        let of = |(node, n): (&&str, &usize)| {
            let view = self.graph.catalog(*n);
            let containers = (0..view.count).map(|p| view.is_container(p)).collect();
            let edges = (0..view.count).flat_map(|p| {
                let parents = view.parents(p).iter().map(move |parent| (*parent as usize, p, true));
                let needs = view.needs(p).iter().map(move |needed| (*needed as usize, p, false));
                parents.chain(needs)
            });
            let name = |p: usize| self.graph.references.get(view.references()[p]).to_owned();
            let cycles = Order::new(containers, edges).cycles(name);
            let node = (*node).to_owned();
            cycles.into_iter().map(move |resources| Cycle { node: node.clone(), resources })
        };
        let mut cycles: Vec<_> = self.catalog_rows().iter().flat_map(of).collect();
        cycles.sort_unstable();
        cycles
    }

    /// What was read, in numbers.
    #[must_use]
    pub fn overview(&self) -> Overview {
        let graph = &self.graph;
        let readable = self.catalog_rows();
        let views = || readable.values().map(|n| graph.catalog(*n));
        let hard = graph.dependencies.iter().filter(|row| row.hard == 1).count();
        Overview {
            estate: self.root.display().to_string(),
            nodes: self.node_names().len(),
            catalogs: Catalogs {
                source: self.catalogs.source(),
                resources: views().map(|view| view.count).sum(),
                containers: views()
                    .map(|view| (0..view.count).filter(|p| view.is_container(*p)).count())
                    .sum(),
                relationships: views().map(|view| view.row.relationships as usize).sum(),
            },
            facts: self.facts.source(),
            registrations: self.registrations.source(),
            discovery: Reply {
                there: self.discovery.there,
                readable: self.discovery.there && self.discovery.fault.is_none(),
                nodes: self.discovery.nodes.len(),
                at: self.discovery.at.and_then(|at| Timestamp::from_second(at).ok()),
            },
            relationships: Relationships {
                there: self.relationships.there,
                readable: self.relationships.there && self.relationships.fault.is_none(),
                rows: self.relationships.rows,
            },
            dependencies: Dependencies { hard, soft: graph.dependencies.len() - hard },
            cycles: self.cycles(),
            problems: self.problems.clone(),
        }
    }
}
