//! What `doctor` asks.

use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::ports::Answer;
use serde_json::Value;

use super::client::Client;
use crate::source::{Health, Remark};

/// The server.
pub(super) struct Server(pub Arc<Client>);

#[async_trait]
impl Health for Server {
    async fn identity(&self) -> Answer<String> {
        let told = self.0.get("pdb/meta/v1/version").await?;
        let told: Value = serde_json::from_slice(&told).unwrap_or_default();
        let version = told.get("version").and_then(Value::as_str);
        Ok(format!("PuppetDB {}", version.unwrap_or("of an unknown version")))
    }

    async fn remarks(&self) -> Answer<Vec<Remark>> {
        Ok(Vec::new())
    }
}
