//! Commands about data: Hiera, extlookup, the classifier, and tools for data files.

pub mod data;
pub mod enc;
pub mod extlookup;
pub mod hiera;
pub mod scope;

mod mcollective;

use std::sync::Arc;
use std::time::Duration;

use groundrule_core::plain;
use groundrule_lookup::data::{Cache, Limits, Value};
use groundrule_lookup::{Fault, render};

use super::Ended;
use crate::cli::hiera::Format;
use crate::context::Context;
use crate::failure::Failure;
use crate::sink;

/// A cache for one command, which sees the files as they are when it first looks at them.
fn cache() -> Arc<Cache> {
    Arc::new(Cache::new(Limits::default(), Duration::MAX, 8_000_000))
}

/// A fault of data as a failure of the command.
fn failure(fault: &Fault) -> Failure {
    let help = (!fault.help.is_empty()).then(|| fault.help.clone());
    Failure::Plain { what: fault.headline(), help }
}

/// An answer on standard output.
fn answer(context: &Context, value: &Value, format: Format) -> Result<(), Failure> {
    let text = match format {
        Format::Json => render::json(value) + "\n",
        Format::Yaml => render::yaml(value),
        Format::Ruby => match value {
            // As `puts`: a text that ends with a line feed gets no other.
            Value::Str(text) if text.ends_with('\n') => text.to_string(),
            Value::Str(text) => format!("{text}\n"),
            value => {
                let columns =
                    context.variable("COLUMNS").and_then(|text| text.parse::<usize>().ok());
                render::pretty(value, columns.filter(|columns| *columns > 0).unwrap_or(80) - 1)
                    + "\n"
            }
        },
    };
    write(&text)
}

fn write(text: &str) -> Result<(), Failure> {
    let mut out = sink::stdout();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// A line on standard error that is no fault.
fn note(text: &str) {
    use std::io::Write as _;
    // Where standard error is closed there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", plain::line(text));
}
