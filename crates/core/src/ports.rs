//! The questions that a store answers.
//!
//! Every question is about sets and is asked once for a policy, never once for a node. Answers
//! name nodes; whoever asks turns names into sets. A store tells what it knows and what it does
//! not; it never guesses and never judges: hypotheses and verdicts are applied to its answers in
//! one place, by the engine, so that every store gives the same verdict.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::Text;
use crate::check::{CheckName, Checked};
use crate::dependency::Declared;
use crate::fact::FactName;
use crate::name::{NodeName, ResourceRef};
use crate::pattern::Pattern;
use crate::reservation::{Held, Reservation};
use crate::source::{Known, Listing};

/// The sources of an estate; those that it does not have are none.
#[derive(Clone, Default)]
pub struct Sources {
    /// Catalogs, and the dependencies that are declared beside them.
    pub graph: Option<Arc<dyn GraphStore>>,
    /// Facts documents.
    pub facts: Option<Arc<dyn FactStore>>,
    /// Registrations.
    pub registry: Option<Arc<dyn Registry>>,
    /// The discovery reply.
    pub discovery: Option<Arc<dyn Discovery>>,
    /// Data that is looked up for nodes.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Checks that are run on nodes.
    pub checks: Option<Arc<dyn Checks>>,
}

/// A store did not answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(pub Text);

/// The answer to one question.
pub type Answer<T> = Result<T, StoreError>;

/// Values by node: nodes that it does not name have none.
pub type Rows<T> = Vec<(NodeName, T)>;

/// Resources that a question asks for.
#[derive(Clone, Debug)]
pub enum ResourceQuery {
    /// Every resource of a type: capitalised, or an expression.
    OfType(Pattern),
    /// The resource of this reference, under its title or an alias; or matched by an expression.
    Named(Pattern),
}

/// A row of a query's result: values by column.
pub type Row = serde_json::Map<String, Value>;

/// Points on one node between which falling is asked for.
#[derive(Clone, Debug)]
pub struct Ends {
    /// The node.
    pub node: NodeName,
    /// Resources with which others may fall.
    pub from: Vec<ResourceRef>,
    /// What happens to those.
    pub cause: Cause,
    /// Resources that may fall with them.
    pub on: Vec<ResourceRef>,
}

/// What makes a resource fall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A dependency of it fails: it falls with everything in it.
    Dependency,
    /// It falls because of something in it or something that it requires.
    Itself,
}

/// What the catalog of a node says of [`Ends`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// For each of `on`: whether the catalog has it.
    pub has: Vec<bool>,
    /// Pairs of positions in `from` and `on`: what falls, with what.
    pub falls: Vec<(u32, u32)>,
}

/// Something on a node whose dependency fails.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The node.
    pub node: NodeName,
    /// The resource; none for the node with everything on it.
    pub from: Option<ResourceRef>,
}

/// Catalogs: resources, their relationships, declared dependencies, classes, environments.
#[async_trait]
pub trait GraphStore: Send + Sync {
    /// Which nodes have a catalog.
    async fn nodes(&self) -> Answer<Listing>;
    /// The environment of every catalog that can be read.
    async fn environments(&self) -> Answer<Rows<Text>>;
    /// The classes that a pattern matches, of every catalog that can be read and has one.
    async fn classes(&self, name: &Pattern) -> Answer<Rows<Vec<Text>>>;
    /// The same for several patterns, one answer each: the filters of all dependencies ask at once.
    async fn classes_of_each(&self, names: &[Pattern]) -> Answer<Vec<Rows<Vec<Text>>>> {
        let mut answers = Vec::with_capacity(names.len());
        for name in names {
            answers.push(self.classes(name).await?);
        }
        Ok(answers)
    }
    /// The resources asked for, of every catalog that can be read.
    async fn resources(&self, query: &ResourceQuery) -> Answer<Rows<ResourceRef>>;
    /// A parameter of a resource, for every node of `nodes` whose catalog can be read.
    async fn parameters(
        &self,
        resource: &ResourceRef,
        parameter: &str,
        nodes: &[NodeName],
    ) -> Answer<Rows<Known<Value>>>;
    /// Every dependency that a readable catalog or a list beside the catalogs declares.
    async fn dependencies(&self) -> Answer<Vec<Declared>>;
    /// Why there may be dependencies that [`GraphStore::dependencies`] does not list, although
    /// every catalog can be read.
    async fn undeclared(&self) -> Answer<Vec<Text>>;
    /// What falls with what on single nodes, one answer for each of `ends`.
    async fn links(&self, ends: &[Ends]) -> Answer<Vec<Links>>;
    /// Every resource that is no container and falls with these.
    async fn fallen(&self, origins: &[Origin]) -> Answer<Rows<ResourceRef>>;
    /// How a resource on a node comes to fall with another: both ends included, shortest way.
    async fn way(&self, origin: &Origin, falls: &ResourceRef) -> Answer<Vec<ResourceRef>>;
    /// The rows that a query in Cypher finds, of a store that speaks it; the query cannot write.
    async fn query(&self, text: &str) -> Answer<Vec<Row>> {
        let _ = text;
        Err(StoreError("this graph answers no queries in Cypher, which Neo4j does".into()))
    }
}

/// Facts documents.
#[async_trait]
pub trait FactStore: Send + Sync {
    /// Which nodes have a document.
    async fn nodes(&self) -> Answer<Listing>;
    /// The names of all facts that a readable document has, those of structures whole; in any order.
    async fn names(&self) -> Answer<Vec<FactName>>;
    /// The value of a fact, of every readable document that has it.
    async fn values(&self, fact: &FactName) -> Answer<Rows<Value>>;
    /// The whole documents of those nodes that have a readable one: which facts a lookup of data
    /// needs is known only when it is made.
    async fn documents(&self, nodes: &[NodeName]) -> Answer<Rows<Map<String, Value>>> {
        let mut documents: BTreeMap<&NodeName, Map<String, Value>> = BTreeMap::new();
        let wanted: BTreeSet<&NodeName> = nodes.iter().collect();
        for (node, _) in self.nodes().await?.readable {
            if let Some(node) = wanted.get(&node) {
                documents.insert(node, Map::new());
            }
        }
        for name in self.names().await? {
            for (node, value) in self.values(&name).await? {
                if let Some(node) = wanted.get(&node)
                    && let Some(document) = documents.get_mut(node)
                {
                    document.insert(name.as_str().to_owned(), value);
                }
            }
        }
        Ok(documents.into_iter().map(|(node, document)| (node.clone(), document)).collect())
    }
}

/// What nodes say of themselves at intervals.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Which nodes have registered.
    async fn nodes(&self) -> Answer<Listing>;
    /// The names of all facts that a readable registration has, those of structures whole; in any
    /// order.
    async fn names(&self) -> Answer<Vec<FactName>>;
    /// The value of a fact, for every registration that can be read.
    async fn values(&self, fact: &FactName) -> Answer<Rows<Known<Value>>>;
    /// All facts of those nodes whose registration can be read, under the names that they have there.
    async fn documents(&self, nodes: &[NodeName]) -> Answer<Rows<Known<Map<String, Value>>>> {
        let wanted: BTreeSet<&NodeName> = nodes.iter().collect();
        let mut documents: BTreeMap<NodeName, Known<Map<String, Value>>> = BTreeMap::new();
        for name in self.names().await? {
            for (node, value) in self.values(&name).await? {
                if !wanted.contains(&node) {
                    continue;
                }
                let known = documents.entry(node).or_insert_with(|| Known::Present(Map::new()));
                match (known, value) {
                    (Known::Present(document), Known::Present(value)) => {
                        document.insert(name.as_str().to_owned(), value);
                    }
                    (known, Known::Unknown(why)) => *known = Known::Unknown(why),
                    _ => {}
                }
            }
        }
        Ok(documents.into_iter().collect())
    }
    /// The classes that a pattern matches, for every registration that can be read.
    async fn classes(&self, name: &Pattern) -> Answer<Rows<Known<Vec<Text>>>>;
    /// Whether an agent that the pattern matches runs, for every registration that can be read.
    async fn agents(&self, name: &Pattern) -> Answer<Rows<Known<()>>>;
    /// When each node registered last.
    async fn last_seen(&self) -> Answer<Rows<Known<Timestamp>>>;
}

/// Who answers now.
#[async_trait]
pub trait Discovery: Send + Sync {
    /// The nodes of the reply, and of when it is.
    async fn answering(&self) -> Answer<(Vec<NodeName>, Option<Timestamp>)>;
}

/// Actions that were allowed, shared by all who ask whether they may act.
#[async_trait]
pub trait Reservations: Send + Sync {
    /// Those that have not lapsed.
    async fn held(&self, now: Timestamp) -> Answer<Held>;
    /// Adds all of these, unless one was added or released since this version was read; tells
    /// whether it did. An error leaves it open whether they are there: they lapse by themselves.
    async fn reserve(&self, new: &[Reservation], version: u64) -> Answer<bool>;
    /// Takes one away; tells whether it was there and counted still.
    async fn release(&self, id: &str, now: Timestamp) -> Answer<bool>;
}

/// What is looked up for each node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Question {
    /// The key.
    pub key: Text,
    /// How the values of several levels become one.
    pub merging: Merging,
}

/// How the values of several levels become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Merging {
    /// As the data itself asks for; else the highest level's value.
    AsConfigured,
    /// One list of all of them.
    Array,
    /// One hash of all of them.
    Hash,
}

/// What was found for a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The answer.
    pub value: Value,
    /// The levels that it is from, the highest first.
    pub levels: Vec<Text>,
    /// Whether it must not be shown.
    pub is_secret: bool,
}

/// Data about nodes, such as Hiera's.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// The answers for nodes with their facts, in their order. What cannot be told for one of them
    /// is unknown, with the reason.
    async fn answers(
        &self,
        question: &Question,
        nodes: Vec<(NodeName, Map<String, Value>)>,
    ) -> Answer<Vec<Known<Found>>>;
}

/// Checks on the nodes themselves. They cost something there and may do something: what was asked
/// once is not asked again for another policy.
#[async_trait]
pub trait Checks: Send + Sync {
    /// What a check comes to on these nodes and no others, in their order: all are asked at once. Where the
    /// plugin did not run to its end it is not known, and why.
    async fn run(
        &self,
        check: &CheckName,
        nodes: &[NodeName],
    ) -> Answer<Vec<Result<Checked, Text>>>;
    /// The nodes on which checks can be run now; nothing is run there.
    async fn ready(&self) -> Answer<Vec<NodeName>>;
}
