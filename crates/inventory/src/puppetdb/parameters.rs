//! Parameters, looked up when they are asked for.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use groundrule_core::source::Known;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::Client;
use crate::store::{Parameters, Wanted};

/// Asks a server.
pub(super) struct Asked(pub Arc<Client>);

/// A resource on a node.
#[derive(Deserialize)]
struct Resource {
    certname: String,
    #[serde(default)]
    parameters: Map<String, Value>,
}

#[async_trait]
impl Parameters for Asked {
    /// One request for each title, whatever the number of nodes.
    async fn look_up(&self, wanted: &[Wanted], parameter: &str) -> Answer<Vec<Known<Value>>> {
        let mut titles: HashMap<&str, HashMap<NodeName, Known<Value>>> = HashMap::new();
        for resource in wanted {
            titles.entry(resource.resource.as_str()).or_default();
        }
        for (reference, found) in &mut titles {
            let (of_type, title) = reference.split_once('[').unwrap_or((reference, ""));
            let title = title.strip_suffix(']').unwrap_or(title);
            let query = json!(["and", ["=", "type", of_type], ["=", "title", title]]);
            let rows: Vec<Resource> =
                self.0.all("resources", Some(&query), &["certname"], 5_000).await?;
            for mut row in rows {
                let Ok(node) = NodeName::new(&row.certname) else { continue };
                let value = match row.parameters.remove(parameter) {
                    None | Some(Value::Null) => Known::Absent,
                    Some(value) => Known::Present(value),
                };
                found.insert(node, value);
            }
        }
        let value = |wanted: &Wanted| {
            let found = titles.get(wanted.resource.as_str()).and_then(|of| of.get(&wanted.node));
            // It was there when the catalogs were read.
            found.cloned().unwrap_or_else(|| {
                Known::Unknown("its catalog changed while it was being judged".into())
            })
        };
        Ok(wanted.iter().map(value).collect())
    }
}
