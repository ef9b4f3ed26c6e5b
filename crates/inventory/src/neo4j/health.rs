//! What `doctor` asks a server.

use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::ports::Answer;

use super::client::Client;
use super::schema::NAMES;
use crate::source::{Health, Remark};

/// A server that is looked at.
pub struct Server(Arc<Client>);

impl Server {
    /// Looks through this client.
    pub fn new(client: Arc<Client>) -> Self {
        Self(client)
    }
}

#[async_trait]
impl Health for Server {
    async fn identity(&self) -> Answer<String> {
        let text = "CALL dbms.components() YIELD name, versions, edition
WHERE name = 'Neo4j Kernel' RETURN [versions[0], edition] AS row";
        let rows = self.0.ask(text, Vec::new()).await?;
        let told = rows.first().and_then(|row| Some((row.maybe_text(0)?, row.maybe_text(1)?)));
        let (version, edition) = told.unwrap_or(("of an unknown version", "unknown edition"));
        Ok(format!("Neo4j {version} ({edition}) at {}", self.0.shown()))
    }

    async fn remarks(&self) -> Answer<Vec<Remark>> {
        let mut remarks = Vec::new();
        let text = "SHOW INDEXES YIELD name, state WHERE state = 'ONLINE' RETURN [name] AS row";
        let rows = self.0.ask(text, Vec::new()).await?;
        let there: Vec<_> = rows.iter().filter_map(|row| row.maybe_text(0)).collect();
        let missing: Vec<_> = NAMES.iter().filter(|name| !there.contains(name)).copied().collect();
        if !missing.is_empty() {
            remarks.push(Remark {
                what: format!(
                    "indexes are missing, so that questions take long: {}",
                    missing.join(", ")
                ),
                help: "groundrule load makes them".to_owned(),
                undecides: false,
            });
        }
        Ok(remarks)
    }

    fn questions(&self) -> usize {
        self.0.questions()
    }
}
