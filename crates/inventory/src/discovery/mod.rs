//! Who answers now: asked of the machines themselves, or read from a file.
//!
//! Every machine is asked anew: what is known from elsewhere is never passed off as an answer.

pub mod choria;
pub mod file;
pub mod mco;
mod program;
mod query;

use std::path::PathBuf;
use std::sync::Arc;

use groundrule_core::ports::{Discovery, Sources};

use crate::source::{Location, Named, Opened, SourceError};
use query::Query;

/// What an address says, behind its scheme.
struct Asked {
    /// The program or file; none to take the usual one.
    path: Option<PathBuf>,
    query: Query,
}

impl Asked {
    fn of(location: &Location) -> Result<Self, SourceError> {
        let (path, query) = location.rest().split_once('?').unwrap_or((location.rest(), ""));
        let path = Some(path).filter(|path| !path.is_empty()).map(PathBuf::from);
        Ok(Self { path, query: Query::parse(location.scheme(), query)? })
    }

    /// What a program is given: its command, what the address asks for by options, and the filters.
    fn arguments(&self, command: [&str; 4], options: [(&str, &str); 3]) -> Vec<String> {
        let option = |(key, option): (&str, &str)| {
            self.query.one(key).map(|value| format!("{option}={value}"))
        };
        let options = options.into_iter().filter_map(option);
        command.map(str::to_owned).into_iter().chain(options).chain(self.filters()).collect()
    }

    /// The filters of MCollective's command line. A name is asked for by an expression: with a
    /// plain one, both programs report the name without having asked anybody.
    fn filters(&self) -> Vec<String> {
        let option = |(key, value): (&str, &str)| match key {
            "class" => Some(format!("--wc={value}")),
            "fact" => Some(format!("--wf={value}")),
            "agent" => Some(format!("--wa={value}")),
            "identity" if value.len() > 1 && value.starts_with('/') && value.ends_with('/') => {
                Some(format!("--wi={value}"))
            }
            "identity" => Some(format!("--wi=/^{}$/", regex::escape(value))),
            _ => None,
        };
        self.query.pairs().filter_map(option).collect()
    }
}

/// What can be asked of MCollective and Choria by the address.
const OPTIONS: &[&str] =
    &["config", "discovery_timeout", "collective", "class", "fact", "agent", "identity"];

/// A discovery, opened; what it is, in words.
fn opened(discovery: Arc<dyn Discovery>, what: String) -> Opened {
    let sources = Sources { discovery: Some(discovery), ..Sources::default() };
    Opened { sources, health: Arc::new(Named(what)), problems: Vec::new() }
}
