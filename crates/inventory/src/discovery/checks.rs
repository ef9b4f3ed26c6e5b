//! Checks by the agent `nrpe`: one call of the program for all nodes of a set, which are addressed by
//! their names in a file, so that their number matters to no command line. No other node is asked.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::check::{CheckName, Checked};
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Checks, Discovery, StoreError};

use super::program;
use crate::documents::checks;

/// What can be asked for by the address: nodes are selected by the policy, and not by filters.
pub(super) const OPTIONS: &[&str] = &["config", "discovery_timeout", "collective"];

/// A program that calls the agent.
pub(super) struct Nrpe {
    pub program: PathBuf,
    /// Its word for a call.
    pub verb: &'static str,
    /// What else it is given.
    pub options: Vec<String>,
    /// The JSON in what it prints.
    pub json: fn(&str) -> Option<&str>,
    pub limit: Duration,
    /// Who has the agent.
    pub ready: Arc<dyn Discovery>,
}

#[async_trait]
impl Checks for Nrpe {
    async fn run(
        &self,
        check: &CheckName,
        nodes: &[NodeName],
    ) -> Answer<Vec<Result<Checked, Text>>> {
        let name = self.program.display();
        // One name that is no identity would make the program refuse all of them.
        let names = nodes.iter().filter(|node| is_identity(node));
        let names: String = names.map(|node| format!("{node}\n")).collect();
        let mut results = match names.is_empty() {
            true => checks::Results::new(),
            false => self.call(check, &names).await?,
        };
        let result = |node: &NodeName| {
            match results.remove(node) {
            Some(result) => result,
            None if is_identity(node) => Err(format!(
                "it did not answer {name}: it is away, it has no agent nrpe, or the check took too long"
            )
            .into()),
            None => Err("no machine can have its name in MCollective".into()),
        }
        };
        Ok(nodes.iter().map(result).collect())
    }

    async fn ready(&self) -> Answer<Vec<NodeName>> {
        self.ready.answering().await.map(|(nodes, _)| nodes)
    }
}

impl Nrpe {
    /// Asks the nodes of these names, one a line.
    async fn call(&self, check: &CheckName, names: &str) -> Answer<checks::Results> {
        let name = self.program.display();
        // It goes away with this value, after the program has ended.
        let file = written(names).map_err(|error| {
            StoreError(format!("the names for {name} cannot be written down: {error}").into())
        })?;
        let mut arguments = [self.verb, "nrpe", "runcommand"].map(str::to_owned).to_vec();
        arguments.push(format!("command={check}"));
        arguments.push(format!("--nodes={}", file.path().display()));
        arguments.extend(self.options.clone());
        let ended = program::run(&self.program, &arguments, self.limit).await?;
        let told = |why: String| StoreError(format!("{name}: {why}; {}", ended.complaint()).into());
        let json = (self.json)(&ended.output).unwrap_or_default();
        let results = checks::read(json, check)
            .map_err(|fault| told(format!("its reply cannot be read: {}", fault.what)))?;
        match results.is_empty() {
            false => Ok(results),
            true => Err(told(
                "no machine answered, as it happens too when its broker is away or its password or key is wrong"
                    .to_owned(),
            )),
        }
    }
}

/// Whether a machine may have this name in MCollective.
fn is_identity(node: &NodeName) -> bool {
    let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    node.as_str().chars().all(may)
}

fn written(names: &str) -> std::io::Result<tempfile::NamedTempFile> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(names.as_bytes())?;
    Ok(file)
}
