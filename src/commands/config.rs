//! `groundrule config`: the configuration that counts.

use super::Ended;
use crate::cli::{self, Global};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::masking::masked;
use crate::sink;

/// Prints every value, with its origin if that is wanted; the passwords of addresses are masked.
pub fn show(context: &Context, global: &Global, what: &cli::Config) -> Result<Ended, Failure> {
    let cli::Config::Show { origin } = what;
    let config = Config::load(context, global)?;
    let mut out = sink::stdout();
    for (key, value, from) in &config.origins {
        let value = masked(value);
        match origin {
            true => writeln!(out, "{key} = {value}  # {from}")?,
            false => writeln!(out, "{key} = {value}")?,
        }
    }
    out.flush()?;
    Ok(Exit::Held.into())
}
