//! `groundrule enc`: tells Puppet what a node is.

use std::time::Instant;

use groundrule_core::name::NodeName;
use groundrule_core::redaction::Redaction;
use groundrule_lookup::enc::{Modules, by_extlookup, introduce};
use groundrule_lookup::extlookup::Extlookup;
use groundrule_lookup::hierarchy::{Facts, For, Hierarchy};

use super::{Ended, Failure, cache, failure, note, scope, write};
use crate::cli::Global;
use crate::cli::data::Enc;
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;

const MODULES: &str = "/etc/puppet/code/modules:/usr/share/puppet/modules";

/// Answers for a node.
pub fn run(context: &Context, global: &Global, args: &Enc) -> Result<Ended, Failure> {
    let node = NodeName::new(&args.node)
        .map_err(|error| Failure::new(error.to_string(), "name a machine"))?;
    let (mut facts, hidden) = match facts(context, global, args) {
        Err(Failure::Plain { what, .. }) if args.allow_unknown => {
            note(&format!("warning: {what}: {node} is answered for with its name only"));
            (Facts::new(), nothing())
        }
        other => other?,
    };
    introduce(&mut facts, &node);
    let now = Instant::now();
    let told = match &args.extlookup {
        Some(path) => {
            let extlookup = Extlookup::open(path, cache()).map_err(|fault| failure(&fault))?;
            let modules = Modules::of(args.modulepath.as_deref().unwrap_or(MODULES));
            by_extlookup(&extlookup, &modules, &scope::of_facts(facts), now)
        }
        None => Hierarchy::open(&args.hiera, hidden)
            .and_then(|data| data.classify(For { node: &node, facts: &facts, now }))
            .map(|(told, _)| told),
    };
    write(&told.map_err(|fault| failure(&fault))?.yaml())?;
    Ok(Exit::Held.into())
}

/// The facts of the node, and what was never read of them.
fn facts(context: &Context, global: &Global, args: &Enc) -> Result<(Facts, Redaction), Failure> {
    let (global, file) = global.facts_file();
    if let Some(path) = &file {
        let read = scope::of_named_file(path)?;
        let facts = read.variables().iter().map(|(name, value)| (name.to_s(), value.into()));
        return Ok((facts.collect(), nothing()));
    }
    let config = Config::load(context, &global)?;
    Ok((scope::node_facts(&config, &args.node)?, config.trust.redaction))
}

fn nothing() -> Redaction {
    Redaction::new(Vec::<String>::new())
}
