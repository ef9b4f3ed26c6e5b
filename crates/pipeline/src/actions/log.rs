//! Writes a line, to a file or to the program's log.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::{Event, Severity};
use serde::Deserialize;
use tokio::io::AsyncWriteExt as _;
use tokio::time::timeout;

use super::{Action, ActionError, Means, Outcome, Plan};

/// The options of `log`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    /// The file to which each event is appended as a line of JSON; the program's log if there is
    /// none.
    file: Option<PathBuf>,
}

impl Plan for Log {
    fn build(&self, _: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        Ok(Box::new(Line { file: self.file.clone(), limit }))
    }
}

struct Line {
    file: Option<PathBuf>,
    limit: Duration,
}

#[async_trait]
impl Action for Line {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        match &self.file {
            None => log(event),
            Some(file) => {
                let told = |error: std::io::Error| {
                    ActionError::away(format!("{}: {error}", file.display()))
                };
                timeout(self.limit, append(file, event))
                    .await
                    .map_err(|_| ActionError::away(format!("{} hangs", file.display())))?
                    .map_err(told)?;
            }
        }
        Ok(Outcome::default())
    }
}

fn log(event: &Event) {
    let (subject, name, text) = (event.subject(), event.name(), event.text());
    match event.severity() {
        Severity::Ok => tracing::info!(subject, name, severity = "OK", text),
        bad => tracing::warn!(subject, name, severity = bad.name(), text),
    }
}

/// Appends in one write, so that lines of several processes do not mix.
async fn append(file: &PathBuf, event: &Event) -> std::io::Result<()> {
    let mut line = event.raw().to_vec();
    line.push(b'\n');
    let mut file = tokio::fs::OpenOptions::new().append(true).create(true).open(file).await?;
    file.write_all(&line).await?;
    file.flush().await
}
