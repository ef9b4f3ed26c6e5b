//! Who is missing where: registered, discovered, with a catalog, with facts.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::name::NodeName;
use groundrule_core::source::{Known, Listing, Source};
use groundrule_engine::estate::{Document, Estate, Knowledge, describe};
use groundrule_engine::world::World;
use jiff::Timestamp;
use serde::Serialize;

use crate::answer::{Answer, Wrong};

#[derive(Serialize)]
struct Missing {
    /// Registered, and not answering.
    absent: Vec<NodeName>,
    /// Answering, and not registered.
    strangers: Vec<NodeName>,
    /// Registered longer ago than is good.
    stale: Vec<NodeName>,
    /// Known, without a catalog.
    without_catalog: Vec<NodeName>,
    /// Known, without facts.
    without_facts: Vec<NodeName>,
    /// Of everybody who is in one of the lists: how old what we have of it is, in seconds.
    ages: BTreeMap<NodeName, Ages>,
}

#[derive(Default, Serialize)]
struct Ages {
    catalog: Option<i64>,
    facts: Option<i64>,
    registration: Option<i64>,
}

/// Registered, discovered, catalogs and facts beside each other; a registration is stale that is
/// older than `stale`.
///
/// # Errors
/// When a store does not answer.
pub(crate) async fn missing(estate: &Arc<Estate>, stale: Duration) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let now = estate.settings.now;
    let mut unknown = estate.unknown_nodes().to_vec();
    let (registered, answers) = (world.is_registered(), world.answers());
    let seen = world.last_seen().await;
    let mut missing = Missing {
        absent: Vec::new(),
        strangers: Vec::new(),
        stale: Vec::new(),
        without_catalog: Vec::new(),
        without_facts: Vec::new(),
        ages: BTreeMap::new(),
    };
    for (there, source) in [
        (estate.catalogs.there, Source::Catalogs),
        (estate.facts.there, Source::Facts),
        (estate.registrations.there, Source::Registrations),
    ] {
        if !there {
            let why = format!("the estate has no {}", source.plural()).into();
            unknown.push(groundrule_core::source::Unknown { node: None, source, why });
        }
    }
    if let Err(silent) = &estate.answering {
        unknown.push(silent.clone());
    }
    for node in world.nodes().ones() {
        let name = world.name(node).clone();
        match (&registered.values[node], &answers.values[node]) {
            (Known::Present(()), Known::Absent) => missing.absent.push(name.clone()),
            (Known::Absent, Known::Present(())) => missing.strangers.push(name.clone()),
            (Known::Unknown(why), _) if estate.registrations.there => {
                unknown.push(world.unknown(node, Source::Registrations, why));
            }
            _ => {}
        }
        if let Known::Present(at) = &seen.values[node]
            && Duration::try_from(now.duration_since(*at)).is_ok_and(|age| age > stale)
        {
            missing.stale.push(name.clone());
        }
        if lacks(&estate.catalogs, node) {
            missing.without_catalog.push(name.clone());
        }
        if lacks(&estate.facts, node) {
            missing.without_facts.push(name);
        }
    }
    missing.ages(estate).await?;
    let text = text(&missing);
    Ok(Answer::new(&missing, &text, unknown))
}

fn lacks(source: &Knowledge, node: usize) -> bool {
    source.there && source.documents[node] == Document::Absent && source.gaps.is_empty()
}

impl Missing {
    fn lists(&self) -> [(&'static str, &[NodeName]); 5] {
        [
            ("registered, but do not answer", &self.absent),
            ("answer, but are not registered", &self.strangers),
            ("registered too long ago", &self.stale),
            ("without a catalog", &self.without_catalog),
            ("without facts", &self.without_facts),
        ]
    }

    async fn ages(&mut self, estate: &Estate) -> Result<(), Wrong> {
        let sources = &estate.sources;
        let none = Listing::default;
        let catalogs = match &sources.graph {
            Some(store) => store.nodes().await?,
            None => none(),
        };
        let facts = match &sources.facts {
            Some(store) => store.nodes().await?,
            None => none(),
        };
        let registrations = match &sources.registry {
            Some(store) => store.nodes().await?,
            None => none(),
        };
        let now = estate.settings.now;
        let of = |listing: Listing| -> BTreeMap<NodeName, i64> {
            let age = |(node, at): (NodeName, Option<Timestamp>)| {
                Some((node, now.duration_since(at?).as_secs()))
            };
            listing.readable.into_iter().filter_map(age).collect()
        };
        let (catalogs, facts, registrations) = (of(catalogs), of(facts), of(registrations));
        let all: Vec<NodeName> =
            self.lists().iter().flat_map(|(_, nodes)| nodes.iter().cloned()).collect();
        for node in all {
            let ages = Ages {
                catalog: catalogs.get(&node).copied(),
                facts: facts.get(&node).copied(),
                registration: registrations.get(&node).copied(),
            };
            self.ages.insert(node, ages);
        }
        Ok(())
    }
}

fn text(missing: &Missing) -> String {
    let mut text = String::new();
    for (title, nodes) in missing.lists().into_iter().filter(|(_, nodes)| !nodes.is_empty()) {
        let _ = writeln!(text, "{title}:");
        for node in nodes {
            let ages = &missing.ages[node];
            let told = [
                ("catalog", ages.catalog),
                ("facts", ages.facts),
                ("registration", ages.registration),
            ];
            let told: Vec<_> = told
                .into_iter()
                .filter_map(|(what, age)| {
                    let age = Duration::from_secs(u64::try_from(age?).unwrap_or_default());
                    Some(format!("{what} {} old", describe(age)))
                })
                .collect();
            let told =
                if told.is_empty() { String::new() } else { format!("  ({})", told.join(", ")) };
            let _ = writeln!(text, "  {node}{told}");
        }
    }
    if text.is_empty() {
        text.push_str("nobody is missing\n");
    }
    text
}
