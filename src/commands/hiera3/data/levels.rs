//! `groundrule data levels`: where a node looks, in order.

use std::time::Instant;

use serde_json::json;

use super::{Ended, Failure, failure, hiera, write};
use crate::cli::Global;
use crate::cli::data::DataLevels;
use crate::commands::hiera3::{extlookup, scope};
use crate::context::Context;
use crate::exit::Exit;

/// Lists the levels.
pub fn list(context: &Context, global: &Global, args: &DataLevels) -> Result<Ended, Failure> {
    let mut scope = extlookup::variables(context, global, &args.variables)?;
    for word in &args.words {
        let Some((name, value)) = scope::assignment(word) else {
            return Err(Failure::new(format!("{word} is no variable"), "write NAME=VALUE"));
        };
        scope.set(name, value);
    }
    let hiera = hiera(&args.of)?;
    let view = hiera.view(&scope, Instant::now());
    let levels = view.all_levels().map_err(|fault| failure(&fault))?;
    let chosen = levels
        .iter()
        .filter(|level| args.of.backend.as_ref().is_none_or(|name| name == level.backend));
    let text: String = if args.json {
        let rows: Vec<_> = chosen
            .map(|level| {
                json!({
                    "backend": level.backend, "level": level.name, "file": level.file.as_ref().map(|file| file.display().to_string()),
                    "keys": level.keys, "fault": level.fault.as_ref().map(ToString::to_string),
                })
            })
            .collect();
        format!("{:#}\n", json!(rows))
    } else {
        chosen
            .map(|level| {
                let state = match (&level.fault, level.keys) {
                    (Some(fault), _) => format!("cannot be read: {fault}"),
                    (None, Some(1)) => "1 key".to_owned(),
                    (None, Some(keys)) => format!("{keys} keys"),
                    (None, None) => "none".to_owned(),
                };
                let file = level
                    .file
                    .as_ref()
                    .map(|file| format!("  {}", file.display()))
                    .unwrap_or_default();
                format!("{:<6} {:<24} {state}{file}\n", level.backend, level.name)
            })
            .collect()
    };
    write(&text)?;
    Ok(if levels.iter().any(|level| level.fault.is_some()) { Ended(1) } else { Exit::Held.into() })
}
