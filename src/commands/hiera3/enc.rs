//! `groundrule enc`: tells Puppet what a node is.

use std::time::Instant;

use groundrule_lookup::enc::{Modules, by_extlookup, by_hiera};
use groundrule_lookup::extlookup::Extlookup;
use groundrule_lookup::hiera3::{Hiera, Scope};

use super::{Ended, Failure, cache, failure, note, scope, write};
use crate::cli::Global;
use crate::cli::data::Enc;
use crate::context::Context;
use crate::exit::Exit;

const MODULES: &str = "/etc/puppet/code/modules:/usr/share/puppet/modules";

/// Answers for a node.
pub fn run(context: &Context, global: &Global, args: &Enc) -> Result<Ended, Failure> {
    let (global, file) = global.facts_file();
    let facts = match &file {
        Some(path) => {
            scope::of_file(path, path.extension().is_some_and(|extension| extension == "json"))
        }
        None => scope::of_node(context, &global, &args.node),
    };
    let mut scope = match facts {
        Err(Failure::Plain { what, .. }) if args.allow_unknown => {
            note(&format!("warning: {what}: {} is answered for with its name only", args.node));
            Scope::default()
        }
        other => other?,
    };
    for name in ["fqdn", "clientcert"] {
        if scope.get(name).is_none() {
            scope.set(name, args.node.as_str());
        }
    }
    let told = match &args.extlookup {
        Some(path) => {
            let extlookup = Extlookup::open(path, cache()).map_err(|fault| failure(&fault))?;
            let modules = Modules::of(args.modulepath.as_deref().unwrap_or(MODULES));
            by_extlookup(&extlookup, &modules, &scope, Instant::now())
        }
        None => {
            let hiera = Hiera::open(&args.hiera, cache()).map_err(|fault| failure(&fault))?;
            by_hiera(&hiera.view(&scope, Instant::now()))
        }
    };
    write(&told.map_err(|fault| failure(&fault))?.yaml())?;
    Ok(Exit::Held.into())
}
