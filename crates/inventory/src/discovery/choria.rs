//! Choria: `choria req rpcutil ping --json`, and `choria req nrpe runcommand --json` for checks.
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

use super::checks::Nrpe;
use super::{Asked, opened, program};
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
    asked.check(opening)?;
    let options = [
        ("config", "--config"),
        ("collective", "--target"),
        ("discovery_timeout", "--discovery-timeout"),
    ];
    let program = asked.path.clone().unwrap_or_else(|| "choria".into());
    let what = format!("the program {}", program.display());
    let limit = opening.access.timeout;
    // Only behind the command does it take a configuration.
    let discovery = |more: &[&str]| {
        let command = [&["req", "rpcutil", "ping", "--json"], more].concat();
        let arguments = asked.arguments(&command, options);
        Arc::new(Choria { program: program.clone(), arguments, limit })
    };
    let checks = Nrpe {
        program: program.clone(),
        verb: "req",
        options: asked.arguments(&["--json"], options),
        json: reply,
        limit,
        ready: discovery(&["--wa=nrpe"]),
    };
    Ok(opened(opening, discovery(&[]), Some(Arc::new(checks)), what))
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
