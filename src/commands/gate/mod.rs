//! `groundrule gate`: whether an action may happen, and what is held.

mod text;

use std::time::Duration;

use groundrule_core::name::{NodeName, class_name};
use groundrule_core::plain;
use groundrule_core::ports::StoreError;
use groundrule_core::reservation::Action;
use groundrule_engine::gate::{Asked, Changed, Deciding, Gate, Reply, Verdict};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{Ended, open, print};
use crate::cli::{self, GateFormat, Global, How};
use crate::config::Config;
use crate::config::pipeline::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::gates;

/// So often an estate that changes meanwhile is judged anew.
const ROUNDS: usize = 5;

/// Decides, or looks at what was decided.
pub fn run(context: &Context, global: &Global, what: cli::Gate) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let work = Work { context, global, config: &config };
    match what {
        cli::Gate::Terminate { nodes, how } => {
            let nodes = named(&nodes)?;
            work.decide(Action::Terminate { nodes }, None, how)
        }
        cli::Gate::Maintain { nodes, time, how } => {
            let time = duration("--for", &time)?;
            let nodes = named(&nodes)?;
            work.decide(Action::Maintain { nodes }, Some(time), how)
        }
        cli::Gate::Add { class, facts, count, how } => {
            if class.starts_with('/') {
                let what = "a new node has a class, not an expression";
                return Err(Failure::new(what, "write the name of one class"));
            }
            let count = usize::from(count);
            let facts = facts.iter().map(|text| fact(text)).collect::<Result<Map<_, _>, _>>()?;
            work.decide(Action::Add { class: class_name(&class), facts, count }, None, how)
        }
        cli::Gate::Release { id, reservations } => work.release(&id, reservations),
        cli::Gate::List { reservations, format } => work.list(reservations, format),
    }
}

/// Nodes as they were written, sorted, each once.
fn named(written: &[String]) -> Result<Vec<NodeName>, Failure> {
    NodeName::several(written).map_err(|error| {
        Failure::new(error.to_string(), "write the names of nodes, separated by blanks")
    })
}

/// A fact of a new node.
fn fact(text: &str) -> Result<(String, Value), Failure> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), Value::from(value)))
        }
        _ => Err(Failure::new(
            format!("--fact {text:?} is no fact"),
            "write NAME=VALUE, for instance --fact zone=eu-1c",
        )),
    }
}

/// What every question needs.
struct Work<'w> {
    context: &'w Context,
    global: &'w Global,
    config: &'w Config,
}

impl Work<'_> {
    fn decide(
        &self,
        action: Action,
        at_least: Option<Duration>,
        how: How,
    ) -> Result<Ended, Failure> {
        let policies = match how.policies.as_slice() {
            [] => &self.config.features,
            paths => paths,
        };
        let policies = gates::policies(policies)?;
        let waivers = how.waivers.as_deref().or(self.config.waivers.as_deref());
        let waivers = super::run::waivers(waivers)?;
        let mut hold = gates::hold(self.config, how.hold.as_deref())?;
        if let Some(time) = at_least.filter(|_| !hold.is_zero()) {
            hold = hold.max(time);
        }
        let asked = [Asked { action, hold }];
        let action = &asked[0].action;
        let url = gates::place(self.context, self.config, how.reservations)?;
        let clock = self.clock();
        let deciding = open::runtime()?.block_on(async {
            let reservations = gates::reservations(&url, &self.context.environment).await;
            let mut rounds = 0;
            loop {
                let opened = open::sources(self.config).await?;
                let estate = opened.estate(self.config).await;
                let gate = Gate::new(estate, policies.clone(), waivers.clone());
                gate.check(action).map_err(gates::unknown_node)?;
                rounds += 1;
                let current = || opened.is_current();
                match gate.decide(&*reservations, &asked, &clock, current).await {
                    Ok(decided) => {
                        let mut one = decided.into_iter().next().unwrap_or_default();
                        if how.suggest && one.decision.verdict() != Verdict::Allow {
                            one.suggestion = gate.part(&*reservations, action, clock()).await;
                        }
                        return Ok::<_, Failure>(one);
                    }
                    Err(Changed) if rounds < ROUNDS => {}
                    Err(Changed) => {
                        let why = "it changes faster than it can be judged";
                        return Ok(Deciding::away("(estate)", why));
                    }
                }
            }
        })?;
        let reply = Reply::new(action, deciding);
        print(
            match how.format {
                GateFormat::Json => format!("{:#}\n", serde_json::json!(reply)),
                GateFormat::Text => plain::lines(&text::reply(&reply, action, clock())),
            }
            .as_bytes(),
        )?;
        Ok(match reply.decision {
            Verdict::Allow => Exit::Held,
            Verdict::Deny => Exit::Violated,
            Verdict::Undecided => Exit::Undecided,
        }
        .into())
    }

    fn release(&self, id: &str, place: Option<String>) -> Result<Ended, Failure> {
        let url = gates::place(self.context, self.config, place)?;
        let clock = self.clock();
        let released = open::runtime()?.block_on(async {
            gates::reservations(&url, &self.context.environment).await.release(id, clock()).await
        });
        match released {
            Ok(true) => Ok(Exit::Held.into()),
            Ok(false) => Err(Failure::new(
                format!("there is no reservation {id:?}"),
                "`groundrule gate list` lists what is held; the others have lapsed",
            )),
            Err(StoreError(why)) => Err(away(&why)),
        }
    }

    fn list(&self, place: Option<String>, format: GateFormat) -> Result<Ended, Failure> {
        let url = gates::place(self.context, self.config, place)?;
        let clock = self.clock();
        let held = open::runtime()?.block_on(async {
            gates::reservations(&url, &self.context.environment).await.held(clock()).await
        });
        let held = held.map_err(|StoreError(why)| away(&why))?;
        print(
            match format {
                GateFormat::Json => format!("{:#}\n", serde_json::json!(held.all)),
                GateFormat::Text => plain::lines(&text::held(&held.all, clock())),
            }
            .as_bytes(),
        )
    }

    /// The time: the real one, unless the command line says another.
    fn clock(&self) -> impl Fn() -> Timestamp + use<> {
        let said = self.global.now.as_ref().map(|_| self.config.trust.now);
        move || said.unwrap_or_else(Timestamp::now)
    }
}

fn away(why: &str) -> Failure {
    Failure::new(why, "name the place with --reservations, or as gate.reservations")
}
