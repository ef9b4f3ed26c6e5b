//! An estate in memory: what an estate directory says, and which of its documents cannot be read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// The documents of one source by node; `None` is a document that is there but cannot be read.
pub type Documents<T> = BTreeMap<String, Option<T>>;

/// Everything known about all nodes. A source that is `None` does not exist in this estate.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estate {
    /// Puppet catalogs.
    pub catalogs: Option<Documents<Catalog>>,
    /// Facts documents.
    pub facts: Option<Documents<Map<String, Value>>>,
    /// Registrations.
    pub registrations: Option<Documents<Registration>>,
    /// Who answers now; `Some(None)`: there is a reply that cannot be read.
    pub discovery: Option<Option<BTreeSet<String>>>,
    /// Dependencies declared beside Puppet; `Some(None)`: the file is there but cannot be read.
    pub relationships: Option<Option<Vec<Dependency>>>,
    /// Data that is looked up; none if nothing is configured.
    pub data: Option<Data>,
    /// What checks come to; none if nothing is configured.
    pub checks: Option<Checks>,
    /// The clock, in seconds since 1970.
    pub now: i64,
    /// Decides in which of the possible formats the estate is written; it says nothing of the world.
    pub form: u64,
}

/// By check and node the exit code; `None` is one that is not known.
pub type Checks = BTreeMap<String, BTreeMap<String, Option<i64>>>;

/// Two levels of data: that of a node's fact `zone`, and what is common to all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Data {
    /// By zone; `None` is a file that cannot be read.
    pub zones: BTreeMap<String, Option<Map<String, Value>>>,
    /// What is common.
    pub common: Map<String, Value>,
}

/// What Puppet makes of one node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Catalog {
    /// The Puppet environment.
    pub environment: String,
    /// Class names in lower case.
    pub classes: BTreeSet<String>,
    /// All resources but the declarations of dependencies.
    pub resources: Vec<Resource>,
    /// Containment, (container, content), direct only.
    pub contains: Vec<(String, String)>,
    /// (dependent, needed), from require, before, notify and subscribe.
    pub requires: Vec<(String, String)>,
    /// Declared dependencies of this node.
    pub dependencies: Vec<Dependency>,
}

/// One resource of a catalog.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// `Type[title]`.
    pub reference: String,
    /// Whether it is a class, a stage or a defined type.
    pub container: bool,
    /// Its parameters, without those that make relationships.
    pub parameters: Map<String, Value>,
}

/// What a node says of itself at intervals.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Registration {
    /// When it did so last, in seconds since 1970.
    pub lastseen: i64,
    /// Its facts, if it sends them.
    pub facts: Option<Map<String, Value>>,
    /// Its classes in lower case, if it sends them.
    pub classes: Option<Vec<String>>,
    /// Its agents, if it sends them.
    pub agents: Option<Vec<String>>,
}

/// A declared dependency: `from` on `node` needs `on` at `needs` of its providers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The node that declares it.
    pub node: String,
    /// The resource that needs; the node itself if left out.
    pub from: Option<String>,
    /// The resource that is needed at a provider; the node itself if left out.
    pub on: Option<String>,
    /// Who provides.
    pub providers: Providers,
    /// Whether failure spreads along it.
    pub kind: Kind,
    /// How many providers have to stand.
    pub needs: Needs,
}

/// Who provides what a dependency needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Providers {
    /// These nodes.
    Nodes(Vec<String>),
    /// The nodes that match this compound filter.
    Matching(String),
}

/// Whether failure spreads along a dependency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It does.
    Hard,
    /// It does not.
    Soft,
}

/// How many providers have to stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Needs {
    /// At least so many.
    Number(usize),
    /// All that are named, or that match today.
    All,
}
