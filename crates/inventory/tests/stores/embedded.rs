//! The embedded store, which is the reference.

use std::sync::Arc;

use groundrule_core::ports::Sources;
use groundrule_inventory::{Estate, Options};
use serde_json::json;

use crate::contract;

fn sources() -> Sources {
    let root = tempfile::tempdir().unwrap();
    for folder in ["facts", "registrations"] {
        std::fs::create_dir(root.path().join(folder)).unwrap();
    }
    for (node, at, facts) in contract::facts() {
        let document = json!({"name": node, "timestamp": at, "values": facts});
        let file = root.path().join(format!("facts/{node}.json"));
        std::fs::write(file, document.to_string()).unwrap();
    }
    for document in contract::registrations() {
        let node = document["fqdn"].as_str().unwrap();
        let file = root.path().join(format!("registrations/{node}.json"));
        std::fs::write(file, document.to_string()).unwrap();
    }
    Arc::new(Estate::open(root.path(), &Options::default()).unwrap()).sources()
}

#[tokio::test]
async fn contract() {
    let sources = sources();
    contract::check_facts(sources.facts.unwrap()).await;
    contract::check_registry(sources.registry.unwrap()).await;
}
