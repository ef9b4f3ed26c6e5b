//! What the gate on the command line and the one of the server have in common.

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::ports::{Answer, Reservations, StoreError};
use groundrule_core::reservation::{Held, Reservation};
use groundrule_engine::gate::UnknownNode;
use groundrule_engine::policy::{PathSpec, Policy, Selection, read};
use jiff::Timestamp;

use crate::commands;
use crate::config::Config;
use crate::config::pipeline::duration;
use crate::context::Context;
use crate::failure::Failure;
use crate::nearest;
use crate::outgoing;

/// The tag of policies that speak of actions.
const TAG: &str = "@gate";

/// How long what was allowed is held, unless somebody says otherwise.
const HOLD: Duration = Duration::from_secs(600);

/// The policies that count. None at all would allow everything.
pub fn policies(paths: &[String]) -> Result<Vec<Arc<Policy>>, Failure> {
    let vocabulary = commands::vocabulary()?;
    let specs: Vec<_> = paths.iter().map(|path| PathSpec::parse(path)).collect();
    let tag = TAG.parse().map_err(|error: String| Failure::new(error, "this is a bug"))?;
    let selection = Selection { tags: vec![tag], names: Vec::new() };
    let plan = read(&specs, &vocabulary, &selection).map_err(Failure::Faults)?;
    if plan.policies.is_empty() {
        return Err(Failure::new(
            format!("no policy in {} is tagged {TAG}: nothing would be denied", paths.join(", ")),
            format!("tag the rules that an action must not break with {TAG}"),
        ));
    }
    Ok(plan.policies)
}

/// How long what is allowed is held.
pub fn hold(config: &Config, said: Option<&str>) -> Result<Duration, Failure> {
    match (said, config.gate.hold.as_deref()) {
        (Some(text), _) => duration("--hold", text),
        (None, Some(text)) => duration("gate.hold", text),
        (None, None) => Ok(HOLD),
    }
}

/// Where reservations are kept: a file of the estate's own unless somebody says otherwise.
pub fn place(context: &Context, config: &Config, said: Option<String>) -> Result<String, Failure> {
    if let Some(url) = said.or_else(|| config.gate.reservations.clone()) {
        return Ok(outgoing::from_the_root(&url));
    }
    let directory = outgoing::directory(context, config)?.join("gate");
    fs::create_dir_all(&directory).map_err(|error| {
        Failure::new(
            format!("{}: {error}", directory.display()),
            "make it a directory in which you may write, or set gate.reservations",
        )
    })?;
    let file = outgoing::slug(&outgoing::absolute(&config.estate).display().to_string());
    Ok(format!("sqlite:{}", directory.join(format!("{file}.db")).display()))
}

/// The reservations of a place. One that cannot be opened answers every question with why: what is
/// not known of them is for the gate to say.
pub async fn reservations(
    url: &str,
    variables: &BTreeMap<String, String>,
) -> Arc<dyn Reservations> {
    match groundrule_reservations::open(url, variables).await {
        Ok(reservations) => reservations,
        Err(error) => Arc::new(Away(error)),
    }
}

/// A node that no source knows.
#[expect(clippy::needless_pass_by_value, reason = "stands where errors are mapped")]
pub fn unknown_node(unknown: UnknownNode) -> Failure {
    Failure::new(unknown.to_string(), nearest::help(unknown.near.as_ref(), nearest::LIST))
}

/// A place that cannot be opened.
struct Away(StoreError);

#[async_trait]
impl Reservations for Away {
    async fn held(&self, _: Timestamp) -> Answer<Held> {
        Err(self.0.clone())
    }

    async fn reserve(&self, _: &[Reservation], _: u64) -> Answer<bool> {
        Err(self.0.clone())
    }

    async fn release(&self, _: &str, _: Timestamp) -> Answer<bool> {
        Err(self.0.clone())
    }
}
