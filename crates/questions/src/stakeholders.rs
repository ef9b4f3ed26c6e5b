//! Whom to tell: owners and contacts of everything that is affected.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::fact::{FactName, text_of};
use groundrule_core::name::NodeName;
use groundrule_core::source::{Known, Source};
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Outage, World};
use serde::Serialize;
use serde_json::Value;

use crate::answer::{Answer, Wrong};
use crate::impact::unknown;
use crate::target::places;

/// Which facts tell who has to do with a machine: texts, or lists of them.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Facts with who owns it.
    pub owners: Vec<String>,
    /// Facts with how they are reached.
    pub contacts: Vec<String>,
}

impl Default for Keys {
    fn default() -> Self {
        Self { owners: vec!["owner".to_owned()], contacts: vec!["contact".to_owned()] }
    }
}

#[derive(Serialize)]
struct Stakeholders {
    of: Vec<NodeName>,
    stakeholders: Vec<Stakeholder>,
    /// Affected nodes that certainly have no fact which tells whom to ask.
    nobody: Vec<NodeName>,
}

#[derive(Serialize)]
struct Stakeholder {
    who: String,
    role: &'static str,
    nodes: Vec<Affected>,
}

#[derive(Clone, Serialize)]
struct Affected {
    node: NodeName,
    why: String,
}

/// Owners and contacts of everything that these nodes take with them, each once, with why.
///
/// # Errors
/// When nobody knows one of them, or a store does not answer.
pub(crate) async fn stakeholders(
    estate: &Arc<Estate>,
    of: &[NodeName],
    keys: &Keys,
) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let begins = places(&world, of)?;
    let outage = Outage::of(&world, &begins).await?;
    let affected = affected(of, &outage).await?;
    let mut unknown = unknown(&world, &outage);
    let mut told: BTreeMap<(&'static str, String), Vec<Affected>> = BTreeMap::new();
    let mut nobody: BTreeSet<&NodeName> = affected.keys().collect();
    for (role, names) in [("owner", &keys.owners), ("contact", &keys.contacts)] {
        for name in names {
            let column = world.fact(&FactName::new(name)).await;
            for (node, why) in &affected {
                let Some(id) = world.find(node).or_else(|| world.estate.id(node)) else {
                    continue;
                };
                match &column.values[id] {
                    Known::Present(value) => {
                        for who in texts(value) {
                            let here = Affected { node: node.clone(), why: why.clone() };
                            told.entry((role, who)).or_default().push(here);
                            nobody.remove(node);
                        }
                    }
                    Known::Absent => {}
                    Known::Unknown(why) => {
                        unknown.push(world.unknown(id, Source::Facts, why));
                        nobody.remove(node);
                    }
                }
            }
        }
    }
    let stakeholders = Stakeholders {
        of: of.to_vec(),
        nobody: nobody.into_iter().cloned().collect(),
        stakeholders: told
            .into_iter()
            .map(|((role, who), nodes)| Stakeholder { who, role, nodes })
            .collect(),
    };
    let text = text(&stakeholders);
    Ok(Answer::new(&stakeholders, &text, unknown))
}

/// Affected nodes, each with why.
async fn affected(of: &[NodeName], outage: &Outage) -> Result<BTreeMap<NodeName, String>, Wrong> {
    let mut affected = BTreeMap::new();
    for node in of {
        affected.insert(node.clone(), "it is what this is about".to_owned());
    }
    for fallen in outage.fallen().await? {
        if let Some(with) = fallen.with {
            let why = outage.path(with).join(", and ");
            affected.entry(fallen.node).or_insert(why);
        }
    }
    for id in &outage.unmet.certain {
        let why = outage.path(*id).join(", and ");
        affected.entry(outage.declared(*id).node.clone()).or_insert(why);
    }
    Ok(affected)
}

fn texts(value: &Value) -> Vec<String> {
    let all = match value {
        Value::Array(all) => all.as_slice(),
        one => std::slice::from_ref(one),
    };
    let told = all.iter().filter(|one| !one.is_null());
    let mut texts: Vec<_> = told.map(|one| text_of(one).trim().to_owned()).collect();
    texts.retain(|text| !text.is_empty());
    texts.sort_unstable();
    texts.dedup();
    texts
}

fn text(of: &Stakeholders) -> String {
    let mut text = String::new();
    for Stakeholder { who, role, nodes } in &of.stakeholders {
        let _ = writeln!(text, "{who} ({role})");
        for Affected { node, why } in nodes {
            let _ = writeln!(text, "  {node}: {why}");
        }
    }
    if !of.nobody.is_empty() {
        let names: Vec<_> = of.nobody.iter().map(NodeName::as_str).collect();
        let _ = writeln!(text, "\nno fact tells whom to ask about {}", names.join(", "));
    }
    text
}
