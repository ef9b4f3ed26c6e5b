//! Results of checks that a test tells.

use std::path::Path;
use std::sync::Mutex;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::check::{CheckName, Checked};
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Checks, StoreError};
use serde_json::Value;

/// A file has them: `{"CHECK": {"NODE": [code, output]}}`, where a text stands for why there is none. It
/// notes what it is asked for.
pub struct Told {
    results: Value,
    calls: Mutex<Vec<String>>,
}

impl Told {
    /// None where there is no such file.
    pub fn of(file: &Path) -> Option<Self> {
        let text = std::fs::read_to_string(file).ok()?;
        Some(Self { results: serde_json::from_str(&text).unwrap(), calls: Mutex::default() })
    }

    /// What it was asked for.
    pub fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Checks for Told {
    async fn run(
        &self,
        check: &CheckName,
        nodes: &[NodeName],
    ) -> Answer<Vec<Result<Checked, Text>>> {
        let names: Vec<_> = nodes.iter().map(NodeName::as_str).collect();
        self.calls.lock().unwrap().push(format!("{check}: {}", names.join(" ")));
        // Others may ask meanwhile.
        tokio::task::yield_now().await;
        if check.as_str() == "away" {
            return Err(StoreError("mco took too long".into()));
        }
        let of_node = |node: &NodeName| match &self.results[check.as_str()][node.as_str()] {
            Value::Array(told) => {
                Ok(Checked::new(told[0].as_i64().unwrap(), told[1].as_str().unwrap()))
            }
            Value::String(why) => Err(why.as_str().into()),
            _ => Err("it did not answer".into()),
        };
        Ok(nodes.iter().map(of_node).collect())
    }

    async fn ready(&self) -> Answer<Vec<NodeName>> {
        Ok(Vec::new())
    }
}
