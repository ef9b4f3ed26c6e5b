//! The nodes that PuppetDB knows.

use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use jiff::Timestamp;
use serde::Deserialize;

use super::client::Client;

/// A node as PuppetDB tells it.
#[derive(Deserialize)]
struct Told {
    certname: String,
    deactivated: Option<String>,
    expired: Option<String>,
    catalog_timestamp: Option<Timestamp>,
    facts_timestamp: Option<Timestamp>,
}

/// A node that is not gone.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub name: NodeName,
    /// Of when its catalog is, if it has one.
    pub catalog: Option<Timestamp>,
    /// Of when its facts are, if it has some.
    pub facts: Option<Timestamp>,
}

/// The nodes that are not gone, by name. Nodes of which only reports are known have neither catalog
/// nor facts.
pub(super) async fn nodes(client: &Client) -> Answer<Vec<Node>> {
    let told: Vec<Told> = client.all("nodes", None, &["certname"], 5_000).await?;
    let here = told.into_iter().filter(|told| told.deactivated.is_none() && told.expired.is_none());
    here.map(|told| {
        let name = NodeName::new(&told.certname)
            .map_err(|error| client.failed(&format!("it knows a node that is none: {error}")))?;
        Ok(Node { name, catalog: told.catalog_timestamp, facts: told.facts_timestamp })
    })
    .collect()
}
