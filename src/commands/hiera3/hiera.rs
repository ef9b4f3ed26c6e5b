//! `groundrule hiera`: in the place of Ruby's `hiera`, with its options, output and exit codes.

use std::path::{Path, PathBuf};
use std::time::Instant;

use groundrule_lookup::hiera3::{Hiera, Resolution, Scope};

use super::{Ended, Failure, answer, cache, failure, mcollective, note, scope, write};
use crate::cli::hiera::{HELP, HieraArgs, Merge, ScopeFrom};
use crate::cli::{Global, data};
use crate::context::Context;
use crate::exit::Exit;

/// The version whose command line this is.
const VERSION: &str = "3.10.0";

/// Where Debian's hiera looks for its configuration.
const CONFIG: &str = "/etc/puppet/hiera.yaml";

/// How `hiera` ends where anything fails.
const FAILED: Ended = Ended(1);

/// Looks a key up.
pub fn run(context: &Context, global: &Global, command: &data::Hiera) -> Result<Ended, Failure> {
    let args = match HieraArgs::read(&command.arguments) {
        Ok(args) => args,
        Err(what) => {
            return failed(context, global, &Failure::new(what, "see `groundrule hiera --help`"));
        }
    };
    if args.help {
        write(HELP)?;
        return Ok(Exit::Held.into());
    }
    if args.version {
        write(&format!("{VERSION}\n"))?;
        return Ok(Exit::Held.into());
    }
    match look_up(context, global, args) {
        Err(Failure::ClosedPipe) => Err(Failure::ClosedPipe),
        Err(failure) => failed(context, global, &failure),
        Ok(()) => Ok(Exit::Held.into()),
    }
}

fn failed(context: &Context, global: &Global, failure: &Failure) -> Result<Ended, Failure> {
    failure.show(context.color(global.color, context.stderr_is_terminal));
    Ok(FAILED)
}

fn look_up(context: &Context, global: &Global, args: HieraArgs) -> Result<(), Failure> {
    let path = args.config.unwrap_or_else(|| PathBuf::from(CONFIG));
    if !path.exists() {
        return Err(Failure::new(
            format!("Cannot find config file: {}", path.display()),
            "name a hiera.yaml with -c",
        ));
    }
    let mut scope = Scope::default();
    for from in &args.scopes {
        scope = read_scope(context, global, args.estate.as_deref(), from)?;
    }
    let mut words = args.words.iter();
    let Some(key) = words.next() else {
        return Err(Failure::new(
            "Please supply a data item to look up",
            "see `groundrule hiera --help`",
        ));
    };
    let mut default = None;
    for word in words {
        if let Some((name, value)) = scope::assignment(word) {
            scope.set(name, value);
        } else if default.is_none() {
            default = Some(word.as_str());
        } else {
            note(&format!("Don't know how to parse scope argument: {word}"));
        }
    }
    let hiera = Hiera::open(&path, cache()).map_err(|fault| failure(&fault))?;
    let resolution = match args.merge {
        None => Resolution::Priority,
        Some(Merge::Array) => Resolution::Array,
        Some(Merge::Hash) => Resolution::Hash,
    };
    let view = hiera.view(&scope, Instant::now());
    let view = if args.debug && hiera.config().debugs { view.traced() } else { view };
    let found = view.lookup_or(key, default, resolution);
    for line in view.take_trace() {
        note(&format!("DEBUG: {line}"));
    }
    answer(context, &found.map_err(|fault| failure(&fault))?, args.format)
}

fn read_scope(
    context: &Context,
    global: &Global,
    estate: Option<&Path>,
    from: &ScopeFrom,
) -> Result<Scope, Failure> {
    match from {
        ScopeFrom::Json(path) => scope::of_file(path, true),
        ScopeFrom::Yaml(path) => scope::of_file(path, false),
        ScopeFrom::Mcollective(identity) => mcollective::inventory(identity),
        ScopeFrom::Node(name) => {
            let global = Global {
                estate: estate.map(Path::to_owned).or_else(|| global.estate.clone()),
                ..global.clone()
            };
            scope::of_node(context, &global, name)
        }
    }
}
