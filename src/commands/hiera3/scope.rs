//! Where the variables of a lookup come from.

use std::path::Path;

use groundrule_core::name::NodeName;
use groundrule_lookup::Fault;
use groundrule_lookup::data::{Limits, Map, Value, file, json, yaml};
use groundrule_lookup::hiera3::Scope;

use super::{Failure, failure};
use crate::cli::Global;
use crate::commands::open;
use crate::config::Config;
use crate::context::Context;
use crate::nearest::nearest;

/// Most bytes of a file of facts.
const FACTS: u64 = 32 << 20;

/// The variables of a file: JSON, YAML, or a node's facts as Puppet keeps them.
pub fn of_file(path: &Path, is_json: bool) -> Result<Scope, Failure> {
    read(path, is_json).map_err(|fault| failure(&fault.of(path)))
}

fn read(path: &Path, is_json: bool) -> Result<Scope, Fault> {
    let missing = || Fault::new("there is no such file", "name a file of facts");
    let (text, _) = file::read(path, FACTS)?.ok_or_else(missing)?;
    let options = yaml::Options {
        objects: yaml::Objects::Hash,
        times: yaml::Times::Keep,
        ..yaml::Options::default()
    };
    let document =
        if is_json { json::read(&text, &Limits::default())? } else { yaml::read(&text, &options)? };
    let no_hash = || {
        Fault::new(
            format!("it holds {} instead of a hash", document.root.kind_in_words()),
            "name a file of facts",
        )
        .at(1, 1)
    };
    let map = document.root.as_hash().ok_or_else(no_hash)?;
    let is_puppets = text.contains("!ruby/object:Puppet::Node::Facts");
    let values = map.get("values").and_then(Value::as_hash).filter(|_| is_puppets);
    Ok(Scope::new(values.unwrap_or(map).clone()))
}

/// The facts of a node of the estate.
pub fn of_node(context: &Context, global: &Global, name: &str) -> Result<Scope, Failure> {
    let config = Config::load(context, global)?;
    let node =
        NodeName::new(name).map_err(|error| Failure::new(error.to_string(), "name a machine"))?;
    let sources = open::directory(&config)?.sources();
    let facts =
        sources.facts.ok_or_else(|| Failure::new("the estate has no facts", "add facts/ to it"))?;
    let unanswered = |error: groundrule_core::ports::StoreError| {
        Failure::new(error.to_string(), "see to it that the facts can be read")
    };
    open::runtime()?.block_on(async {
        let documents = facts.documents(std::slice::from_ref(&node)).await.map_err(unanswered)?;
        if let Some((_, document)) = documents.into_iter().next() {
            return Ok(of_facts(document));
        }
        let listing = facts.nodes().await.map_err(unanswered)?;
        if let Some((_, why)) = listing.unreadable.iter().find(|(other, _)| *other == node) {
            return Err(Failure::new(
                format!("the facts of {node} cannot be read: {why}"),
                "correct the file",
            ));
        }
        let names = listing.readable.iter().map(|(node, _)| node.as_str());
        let help = nearest(names, node.as_str()).map_or_else(
            || "see `groundrule estate nodes` for those that have some".to_owned(),
            |near| format!("did you mean {near}?"),
        );
        Err(Failure::new(format!("there are no facts of {node}"), help))
    })
}

/// Facts as variables.
pub fn of_facts(facts: serde_json::Map<String, serde_json::Value>) -> Scope {
    facts
        .into_iter()
        .map(|(name, value)| (Value::from(name), Value::from(value)))
        .collect::<Map>()
        .into_iter()
        .collect()
}

/// A word of the form `variable=value`.
pub fn assignment(word: &str) -> Option<(&str, &str)> {
    let at = word.char_indices().skip(1).find(|(_, c)| *c == '=')?.0;
    let value = &word[at + 1..];
    (!value.is_empty()).then_some((&word[..at], value))
}
