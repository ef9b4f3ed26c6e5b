//! `groundrule data lint`: what is wrong with data, as far as that can be told without a machine.

use std::collections::BTreeSet;

use groundrule_core::pattern::Pattern;
use groundrule_lookup::lint::{self, Known};
use serde_json::json;

use super::{Ended, Failure, failure, hiera, write};
use crate::cli::Global;
use crate::cli::data::DataLint;
use crate::commands::open;
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;

/// Looks at all data files of a configuration.
pub fn look(context: &Context, global: &Global, args: &DataLint) -> Result<Ended, Failure> {
    let hiera = hiera(&args.of)?;
    let known = known(context, global, args)?;
    let findings = lint::lint(hiera.config(), &known).map_err(|fault| failure(&fault))?;
    let text: String = if args.json {
        let rows: Vec<_> = findings
            .iter()
            .map(|finding| {
                let fault = &finding.fault;
                json!({
                    "kind": finding.kind, "file": fault.file.as_ref().map(|file| file.display().to_string()),
                    "line": fault.line, "key": fault.key, "what": fault.what, "help": fault.help,
                })
            })
            .collect();
        format!("{:#}\n", json!(rows))
    } else {
        findings.iter().map(|finding| format!("{}: {}\n", finding.kind, finding.fault)).collect()
    };
    write(&text)?;
    Ok(if findings.is_empty() { Exit::Held.into() } else { Ended(1) })
}

/// What the estate knows: facts, if it has some, and classes of catalogs, if that is asked for.
fn known(context: &Context, global: &Global, args: &DataLint) -> Result<Known, Failure> {
    let config = Config::load(context, global)?;
    let estate = match open::directory(&config) {
        Ok(estate) => estate,
        Err(failure) if args.catalogs => return Err(failure),
        Err(_) => return Ok(Known::default()),
    };
    let sources = estate.sources();
    let unanswered = |error: groundrule_core::ports::StoreError| {
        Failure::new(error.to_string(), "see to it that the estate can be read")
    };
    open::runtime()?.block_on(async {
        let mut known = Known::default();
        if let Some(facts) = &sources.facts {
            let names = facts.names().await.map_err(unanswered)?;
            known.facts = Some(names.iter().map(|name| name.as_str().to_owned()).collect());
        }
        if args.catalogs {
            let what = "the estate has no catalogs";
            let graph = sources.graph.as_ref().ok_or_else(|| {
                Failure::new(what, "add catalogs/ to it, or leave --catalogs out")
            })?;
            let all: Pattern = Pattern::parse("/./")
                .map_err(|_| Failure::new("no pattern", "this is a bug: please report it"))?;
            let rows = graph.classes(&all).await.map_err(unanswered)?;
            let classes: BTreeSet<String> = rows
                .into_iter()
                .flat_map(|(_, classes)| classes)
                .map(|class| class.to_lowercase())
                .collect();
            known.classes = Some(classes);
        }
        Ok(known)
    })
}
