//! `groundrule lookup`: Hiera 5.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use groundrule_core::plain;
use groundrule_core::redaction::Redaction;
use groundrule_lookup::Fault;
use groundrule_lookup::data::{Limits, Map, Value, file, json, yaml};
use groundrule_lookup::hiera5::types::parse;
use groundrule_lookup::hiera5::{Hiera5, Key, Layout, Merge, Outcome, Request, Scope, in_words};
use groundrule_lookup::render;

use super::Ended;
use crate::cli::{Global, Lookup, MergeName, Rendering};
use crate::commands::hiera3::scope;
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// Where environments, the global `hiera.yaml` and shared modules are: Puppet's own places, then
/// Debian's.
const ENVIRONMENTS: [&str; 2] =
    ["/etc/puppetlabs/code/environments", "/etc/puppet/code/environments"];
const GLOBAL: [&str; 2] = ["/etc/puppetlabs/puppet/hiera.yaml", "/etc/puppet/hiera.yaml"];
const MODULES: [&str; 3] =
    ["/etc/puppetlabs/code/modules", "/opt/puppetlabs/puppet/modules", "/etc/puppet/code/modules"];

/// Looks keys up; exits with 1 where there is no data for any of them, or it fails.
pub fn look(context: &Context, global: &Global, what: &Lookup) -> Result<Ended, Failure> {
    let color = context.color(global.color, context.stderr_is_terminal);
    match answer(context, global, what, color) {
        Ok(outcome) => tell(what, outcome, color),
        Err(failure) => {
            failure.show(color);
            Ok(Exit::Violated.into())
        }
    }
}

fn answer(
    context: &Context,
    global: &Global,
    what: &Lookup,
    color: bool,
) -> Result<Outcome, Failure> {
    let of = |fault: Fault| Failure::of(&fault);
    let request = request(what)?;
    let keys: Vec<Key> =
        what.keys.iter().map(|key| Key::read(key)).collect::<Result<_, _>>().map_err(of)?;
    let (global, file) = global.facts_file();
    let (facts, hidden) = match (&file, &what.node) {
        (Some(path), _) => (facts(path).map_err(of)?, None),
        (None, Some(node)) => facts_of_node(context, &global, node, color)?,
        (None, None) => (Map::default(), None),
    };
    let named = |name: &str| facts.get(name).and_then(Value::as_str).map(str::to_owned);
    let node = what.node.clone().or_else(|| named("clientcert")).or_else(|| named("fqdn"));
    let node = node.ok_or_else(|| Failure::new("for whom is not said", "name a node: --node"))?;
    let hiera = Hiera5::new(layout(what).map_err(of)?);
    let mut scope = Scope::of_node(&node, &what.environment, &facts);
    if let Some(hidden) = hidden {
        scope = scope.without(Arc::new(hidden));
    }
    let session = hiera.session(scope, Instant::now()).map_err(of)?;
    if what.explain_options {
        let module = what.keys.first().and_then(|key| key.split_once("::")).map(|(name, _)| name);
        return Ok(session.explain_options(module));
    }
    Ok(session.lookup(&keys, &request))
}

/// The facts of a node of the configured sources, and what was never read of them. Where nothing is
/// configured there are none, and that is told: levels may be missing.
fn facts_of_node(
    context: &Context,
    global: &Global,
    node: &str,
    color: bool,
) -> Result<(Map, Option<Redaction>), Failure> {
    let config = Config::load(context, global)?;
    if config.has_no_estate() {
        let what = format!("no facts of {node} are known: no estate and no --facts are named");
        Failure::warn(&what, color);
        return Ok((Map::default(), None));
    }
    let facts = Value::from(serde_json::Value::Object(scope::node_facts(&config, node)?));
    Ok((facts.as_hash().cloned().unwrap_or_default(), Some(config.trust.redaction)))
}

fn layout(what: &Lookup) -> Result<Layout, Fault> {
    let split = |list: &String| list.split(':').map(PathBuf::from).collect::<Vec<_>>();
    let there = |all: &[&str]| -> Vec<PathBuf> {
        all.iter().map(PathBuf::from).filter(|path| path.exists()).collect()
    };
    let path = what.environmentpath.as_ref().map_or_else(|| there(&ENVIRONMENTS), split);
    let base = what.basemodulepath.as_ref().map_or_else(|| there(&MODULES), split);
    let global = match &what.hiera_config {
        Some(path) if !path.is_file() => {
            return Err(Fault::new("there is no such file", "name another --hiera-config").of(path));
        }
        Some(path) => Some(path.clone()),
        None => there(&GLOBAL).into_iter().next(),
    };
    Layout::of_environment(&what.environment, &path, &base, global)
}

fn facts(path: &std::path::Path) -> Result<Map, Fault> {
    let limits = Limits::default();
    let Some((text, _)) = file::read(path, limits.bytes)? else {
        return Err(Fault::new("there is no such file of facts", "name another one").of(path));
    };
    let is_json = path.extension().is_some_and(|extension| extension == "json");
    let options = yaml::Options { limits, times: yaml::Times::Keep, objects: yaml::Objects::Hash };
    let read = if is_json { json::read(&text, &limits) } else { yaml::read(&text, &options) };
    let document = read.map_err(|fault| fault.of(path))?;
    let root = document.hash().map_err(|fault| fault.of(path))?.cloned().unwrap_or_default();
    // A file that Puppet wrote holds the facts under `values`.
    Ok(match (root.get("values"), root.contains_key("name")) {
        (Some(Value::Hash(values)), true) => Map::clone(values),
        _ => root,
    })
}

fn request(what: &Lookup) -> Result<Request, Failure> {
    let mut merge = what.merge.map(|name| match name {
        MergeName::First => Merge::First,
        MergeName::Unique => Merge::Unique,
        MergeName::Hash => Merge::Hash,
        MergeName::Deep => Merge::Deep(groundrule_lookup::merge::Deep::default()),
    });
    match &mut merge {
        Some(Merge::Deep(deep)) => {
            deep.knockout_prefix.clone_from(&what.knock_out_prefix);
            deep.sort_merged_arrays = what.sort_merged_arrays;
            deep.merge_hash_arrays = what.merge_hash_arrays;
        }
        _ if what.knock_out_prefix.is_some()
            || what.sort_merged_arrays
            || what.merge_hash_arrays =>
        {
            let what =
                "--knock-out-prefix, --sort-merged-arrays, --merge-hash-arrays need --merge deep";
            return Err(Failure::new(what, "add --merge deep"));
        }
        _ => {}
    }
    let expected = match &what.expected {
        Some(source) => Some((source.clone(), parse(source).map_err(|fault| Failure::of(&fault))?)),
        None => None,
    };
    let default = what.default.as_deref().map(Value::from);
    Ok(Request { merge, expected, default, explain: what.explain })
}

fn tell(what: &Lookup, outcome: Outcome, color: bool) -> Result<Ended, Failure> {
    let explains = what.explain || what.explain_options;
    for notice in &outcome.notices {
        Failure::warn(notice, color);
    }
    let mut out = sink::stdout();
    if explains {
        let text = match what.render_as.unwrap_or(Rendering::S) {
            Rendering::S => explained(&outcome),
            Rendering::Json => format!("{}\n", outcome.json()),
            Rendering::Yaml => render::yaml(&Value::from(outcome.json())),
        };
        out.write_all(text.as_bytes())?;
    } else if let Ok(Some(answer)) = &outcome.answer {
        let value = &answer.value;
        let text = match what.render_as.unwrap_or(Rendering::Yaml) {
            Rendering::S => format!("{}\n", value.to_s()),
            Rendering::Json => format!("{}\n", serde_json::Value::from(value)),
            Rendering::Yaml => render::yaml(value),
        };
        out.write_all(text.as_bytes())?;
    }
    out.flush()?;
    let ended = match outcome.answer {
        Ok(Some(_)) => Exit::Held,
        Ok(None) => {
            let keys = what.keys.join(", ");
            let help = "see --explain for where it was looked for, or give a --default";
            Failure::new(format!("there is no data for {keys}"), help).show(color);
            Exit::Violated
        }
        Err(fault) => {
            Failure::of(&fault).show(color);
            Exit::Violated
        }
    };
    // As there, an explanation is not a failure.
    Ok(if explains { Exit::Held } else { ended }.into())
}

fn explained(outcome: &Outcome) -> String {
    let answer = outcome.answer.as_ref().ok().and_then(Option::as_ref);
    let mut text = plain::lines(&in_words(&outcome.steps, answer));
    if let Some(answer) = answer {
        let shown = match answer.is_secret {
            true => "(secret)".to_owned(),
            false => serde_json::Value::from(&answer.value).to_string(),
        };
        let key = answer.key.as_deref().unwrap_or("the default");
        text += &plain::line(&format!("{key} ({}): {shown}", answer.merge));
        text.push('\n');
    }
    text
}
