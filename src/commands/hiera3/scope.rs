//! Where the variables of a lookup come from.

use std::path::Path;
use std::sync::Arc;

use groundrule_core::name::NodeName;
use groundrule_core::source::Source;
use groundrule_engine::estate::Estate;
use groundrule_lookup::Fault;
use groundrule_lookup::data::{Limits, Map, Value, file, json, yaml};
use groundrule_lookup::hiera3::Scope;

use super::{Failure, failure};
use crate::cli::Global;
use crate::commands::open;
use crate::config::Config;
use crate::context::Context;
use crate::node_facts;

/// Most bytes of a file of facts.
const FACTS: u64 = 32 << 20;

/// The variables of a file: JSON, YAML, or a node's facts as Puppet keeps them.
pub fn of_file(path: &Path, is_json: bool) -> Result<Scope, Failure> {
    read(path, is_json).map_err(|fault| failure(&fault.of(path)))
}

/// The same of a file whose name tells which it is.
pub fn of_named_file(path: &Path) -> Result<Scope, Failure> {
    of_file(path, path.extension().is_some_and(|extension| extension == "json"))
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

/// The facts of a node of the estate; of what the redaction list covers nothing was read.
pub fn of_node(context: &Context, global: &Global, name: &str) -> Result<Scope, Failure> {
    let config = Config::load(context, global)?;
    let facts = node_facts(&config, name)?;
    Ok(of_facts(facts).without(Arc::new(config.trust.redaction)))
}

/// The facts of a node of the configured sources.
pub fn node_facts(
    config: &Config,
    name: &str,
) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
    let node =
        NodeName::new(name).map_err(|error| Failure::new(error.to_string(), "name a machine"))?;
    open::runtime()?.block_on(async {
        // Discovery and catalogs know nothing of facts: that they are away is no matter.
        let mut trust = config.trust.clone();
        trust.expected.retain(|source| matches!(source, Source::Facts | Source::Registrations));
        let sources = open::facts(config).await?.sources;
        let estate = Arc::new(Estate::open(sources, trust).await);
        node_facts::of_node(&estate, &node).await.map_err(|lacking| lacking.failure(&node))
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
