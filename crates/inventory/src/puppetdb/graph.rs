//! Catalogs.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::dependency::Declared;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{Answer, Ends, GraphStore, Links, Origin, ResourceQuery, Rows};
use groundrule_core::source::{Known, Listing, Source};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::sync::OnceCell;

use super::client::Client;
use super::nodes::nodes;
use super::parameters::Asked;
use crate::store::Assembly;
use crate::{Estate, Options};

/// Catalogs are large: so many are asked for at a time.
const PAGE: usize = 50;

/// The catalogs of a PuppetDB.
pub(super) struct Graph {
    client: Arc<Client>,
    reading: Options,
    read: OnceCell<Arc<dyn GraphStore>>,
}

/// Whose catalog it is.
#[derive(Deserialize)]
struct Owner {
    certname: String,
}

impl Graph {
    pub fn new(client: Arc<Client>, reading: Options) -> Self {
        Self { client, reading, read: OnceCell::new() }
    }

    /// All catalogs, as they were when this was first asked.
    async fn catalogs(&self) -> Answer<&Arc<dyn GraphStore>> {
        self.read
            .get_or_try_init(|| async {
                let estate = Arc::new(self.read().await?);
                estate.sources().graph.ok_or_else(|| self.client.failed("it has no catalogs"))
            })
            .await
    }

    async fn read(&self) -> Answer<Estate> {
        let nodes = nodes(&self.client).await?;
        let due = nodes.into_iter().filter_map(|node| Some((node.name, node.catalog?)));
        let mut due: BTreeMap<NodeName, Timestamp> = due.collect();
        let mut assembly = Assembly::new(&self.reading);
        assembly.there(Source::Catalogs);
        let take = |catalogs: Vec<Box<RawValue>>| {
            for catalog in catalogs {
                let text = catalog.get();
                let owner: Result<Owner, _> = serde_json::from_str(text);
                let name = owner.ok().and_then(|owner| NodeName::new(&owner.certname).ok());
                // One of a node that is gone.
                let Some((node, at)) = name.and_then(|name| due.remove_entry(&name)) else {
                    continue;
                };
                assembly.document(format!("catalogs/{node}.json"), at.as_second(), Ok(text));
            }
        };
        self.client.pages("catalogs", None, &["certname"], PAGE, take).await?;
        for node in due.into_keys() {
            let why = "its catalog went away while it was being read".to_owned();
            assembly.doubt(Source::Catalogs, node, why);
        }
        let parameters = Arc::new(Asked(Arc::clone(&self.client)));
        Ok(assembly.finish(Path::new("puppetdb"), parameters))
    }
}

#[async_trait]
impl GraphStore for Graph {
    async fn nodes(&self) -> Answer<Listing> {
        self.catalogs().await?.nodes().await
    }

    async fn environments(&self) -> Answer<Rows<Text>> {
        self.catalogs().await?.environments().await
    }

    async fn classes(&self, name: &Pattern) -> Answer<Rows<Vec<Text>>> {
        self.catalogs().await?.classes(name).await
    }

    async fn resources(&self, query: &ResourceQuery) -> Answer<Rows<ResourceRef>> {
        self.catalogs().await?.resources(query).await
    }

    async fn parameters(
        &self,
        resource: &ResourceRef,
        parameter: &str,
        nodes: &[NodeName],
    ) -> Answer<Rows<Known<Value>>> {
        self.catalogs().await?.parameters(resource, parameter, nodes).await
    }

    async fn dependencies(&self) -> Answer<Vec<Declared>> {
        self.catalogs().await?.dependencies().await
    }

    async fn undeclared(&self) -> Answer<Vec<Text>> {
        self.catalogs().await?.undeclared().await
    }

    async fn links(&self, ends: &[Ends]) -> Answer<Vec<Links>> {
        self.catalogs().await?.links(ends).await
    }

    async fn fallen(&self, origins: &[Origin]) -> Answer<Rows<ResourceRef>> {
        self.catalogs().await?.fallen(origins).await
    }

    async fn way(&self, origin: &Origin, falls: &ResourceRef) -> Answer<Vec<ResourceRef>> {
        self.catalogs().await?.way(origin, falls).await
    }
}
