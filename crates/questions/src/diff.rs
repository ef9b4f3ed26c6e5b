//! What came and what went between two estates.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::fact::{FactName, inside};
use groundrule_core::name::NodeName;
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::ResourceQuery;
use groundrule_core::source::Known;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Dependencies, World};
use serde::Serialize;
use serde_json::Value;

use crate::answer::{Answer, Wrong};

#[derive(Serialize)]
struct Diff {
    nodes: Changes<NodeName>,
    resources: Changes<String>,
    dependencies: Changes<String>,
    facts: Changes<Fact>,
}

#[derive(Serialize)]
struct Changes<T> {
    came: Vec<T>,
    went: Vec<T>,
}

#[derive(PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Fact {
    node: NodeName,
    fact: String,
    value: String,
}

/// Nodes, resources, dependencies and facts that the second estate has and the first has not, and
/// the other way round. A fact with another value has gone and come. Of nodes that are in one
/// estate only, resources, dependencies and facts are told too.
///
/// # Errors
/// When a store does not answer.
pub async fn diff(a: &Arc<Estate>, b: &Arc<Estate>) -> Result<Answer, Wrong> {
    let (a, b) = (Content::of(a).await?, Content::of(b).await?);
    let diff = Diff {
        nodes: Changes::of(a.nodes, b.nodes),
        resources: Changes::of(a.resources, b.resources),
        dependencies: Changes::of(a.dependencies, b.dependencies),
        facts: Changes::of(a.facts, b.facts),
    };
    let unknown = [a.unknown, b.unknown].concat();
    let text = text(&diff);
    Ok(Answer::new(&diff, &text, unknown))
}

impl<T: Ord> Changes<T> {
    fn of(mut a: BTreeSet<T>, mut b: BTreeSet<T>) -> Self {
        let mut common = BTreeSet::new();
        std::mem::swap(&mut common, &mut a);
        let mut went = Vec::new();
        for one in common {
            if !b.remove(&one) {
                went.push(one);
            }
        }
        Self { came: b.into_iter().collect(), went }
    }
}

struct Content {
    nodes: BTreeSet<NodeName>,
    resources: BTreeSet<String>,
    dependencies: BTreeSet<String>,
    facts: BTreeSet<Fact>,
    unknown: Vec<groundrule_core::source::Unknown>,
}

impl Content {
    async fn of(estate: &Arc<Estate>) -> Result<Self, Wrong> {
        let world = World::today(Arc::clone(estate));
        let mut unknown = estate.unknown_nodes().to_vec();
        let graph = Dependencies::of(&world).await;
        unknown.extend(graph.hidden_in(&world));
        let dependencies = graph.all.iter().map(|dependency| dependency.declared.identity());
        let mut resources = BTreeSet::new();
        if let Some(store) = &estate.sources.graph {
            let any = Pattern::parse("/./")
                .map_err(|error| Wrong::new(error.to_string(), "this is a bug"))?;
            for (node, resource) in store.resources(&ResourceQuery::OfType(any)).await? {
                resources.insert(format!("{node}/{resource}"));
            }
        }
        let mut names = BTreeMap::new();
        if let Some(store) = &estate.sources.facts {
            let all = store.names().await?;
            names.extend(all.into_iter().map(|name| (name.as_str().to_lowercase(), name)));
        }
        if let Some(store) = &estate.sources.registry {
            let all = store.names().await?;
            names.extend(all.into_iter().map(|name| (name.as_str().to_lowercase(), name)));
        }
        let mut facts = BTreeSet::new();
        for name in names.values() {
            let column = world.fact(name).await;
            let structure = match name.as_str().split_once('.') {
                Some((first, path)) => Some((world.fact(&FactName::new(first)).await, path)),
                None => None,
            };
            for (node, value) in column.values.iter().enumerate() {
                // What a structure says under this name is told with the structure.
                if let Some((structure, path)) = &structure
                    && let (Known::Present(all), Known::Present(value)) =
                        (&structure.values[node], value)
                    && inside(all, path) == Some(value)
                {
                    continue;
                }
                match value {
                    Known::Present(value) => _ = facts.insert(fact(world.name(node), name, value)),
                    Known::Absent => {}
                    Known::Unknown(why) => unknown.push(world.unknown(node, column.source, why)),
                }
            }
        }
        Ok(Self {
            nodes: world.nodes().ones().map(|node| world.name(node).clone()).collect(),
            resources,
            dependencies: dependencies.collect(),
            facts,
            unknown,
        })
    }
}

/// However its name and the keys of a structure were written.
fn fact(node: &NodeName, name: &FactName, value: &Value) -> Fact {
    let mut value = value.clone();
    value.sort_all_objects();
    Fact { node: node.clone(), fact: name.as_str().to_lowercase(), value: value.to_string() }
}

fn text(diff: &Diff) -> String {
    let mut text = String::new();
    let mut tell = |title: &str, came: Vec<String>, went: Vec<String>| {
        if came.is_empty() && went.is_empty() {
            return;
        }
        let _ = writeln!(text, "{title}:");
        went.iter().for_each(|one| _ = writeln!(text, "  - {one}"));
        came.iter().for_each(|one| _ = writeln!(text, "  + {one}"));
    };
    let names = |all: &[NodeName]| all.iter().map(ToString::to_string).collect();
    tell("nodes", names(&diff.nodes.came), names(&diff.nodes.went));
    tell("resources", diff.resources.came.clone(), diff.resources.went.clone());
    tell("dependencies", diff.dependencies.came.clone(), diff.dependencies.went.clone());
    let facts = |all: &[Fact]| {
        let line = |fact: &Fact| format!("{} {} = {}", fact.node, fact.fact, fact.value);
        all.iter().map(line).collect()
    };
    tell("facts", facts(&diff.facts.came), facts(&diff.facts.went));
    if text.is_empty() {
        text.push_str("nothing is different\n");
    }
    text
}
