//! What checks have come to on nodes: each is run once on a node, however many policies ask for it
//! and in how many worlds.
//!
//! That there was no answer is kept, too: asked again a node may have another one, and what two
//! policies, or the two worlds of a gate, are told must be the same.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use fixedbitset::FixedBitSet;
use groundrule_core::Text;
use groundrule_core::check::{CheckName, Checked};
use groundrule_core::ports::{Checks, StoreError};

use super::{Estate, NodeId};

/// What a check came to, or why that is not known.
pub type Result = std::result::Result<Checked, Text>;

/// One check on all nodes where it was run; whoever asks waits for who asks already.
type OnNodes = Arc<futures::lock::Mutex<BTreeMap<NodeId, Result>>>;

/// Results by check.
#[derive(Default)]
pub struct Results(Mutex<HashMap<CheckName, OnNodes>>);

impl Estate {
    /// What a check comes to on these nodes, in their order: it is run where it was not run before.
    pub(crate) async fn checked(
        &self,
        store: &dyn Checks,
        check: &CheckName,
        nodes: &FixedBitSet,
    ) -> Vec<(NodeId, Result)> {
        let of_check = {
            let mut all = self.checks.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(check.clone()).or_default())
        };
        let mut results = of_check.lock().await;
        let new: Vec<_> = nodes.ones().filter(|node| !results.contains_key(node)).collect();
        if !new.is_empty() {
            let names: Vec<_> = new.iter().map(|node| self.names[*node].clone()).collect();
            match store.run(check, &names).await {
                Ok(answers) => results.extend(new.into_iter().zip(answers)),
                Err(StoreError(why)) => {
                    results.extend(new.into_iter().map(|node| (node, Err(Arc::clone(&why)))));
                }
            }
        }
        let of_node = |node| Some((node, results.get(&node)?.clone()));
        nodes.ones().filter_map(of_node).collect()
    }
}
