//! Declared dependencies: what one node needs of others.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::Text;
use crate::filter::Filter;
use crate::name::{NodeName, ResourceRef};
use crate::source::Source;

/// A cross-node dependency as a manifest or `relationships.yaml` declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The node that declares it.
    pub node: NodeName,
    /// What needs: a resource of that node, or the node itself.
    pub from: End,
    /// What is needed at each provider: a resource, or the node itself.
    pub on: Option<ResourceRef>,
    /// Who provides it.
    pub providers: Providers,
    /// How many of them must stand.
    pub needs: Needs,
    /// Whether its failure spreads.
    pub kind: Kind,
    /// Who tells of it: the catalog of the node, or the list beside the catalogs.
    pub source: Source,
    /// Where it was declared, for people: `Groundrule::Dependency[greylisting]`, or a file and line.
    pub declared_in: Text,
}

/// The dependent end of a dependency.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The node with everything on it.
    Node,
    /// A resource that its catalog has.
    Resource(ResourceRef),
    /// A resource that its catalog does not have: what falls with the dependency is not known.
    Missing(ResourceRef),
}

/// Who may meet a dependency.
#[derive(Clone, Debug)]
pub enum Providers {
    /// These nodes, each once.
    Nodes(Vec<NodeName>),
    /// Whoever matches, without the node that declares it, and has the resource that is needed.
    Matching {
        /// The filter as it was written.
        written: String,
        /// The filter, parsed once for all who wrote it.
        filter: Arc<Filter>,
    },
}

/// What two declarations share exactly when they declare the same dependency.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Key<'d> {
    node: &'d NodeName,
    from: &'d End,
    provision: Provision<'d>,
    needs: Needs,
    kind: Kind,
}

/// What is needed, and who provides it.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Provision<'d> {
    who: Who<'d>,
    on: Option<&'d ResourceRef>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
enum Who<'d> {
    Nodes(&'d [NodeName]),
    Matching(&'d str),
}

/// How many providers must stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Needs {
    /// So many of them.
    AtLeast(usize),
    /// All that it names, or that match today.
    All,
}

/// Whether the failure of what is needed spreads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It does.
    Hard,
    /// It is only told to monitoring.
    Soft,
}

impl Kind {
    /// The kind of this name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "hard" => Some(Self::Hard),
            "soft" => Some(Self::Soft),
            _ => None,
        }
    }
}

impl Needs {
    /// Reads a number from 1, or `all`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "all" => Some(Self::All),
            number => number.parse().ok().filter(|n| *n > 0).map(Self::AtLeast),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        })
    }
}

impl fmt::Display for Needs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(n) => write!(f, "{n}"),
            Self::All => f.write_str("all"),
        }
    }
}

impl Declared {
    /// What needs, in words: `Service[exim4] on mx1.example.net`, or the node's name.
    #[must_use]
    pub fn dependent(&self) -> String {
        match &self.from {
            End::Node => self.node.to_string(),
            End::Resource(r) | End::Missing(r) => format!("{r} on {}", self.node),
        }
    }

    /// What is needed, in words: `Service[mysql] on 1 of db1.example.net and db2.example.net`.
    #[must_use]
    pub fn needed(&self) -> String {
        let who = match &self.providers {
            Providers::Nodes(nodes) => {
                let names: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
                match (self.needs, names.len()) {
                    (_, 1) | (Needs::All, 2..) => in_words(&names),
                    (needs, _) => format!("{needs} of {}", in_words(&names)),
                }
            }
            Providers::Matching { written, .. } => match self.needs {
                Needs::All => format!("all nodes matching {written:?}"),
                Needs::AtLeast(n) => format!("{n} of the nodes matching {written:?}"),
            },
        };
        match &self.on {
            Some(resource) => format!("{resource} on {who}"),
            None => who,
        }
    }

    /// What tells it from all others: the same fields as [`Declared::identity`], without the words.
    #[must_use]
    pub fn key(&self) -> Key<'_> {
        let Self { node, from, needs, kind, .. } = self;
        Key { node, from, provision: self.provision(), needs: *needs, kind: *kind }
    }

    /// What is needed, and who provides it: dependencies that share it have the same providers.
    #[must_use]
    pub fn provision(&self) -> Provision<'_> {
        let who = match &self.providers {
            Providers::Nodes(nodes) => Who::Nodes(nodes),
            Providers::Matching { written, .. } => Who::Matching(written),
        };
        Provision { who, on: self.on.as_ref() }
    }

    /// What makes it the same dependency in the next run: everything that was declared.
    #[must_use]
    pub fn identity(&self) -> String {
        let Self { needs, kind, .. } = self;
        format!("{} needs {needs}: {} ({kind})", self.dependent(), self.needed())
    }
}

/// A list as a sentence has it: `a, b and c`.
#[must_use]
pub fn in_words<T: AsRef<str>>(items: &[T]) -> String {
    match items {
        [] => "nobody".to_owned(),
        [one] => one.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<_> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}
