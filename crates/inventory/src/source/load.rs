//! What is loaded into a store, and what a store does for it.

use std::collections::BTreeSet;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::catalog::RawDependency;

/// A load: of where, when, and what the source says of itself as a whole.
#[derive(Clone, Debug)]
pub struct About {
    /// Tells this load from every other one.
    pub run: String,
    /// Where from: `estate:DIR`.
    pub from: String,
    /// When it began.
    pub at: Timestamp,
    /// Whether also that is written which the store knows to have already.
    pub all: bool,
    /// Whether the source has such documents at all.
    pub there: bool,
    /// Why the source may know more nodes, or newer documents, than it tells.
    pub gaps: Vec<Text>,
    /// For a graph: why there may be dependencies that nobody declares although every catalog can be
    /// read.
    pub undeclared: Vec<Text>,
    /// For a graph: dependencies that are declared beside the catalogs, by the node that depends and
    /// the line, from 1.
    pub beside: Vec<(NodeName, usize, RawDependency)>,
}

/// A node's document, or why it cannot be read.
#[derive(Clone, Debug)]
pub struct Entry<D> {
    /// The node.
    pub node: NodeName,
    /// The document.
    pub document: Result<D, Text>,
}

/// A catalog.
#[derive(Clone, Debug, Hash)]
pub struct CatalogDocument {
    /// Of when it is, in seconds since 1970.
    pub made: i64,
    /// The environment; empty where it does not tell.
    pub environment: String,
    /// Names of classes, lower case, each once.
    pub classes: Vec<String>,
    /// The resources, in the order of the catalog.
    pub resources: Vec<ResourceDocument>,
    /// Further names of resources: `Type[alias]` and the resource's position.
    pub aliases: Vec<(String, u32)>,
    /// Dependencies on other nodes that it declares.
    pub dependencies: Vec<RawDependency>,
}

/// A resource of a catalog; others by position.
#[derive(Clone, Debug, Hash)]
pub struct ResourceDocument {
    /// `Type[title]`.
    pub reference: String,
    /// Whether it contains others.
    pub container: bool,
    /// What contains it.
    pub parents: Vec<u32>,
    /// What it requires, and by which parameter of either: `require`, `before`, `notify`, `subscribe`.
    pub needs: Vec<(u32, &'static str)>,
    /// Its parameters, without those that are sensitive or on the redaction list; none where one of
    /// them cannot be read.
    pub parameters: Option<Map<String, Value>>,
    /// Names of parameters that are sensitive.
    pub sensitive: Vec<String>,
}

/// A facts document, without what is on the redaction list.
#[derive(Clone, Debug)]
pub struct FactsDocument {
    /// Of when it is, in seconds since 1970.
    pub made: i64,
    /// The facts.
    pub facts: Map<String, Value>,
}

/// A registration; none where it does not tell.
#[derive(Clone, Debug)]
pub struct Registration {
    /// When it was made, in seconds since 1970.
    pub seen: Option<i64>,
    /// Facts, without those on the redaction list.
    pub facts: Option<Map<String, Value>>,
    /// Names of classes, lower case.
    pub classes: Option<Vec<String>>,
    /// Names of MCollective agents.
    pub agents: Option<Vec<String>>,
}

/// A store while documents of one kind are loaded into it.
///
/// A load is idempotent. From `begin` to `finish` the store remembers that it is incomplete, also
/// after the loader was killed, and says so to whoever asks (as a gap of its listing).
#[async_trait]
pub trait Load<D: Send + 'static>: Send {
    /// Prepares the store (constraints, indexes), and notes that a load began.
    async fn begin(&mut self, about: &About) -> Answer<()>;
    /// Puts documents of nodes, each in place of what the store had of that node, both at once.
    async fn put(&mut self, entries: Vec<Entry<D>>) -> Answer<()>;
    /// Notes that all is there. Of nodes that are not in `nodes` everything is removed with `prune`;
    /// without it they stay, and are counted.
    async fn finish(&mut self, nodes: &BTreeSet<NodeName>, prune: bool) -> Answer<Loaded>;
}

/// What became of a load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Documents that the store had already, and that were not written.
    pub kept: usize,
    /// Nodes that the source does not have and the store had.
    pub others: usize,
    /// Whether those were removed.
    pub pruned: bool,
}

/// What is loaded by: one for each role that was asked for.
#[derive(Default)]
pub struct Targets {
    /// Catalogs.
    pub graph: Option<Box<dyn Load<CatalogDocument>>>,
    /// Facts documents.
    pub facts: Option<Box<dyn Load<FactsDocument>>>,
    /// Registrations.
    pub registrations: Option<Box<dyn Load<Registration>>>,
}
