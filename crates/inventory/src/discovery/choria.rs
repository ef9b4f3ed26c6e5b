//! Choria: `choria req rpcutil ping --json`.
//!
//! `choria discover` prints names that it never asked for, and answers a filter that cannot be read
//! with nobody and success; `req` tells who was found and did not respond.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Discovery, StoreError};
use jiff::Timestamp;

use super::{Asked, OPTIONS, opened, program};
use crate::documents::discovery;
use crate::source::{Location, Opened, Opening, SourceError};

struct Choria {
    program: PathBuf,
    arguments: Vec<String>,
    limit: Duration,
}

/// Nothing is asked yet.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let asked = Asked::of(location)?;
    asked.query.only(OPTIONS)?;
    // Only behind the command does it take a configuration.
    let arguments = asked.arguments(
        ["req", "rpcutil", "ping", "--json"],
        [
            ("config", "--config"),
            ("collective", "--target"),
            ("discovery_timeout", "--discovery-timeout"),
        ],
    );
    let program = asked.path.unwrap_or_else(|| "choria".into());
    let what = format!("the program {}", program.display());
    let limit = opening.access.timeout;
    Ok(opened(Arc::new(Choria { program, arguments, limit }), what))
}

#[async_trait]
impl Discovery for Choria {
    async fn answering(&self) -> Answer<(Vec<NodeName>, Option<Timestamp>)> {
        let ended = program::run(&self.program, &self.arguments, self.limit).await?;
        let name = self.program.display();
        let told = |why: &str| StoreError(format!("{name}: {why}; {}", ended.complaint()).into());
        let Some(json) = reply(&ended.output) else {
            return Err(told(
                "no machine answered, as it happens too when its broker is away or refuses it",
            ));
        };
        let reply = discovery::read(json)
            .map_err(|fault| told(&format!("its reply cannot be read: {}", fault.what)))?;
        if reply.nodes.is_empty() {
            return Err(told("machines were found, but none of them responded"));
        }
        Ok((reply.nodes, reply.at))
    }
}

/// The JSON in what it prints: warnings of its library may stand before it.
fn reply(output: &str) -> Option<&str> {
    let start = match output.starts_with('{') {
        true => 0,
        false => output.find("\n{")? + 1,
    };
    Some(output[start..].trim_end())
}
