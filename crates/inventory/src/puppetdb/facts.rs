//! Facts by name.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::fact::FactName;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, FactStore, Rows};
use groundrule_core::source::Listing;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::sync::OnceCell;

use super::client::Client;
use super::nodes::{Node, nodes};
use crate::Options;

/// A fact of a node.
#[derive(Deserialize)]
struct Fact {
    certname: String,
    name: String,
    value: Value,
}

/// The facts of a PuppetDB.
pub(super) struct Facts {
    client: Arc<Client>,
    reading: Options,
    nodes: OnceCell<Vec<Node>>,
}

impl Facts {
    pub fn new(client: Arc<Client>, reading: Options) -> Self {
        Self { client, reading, nodes: OnceCell::new() }
    }

    /// The nodes that have facts, as they were when this was first asked.
    async fn known(&self) -> Answer<impl Iterator<Item = &Node>> {
        let nodes = self.nodes.get_or_try_init(|| nodes(&self.client)).await?;
        Ok(nodes.iter().filter(|node| node.facts.is_some()))
    }
}

#[async_trait]
impl FactStore for Facts {
    async fn nodes(&self) -> Answer<Listing> {
        let known = self.known().await?;
        let readable = known.map(|node| (node.name.clone(), node.facts)).collect();
        Ok(Listing { readable, ..Listing::default() })
    }

    async fn names(&self) -> Answer<Vec<FactName>> {
        let names: Vec<String> = self.client.all("fact-names", None, &["name"], 10_000).await?;
        let told = names.iter().filter(|name| !self.reading.redaction.covers(name));
        Ok(told.map(|name| FactName::new(name)).collect())
    }

    async fn values(&self, fact: &FactName) -> Answer<Rows<Value>> {
        let mut by_node: HashMap<NodeName, Map<String, Value>> =
            self.known().await?.map(|node| (node.name.clone(), Map::new())).collect();
        let query = named(fact);
        let order = ["certname", "name"];
        let found: Vec<Fact> = self.client.all("facts", query.as_ref(), &order, 10_000).await?;
        for Fact { certname, name, value } in found {
            let facts = NodeName::new(&certname).ok().and_then(|node| by_node.get_mut(&node));
            if let Some(facts) = facts {
                facts.insert(name, value);
            }
        }
        let mut rows = Vec::new();
        for (node, mut facts) in by_node {
            self.reading.redaction.strip(&mut facts);
            rows.extend(fact.find(&facts).map(|value| (node, value.clone())));
        }
        rows.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Ok(rows)
    }
}

/// Facts of this name or its first piece, in any case; all where the case of its letters is not the
/// same everywhere.
fn named(fact: &FactName) -> Option<Value> {
    let whole = fact.as_str();
    let first = whole.split('.').next().unwrap_or_default();
    let names = format!("(?i)^({}|{})$", regex::escape(whole), regex::escape(first));
    whole.is_ascii().then(|| json!(["~", "name", names]))
}
