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

use async_trait::async_trait;
use groundrule_core::ports::{Answer, Discovery, Sources};

use crate::source::{Health, Location, Opened, Remark, SourceError};
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

/// Nothing but its name is known before it is asked.
struct Named(String);

#[async_trait]
impl Health for Named {
    async fn identity(&self) -> Answer<String> {
        Ok(self.0.clone())
    }

    async fn remarks(&self) -> Answer<Vec<Remark>> {
        Ok(Vec::new())
    }
}
