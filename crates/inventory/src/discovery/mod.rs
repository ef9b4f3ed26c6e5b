//! Who answers now, and what checks come to: asked of the machines themselves, or read from a file.
//!
//! Every machine is asked anew: what is known from elsewhere is never passed off as an answer.

mod checks;
pub mod choria;
pub mod file;
pub mod mco;
mod program;
mod query;

use std::path::PathBuf;
use std::sync::Arc;

use groundrule_core::ports::{Checks, Discovery, Sources};

use crate::source::{Location, Named, Opened, Opening, Role, SourceError};
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

    /// Refuses what cannot be asked for.
    fn check(&self, opening: &Opening) -> Result<(), SourceError> {
        let is_run = opening.roles.contains(&Role::Checks);
        self.query.only(if is_run { checks::OPTIONS } else { OPTIONS })
    }

    /// What a program is given: its command, what the address asks for by options, and the filters.
    fn arguments(&self, command: &[&str], options: [(&str, &str); 3]) -> Vec<String> {
        let option = |(key, option): (&str, &str)| {
            self.query.one(key).map(|value| format!("{option}={value}"))
        };
        let options = options.into_iter().filter_map(option);
        let command = command.iter().map(|word| (*word).to_owned());
        command.chain(options).chain(self.filters()).collect()
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

/// A discovery and checks, opened as they are asked for; what it is, in words.
fn opened(
    opening: &Opening,
    discovery: Arc<dyn Discovery>,
    checks: Option<Arc<dyn Checks>>,
    what: String,
) -> Opened {
    let asked = |role| opening.roles.contains(&role);
    let sources = Sources {
        discovery: Some(discovery).filter(|_| asked(Role::Discovery)),
        checks: checks.filter(|_| asked(Role::Checks)),
        ..Sources::default()
    };
    Opened { sources, health: Arc::new(Named(what)), problems: Vec::new() }
}
