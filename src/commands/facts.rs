//! `groundrule facts`: external facts.

use std::path::PathBuf;

use groundrule_lookup::external::{self, Format, Options, Programs, Remark};

use super::Ended;
use crate::cli::{self, FactsFormat, Global};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// Where facts are if nothing else is said; those of a user are beside them.
const DIRECTORIES: [&str; 4] = [
    "/etc/facts.d",
    "/etc/facter/facts.d",
    "/etc/puppetlabs/facter/facts.d",
    "/opt/puppetlabs/facter/facts.d",
];

/// How much a program may print, in bytes.
const MOST: usize = 1024 * 1024;

/// Prints facts; exits with 1 where some could not be read, or where one is missing and that
/// counts.
pub fn show(context: &Context, global: &Global, what: &cli::Facts) -> Result<Ended, Failure> {
    let variables: Vec<(String, String)> =
        context.environment.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    let options = Options {
        programs: (!what.no_programs).then(|| programs(context, &variables, what)),
        environment: external::of_environment(&variables),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let directories = directories(context, what);
    let gathered = runtime.block_on(external::read(&directories, &options));
    let color = context.color(global.color, context.stderr_is_terminal);
    for remark in &gathered.remarks {
        match remark {
            Remark::Error(fault) => Failure::of(fault).show(color),
            Remark::Warning(fault) => Failure::warn(&fault.to_string(), color),
        }
    }
    let format = match what.format {
        FactsFormat::Text => Format::Text,
        FactsFormat::Json => Format::Json,
        FactsFormat::Yaml => Format::Yaml,
    };
    let values = gathered.values();
    let facts = values.as_hash().cloned().unwrap_or_default();
    let mut missing = false;
    for name in what.names.iter().filter(|_| what.strict) {
        if external::find(&facts, name).is_none() {
            missing = true;
            Failure::new(format!("there is no fact {name}"), "see `groundrule facts`").show(color);
        }
    }
    let mut out = sink::stdout();
    out.write_all(external::render(&facts, &what.names, format).as_bytes())?;
    out.flush()?;
    Ok(if missing || gathered.is_broken() { Exit::Violated } else { Exit::Held }.into())
}

/// What programs get of the environment: Facter's locale, and nothing of ours, which may be secret.
fn programs(context: &Context, variables: &[(String, String)], what: &cli::Facts) -> Programs {
    let ours = |name: &str| name.starts_with("GROUNDRULE_") || matches!(name, "LC_ALL" | "LANG");
    let mut environment: Vec<_> =
        variables.iter().filter(|(name, _)| !ours(name)).cloned().collect();
    environment.extend(["LC_ALL", "LANG"].map(|name| (name.to_owned(), "C".to_owned())));
    Programs { environment, limit: what.timeout, most: MOST, now: context.now.as_second() }
}

/// The directories to read; of those that nobody named, the ones that are there.
fn directories(context: &Context, what: &cli::Facts) -> Vec<PathBuf> {
    if !what.external_dir.is_empty() {
        return what.external_dir.clone();
    }
    let home = context.variable("HOME").map(|home| PathBuf::from(home).join(".facter/facts.d"));
    DIRECTORIES.iter().map(PathBuf::from).chain(home).filter(|path| path.is_dir()).collect()
}
