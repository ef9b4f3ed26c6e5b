//! A node's facts as MCollective tells them.

use std::process::Stdio;
use std::time::Duration;

use groundrule_lookup::hiera3::Scope;
use serde_json::Value;
use tokio::io::AsyncReadExt as _;

use super::{Failure, scope};
use crate::commands::open;

/// How long an answer may take: MCollective waits ten seconds for one node itself.
const WAIT: Duration = Duration::from_secs(30);

/// Most bytes of a reply.
const REPLY: u64 = 8 << 20;

/// The facts of a node's inventory, by the `mco` program.
pub fn inventory(identity: &str) -> Result<Scope, Failure> {
    let failed =
        |what: String| Failure::new(what, "try `mco rpc rpcutil inventory -j -I NODE` yourself");
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    if identity.is_empty() || identity.starts_with('-') || !identity.chars().all(plain) {
        return Err(Failure::new(format!("{identity:?} is no node's identity"), "name a node"));
    }
    let reply = open::runtime()?.block_on(async {
        let mut child = tokio::process::Command::new("mco")
            .args(["rpc", "rpcutil", "inventory", "-j", "-I", identity])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("mco cannot be started: {error}")))?;
        let mut text = Vec::new();
        let stdout = child.stdout.take();
        let read = async {
            if let Some(stdout) = stdout {
                stdout.take(REPLY).read_to_end(&mut text).await?;
            }
            child.wait().await
        };
        match tokio::time::timeout(WAIT, read).await {
            Ok(Ok(_)) => Ok(text),
            Ok(Err(error)) => Err(failed(format!("mco cannot be read: {error}"))),
            Err(_) => Err(failed(format!("mco has not ended after {} seconds", WAIT.as_secs()))),
        }
    })?;
    let replies: Vec<Value> = serde_json::from_slice(&reply)
        .map_err(|_| failed("mco answers something else than JSON".to_owned()))?;
    let facts = replies
        .into_iter()
        .find(|reply| reply["sender"] == identity)
        .map(|mut reply| reply["data"]["facts"].take());
    match facts {
        Some(Value::Object(facts)) => Ok(scope::of_facts(facts)),
        _ => Err(failed(format!("{identity} does not answer"))),
    }
}
