//! MCollective: `mco rpc rpcutil ping -j`, and `mco rpc nrpe runcommand -j` for checks.
//!
//! `mco find` and `mco ping` have no JSON, and `mco find -I NAME` prints the name of a machine that
//! does not exist. A node that does not answer is absent from the reply and nothing else.

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

struct Mco {
    program: PathBuf,
    arguments: Vec<String>,
    limit: Duration,
}

/// Nothing is asked yet.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let asked = Asked::of(location)?;
    asked.check(opening)?;
    let options =
        [("config", "--config"), ("collective", "--target"), ("discovery_timeout", "--dt")];
    let program = asked.path.clone().unwrap_or_else(|| "mco".into());
    let what = format!("the program {}", program.display());
    let limit = opening.access.timeout;
    let discovery = |more: &[&str]| {
        let command = [&["rpc", "rpcutil", "ping", "-j"], more].concat();
        let arguments = asked.arguments(&command, options);
        Arc::new(Mco { program: program.clone(), arguments, limit })
    };
    // By itself it sends for two seconds at most, which is too short for thousands of machines.
    let seconds = format!("--publish_timeout={}", limit.as_secs().max(1));
    let checks = Nrpe {
        program: program.clone(),
        verb: "rpc",
        options: asked.arguments(&["-j", &seconds], options),
        json: |output| Some(output.trim()),
        limit,
        ready: discovery(&["--wa=nrpe"]),
    };
    Ok(opened(opening, discovery(&[]), Some(Arc::new(checks)), what))
}

#[async_trait]
impl Discovery for Mco {
    async fn answering(&self) -> Answer<(Vec<NodeName>, Option<Timestamp>)> {
        let ended = program::run(&self.program, &self.arguments, self.limit).await?;
        let name = self.program.display();
        let told = |why: String| StoreError(format!("{name}: {why}; {}", ended.complaint()).into());
        let reply = discovery::read(ended.output.trim())
            .map_err(|fault| told(format!("its reply cannot be read: {}", fault.what)))?;
        // It uses the same words and codes when its broker is away, its key is wrong, or no
        // machine is there: nobody can tell which.
        if reply.nodes.is_empty() {
            return Err(told(
                "no machine answered, as it happens too when its broker is away or its password or key is wrong"
                    .to_owned(),
            ));
        }
        Ok((reply.nodes, reply.at))
    }
}
