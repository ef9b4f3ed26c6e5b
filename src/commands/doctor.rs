//! `groundrule doctor`: what each source is, how old and how complete, and what is wrong.

use std::time::Duration;

use groundrule_core::plain;
use groundrule_core::ports::{Answer, Sources, StoreError};
use groundrule_core::source::{Listing, Source};
use groundrule_engine::estate::describe;
use groundrule_inventory::source::{Remark, Role};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::open::Each;
use super::{Ended, open};
use crate::cli::{Doctor, Global, ShowFormat};
use crate::config::Config;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::sink;

/// What was found out of one source.
struct Found {
    address: String,
    roles: Vec<Role>,
    identity: Answer<String>,
    parts: Vec<Part>,
    remarks: Vec<Remark>,
}

/// What a source knows of one kind.
struct Part {
    role: Role,
    documents: usize,
    oldest: Option<Timestamp>,
    newest: Option<Timestamp>,
    absent: bool,
}

/// Looks at every source.
pub fn look(context: &Context, global: &Global, options: &Doctor) -> Result<Ended, Failure> {
    let config = Config::load(context, global)?;
    let found = open::runtime()?.block_on(async {
        let opened = open::sources(&config).await?;
        let mut found = Vec::new();
        for each in &opened.each {
            found.push(examine(each, &config).await);
        }
        Ok::<_, Failure>(found)
    })?;
    let mut out = sink::stdout();
    match options.format {
        ShowFormat::Json => {
            let all: Vec<_> = found.iter().map(Found::json).collect();
            writeln!(out, "{:#}", json!({"sources": all}))?;
        }
        ShowFormat::Text => {
            let all: Vec<_> = found.iter().map(|found| found.text(config.trust.now)).collect();
            out.write_all(plain::lines(&all.join("\n")).as_bytes())?;
        }
    }
    out.flush()?;
    let undecided = found.iter().any(|found| found.remarks.iter().any(|remark| remark.undecides));
    Ok(if undecided { Exit::Undecided } else { Exit::Held }.into())
}

async fn examine(each: &Each, config: &Config) -> Found {
    let mut found = Found {
        address: each.location.to_string(),
        roles: each.roles.clone(),
        identity: each.health.identity().await,
        parts: Vec::new(),
        remarks: Vec::new(),
    };
    if let Err(StoreError(why)) = &found.identity {
        found.remark(
            why.to_string(),
            "see that it runs, and that the address and the login are right",
        );
        return found;
    }
    for role in &each.roles {
        match listing(*role, &each.sources).await {
            None => found.parts.push(Part::absent(*role)),
            Some(Ok(listing)) => found.part(*role, &listing, config),
            Some(Err(StoreError(why))) => {
                found.remark(
                    format!("{}: {why}", role.name()),
                    "docs/stores.md tells of each kind of source",
                );
            }
        }
    }
    match each.health.remarks().await {
        Ok(remarks) => found.remarks.extend(remarks),
        Err(StoreError(why)) => found.remark(why.to_string(), "look again"),
    }
    found
}

/// Which documents a source has of one kind; none where it has no such port.
async fn listing(role: Role, sources: &Sources) -> Option<Answer<Listing>> {
    Some(match role {
        Role::Graph => sources.graph.as_ref()?.nodes().await,
        Role::Facts => sources.facts.as_ref()?.nodes().await,
        Role::Registrations => sources.registry.as_ref()?.nodes().await,
        Role::Discovery => {
            sources.discovery.as_ref()?.answering().await.map(|(nodes, at)| Listing {
                readable: nodes.into_iter().map(|node| (node, at)).collect(),
                ..Listing::default()
            })
        }
        Role::Checks => sources.checks.as_ref()?.ready().await.map(|nodes| Listing {
            readable: nodes.into_iter().map(|node| (node, None)).collect(),
            ..Listing::default()
        }),
    })
}

impl Found {
    fn remark(&mut self, what: String, help: &str) {
        self.remarks.push(Remark { what, help: help.to_owned(), undecides: true });
    }

    fn part(&mut self, role: Role, listing: &Listing, config: &Config) {
        let times = || listing.readable.iter().filter_map(|(_, at)| *at);
        let (source, name) = match role {
            Role::Graph => (Source::Catalogs, "catalogs"),
            Role::Facts => (Source::Facts, "facts"),
            Role::Registrations => (Source::Registrations, "registrations"),
            Role::Discovery => (Source::Discovery, "discovery"),
            Role::Checks => (Source::Checks, "checks"),
        };
        self.parts.push(Part {
            role,
            documents: listing.readable.len(),
            oldest: times().min(),
            newest: times().max(),
            absent: listing.absent,
        });
        for why in &listing.gaps {
            self.remark(
                format!("{name}: {why}"),
                "until then, rules about all nodes are undecided",
            );
        }
        for (node, why) in &listing.unreadable {
            self.remark(format!("{name} of {node}: {why}"), "repair it, and load it again");
        }
        if let Some(limit) = config.trust.max_age.get(&source) {
            let old = |at: &Option<Timestamp>| {
                at.is_none_or(|at| age(config.trust.now, at).is_some_and(|age| age > *limit))
            };
            let old = listing.readable.iter().filter(|(_, at)| old(at)).count();
            if old > 0 {
                let what = format!(
                    "{name}: {old} are older than {}, or nobody knows how old",
                    describe(*limit)
                );
                self.remark(what, "see why nothing newer comes, or set another max_age");
            }
        }
    }

    fn text(&self, now: Timestamp) -> String {
        let roles: Vec<_> = self.roles.iter().map(|role| role.name()).collect();
        let mut text = format!("{} ({})\n", self.address, roles.join(", "));
        if let Ok(identity) = &self.identity {
            text.push_str(&format!("  {identity}\n"));
        }
        for part in &self.parts {
            text.push_str(&format!("  {}\n", plain::line(&part.text(now))));
        }
        for Remark { what, help, undecides } in &self.remarks {
            let kind = if *undecides { "problem" } else { "note" };
            let line = plain::line(&format!("{what}: {help}"));
            text.push_str(&format!("  {kind}: {line}\n"));
        }
        if self.remarks.is_empty() {
            text.push_str("  no problems\n");
        }
        text
    }

    fn json(&self) -> Value {
        let remark = |remark: &Remark| json!({"what": remark.what, "help": remark.help, "undecides": remark.undecides});
        let part = |part: &Part| {
            json!({
                "role": part.role.name(),
                "there": !part.absent,
                "documents": part.documents,
                "oldest": part.oldest,
                "newest": part.newest,
            })
        };
        json!({
            "address": self.address,
            "identity": self.identity.as_ref().ok(),
            "parts": self.parts.iter().map(part).collect::<Vec<_>>(),
            "problems": self.remarks.iter().map(remark).collect::<Vec<_>>(),
        })
    }
}

impl Part {
    fn absent(role: Role) -> Self {
        Self { role, documents: 0, oldest: None, newest: None, absent: true }
    }

    fn text(&self, now: Timestamp) -> String {
        let what = match self.role {
            Role::Graph => "catalogs",
            Role::Discovery => "nodes that answer",
            Role::Checks => "nodes that run checks",
            other => other.name(),
        };
        if self.absent {
            return format!("no {what}");
        }
        let told =
            |at: Timestamp| age(now, at).map_or_else(|| "from the future".to_owned(), describe);
        let ages = match (self.newest, self.oldest) {
            (Some(newest), Some(oldest)) if newest == oldest => format!(", {} old", told(oldest)),
            (Some(newest), Some(oldest)) => format!(", {} to {} old", told(newest), told(oldest)),
            _ => String::new(),
        };
        format!("{} {what}{ages}", self.documents)
    }
}

fn age(now: Timestamp, at: Timestamp) -> Option<Duration> {
    Duration::try_from(now.duration_since(at)).ok()
}
