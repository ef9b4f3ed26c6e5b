//! Whom to tell.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::impact::impact;
use crate::judge::world::{Fact, World};
use crate::model::Estate;
use crate::values;

/// Whom to tell of what.
#[derive(Debug, Default)]
pub struct Stakeholders {
    /// By fact and what it says: the nodes.
    pub who: BTreeMap<(String, String), BTreeSet<String>>,
    /// Affected nodes whose facts are known, and none of these says anything.
    pub nobody: BTreeSet<String>,
}

/// What these facts say of these nodes, and of all that something falls on or is missed on.
pub fn stakeholders(estate: &Estate, of: &[String], facts: &[&str]) -> Stakeholders {
    let world = World::today(estate);
    let hit = impact(estate, of, None);
    let mut affected: BTreeSet<String> = of.iter().cloned().collect();
    affected.extend(hit.fallen.into_iter().map(|(node, _)| node));
    affected.extend(hit.unmet.into_iter().map(|one| one.node));
    let mut told = Stakeholders::default();
    for node in affected {
        let mut silent = true;
        for fact in facts {
            match world.fact(&node, fact) {
                Fact::Absent => {}
                Fact::Unknown => silent = false,
                Fact::Is(value) => {
                    for who in texts(value) {
                        let key = ((*fact).to_string(), who);
                        told.who.entry(key).or_default().insert(node.clone());
                        silent = false;
                    }
                }
            }
        }
        if silent {
            told.nobody.insert(node);
        }
    }
    told
}

/// A text, or a list of them. A null says nothing, as everywhere.
fn texts(value: &Value) -> BTreeSet<String> {
    let all = match value {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let said = all.iter().filter(|one| !one.is_null()).map(|one| values::text(one).trim().into());
    said.filter(|text: &String| !text.is_empty()).collect()
}
