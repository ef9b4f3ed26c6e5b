//! Which alerts are the consequence of something else, by the dependencies of the estate.

use std::sync::Arc;

use groundrule_core::name::NodeName;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Consequences, Place};
use groundrule_pipeline::alerts::{Causes, NoCauses};
use groundrule_pipeline::status::Identity;

use crate::commands::open;
use crate::config::Config;

/// The dependencies of the configured estate, if there is one.
pub async fn of(config: &Config) -> Arc<dyn Causes> {
    if !config.is_directory() {
        tracing::warn!(
            "causes are found in an estate directory only: every alert stands for itself"
        );
        return Arc::new(NoCauses);
    }
    if !config.estate.is_dir() {
        return Arc::new(NoCauses);
    }
    match open::directory(config) {
        Ok(directory) => Arc::new(Dependencies { estate: open::estate(config, &directory).await }),
        Err(failure) => {
            let why = failure.line();
            tracing::warn!(%why, "no dependencies are known: every alert stands for itself");
            Arc::new(NoCauses)
        }
    }
}

/// An estate's dependencies.
struct Dependencies {
    estate: Arc<Estate>,
}

impl Causes for Dependencies {
    fn cause(&self, failed: &[Identity], of: &Identity) -> Option<Vec<String>> {
        let failed: Vec<_> = failed.iter().filter_map(|failed| self.place(failed)).collect();
        let of = self.place(of)?;
        // The estate is in memory: nothing in there waits for anything.
        futures::executor::block_on(async {
            Consequences::of(&self.estate, &failed).await.path(&of).await
        })
    }
}

impl Dependencies {
    /// What an event is about: the resource that its subject or its name names, else the node.
    fn place(&self, identity: &Identity) -> Option<Place> {
        let (node, resource) = match identity.subject.split_once('/') {
            Some((node, resource)) => (node, resource),
            None => (identity.subject.as_str(), identity.name.as_str()),
        };
        let node = NodeName::new(node).ok()?;
        self.estate.id(&node)?;
        Some(Place { node, resource: resource.parse().ok() })
    }
}
