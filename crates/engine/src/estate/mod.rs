//! What is known of an estate, and what is not.
//!
//! The sources answer with names; here the names become a roster, and each source's state is kept
//! for each node: there is a document, there is none, or it is not known.

pub(crate) mod answers;
mod checks;
mod sets;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use groundrule_core::Text;
use groundrule_core::dependency::{Declared, Providers};
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Sources, StoreError};
use groundrule_core::redaction::Redaction;
use groundrule_core::source::{Known, Listing, Source, Unknown};
use jiff::Timestamp;

use crate::world::Dependencies;
use answers::Answers;

pub use sets::{NodeId, Truth};

/// How far sources are trusted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The time at which the estate is judged.
    pub now: Timestamp,
    /// Documents of a source that are older than this are not known.
    pub max_age: BTreeMap<Source, Duration>,
    /// Sources that the estate must have: one that is missing did not answer.
    pub expected: Vec<Source>,
    /// Leave out nodes of which it is not known whether a rule is about them.
    pub ignore_unknown_nodes: bool,
    /// Names whose values stay out.
    pub redaction: Redaction,
}

impl Settings {
    /// Nothing expected, no age too old.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self {
            now,
            max_age: BTreeMap::new(),
            expected: Vec::new(),
            ignore_unknown_nodes: false,
            redaction: Redaction::default(),
        }
    }
}

/// What a source has of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    /// A document that can be relied on.
    Readable,
    /// None.
    Absent,
    /// Something that cannot be relied on, and why.
    Unknown(Text),
}

/// One source, for every node of the roster.
#[derive(Clone, Debug)]
pub struct Knowledge {
    /// Whether the estate has such a source at all.
    pub there: bool,
    /// By node.
    pub documents: Vec<Document>,
    /// Why it may know more nodes, or newer documents, than it told.
    pub gaps: Vec<Text>,
}

/// Everything known about all nodes at one time.
pub struct Estate {
    names: Vec<NodeName>,
    ids: HashMap<NodeName, NodeId>,
    /// The sources that answer questions.
    pub sources: Sources,
    /// How far they are trusted.
    pub settings: Settings,
    /// Catalogs.
    pub catalogs: Knowledge,
    /// Facts documents.
    pub facts: Knowledge,
    /// Registrations.
    pub registrations: Knowledge,
    /// Who answers discovery: by node, or why it is not known.
    pub answering: Result<Vec<bool>, Unknown>,
    /// Nodes that only a dependency or a discovery reply that is too old names, where there may be nodes that nobody told us about.
    pub rumoured: BTreeMap<NodeId, Unknown>,
    open: Vec<Unknown>,
    pub(crate) dependencies: OnceLock<Arc<Dependencies>>,
    pub(crate) answers: Answers,
    checks: checks::Results,
}

/// What a source answered.
struct Listed {
    there: bool,
    listing: Listing,
    /// Why it told nothing.
    silent: Option<Text>,
    /// Why it may know more than it told.
    gaps: Vec<Text>,
}

impl Estate {
    /// Asks every source which nodes it knows.
    pub async fn open(sources: Sources, settings: Settings) -> Self {
        let catalogs = match &sources.graph {
            Some(store) => Some(store.nodes().await),
            None => None,
        };
        let facts = match &sources.facts {
            Some(store) => Some(store.nodes().await),
            None => None,
        };
        let registrations = match &sources.registry {
            Some(store) => Some(store.nodes().await),
            None => None,
        };
        let reply = match &sources.discovery {
            Some(store) => Some(store.answering().await),
            None => None,
        };
        let catalogs = Listed::new(Source::Catalogs, catalogs, &settings);
        let facts = Listed::new(Source::Facts, facts, &settings);
        let registrations = Listed::new(Source::Registrations, registrations, &settings);
        let listed = [
            (Source::Catalogs, &catalogs),
            (Source::Facts, &facts),
            (Source::Registrations, &registrations),
        ];
        let of_source = |(source, listed): (Source, &Listed)| {
            let unknown = move |why: &Text| Unknown { node: None, source, why: why.clone() };
            listed.gaps.iter().map(unknown).collect::<Vec<_>>()
        };
        let mut open: Vec<Unknown> = listed.into_iter().flat_map(of_source).collect();
        let outdated = reply.as_ref().and_then(|reply| outdated(reply, &settings));
        let (replied, before) = match &reply {
            Some(Ok((names, _))) if outdated.is_none() => (names.as_slice(), &[][..]),
            Some(Ok((names, _))) => {
                open.extend(outdated.clone());
                (&[][..], names.as_slice())
            }
            Some(Err(StoreError(why))) => {
                open.push(no_reply(why.clone()));
                (&[][..], &[][..])
            }
            None => {
                open.extend(missing(Source::Discovery, &settings).map(no_reply));
                (&[][..], &[][..])
            }
        };
        if listed.iter().all(|(_, listed)| !listed.there) && reply.is_none() {
            let why =
                "the estate has no catalogs, no facts, no registrations and no discovery reply";
            open.push(Unknown { node: None, source: Source::Catalogs, why: why.into() });
        }
        let names = listed.iter().flat_map(|(_, listed)| listed.names()).chain(replied);
        let known: HashSet<NodeName> = names.cloned().collect();
        let mut names: Vec<_> = known.iter().chain(before).cloned().collect();
        if !open.is_empty() {
            names.extend(named_by_dependencies(&sources).await);
        }
        names.sort_unstable();
        names.dedup();
        let ids: HashMap<_, _> = names.iter().cloned().zip(0..).collect();
        let rumour = |name: &&NodeName| !known.contains(*name);
        let rumoured = names.iter().filter(rumour).map(|name| {
            let (source, by) = match before.contains(name) {
                true => (Source::Discovery, "a discovery reply that is too old"),
                false => (Source::Catalogs, "a dependency"),
            };
            let why = format!("only {by} names it, and whether it is there is not known").into();
            (ids[name], Unknown { node: Some(name.clone()), source, why })
        });
        let rumoured = rumoured.collect();
        let know = |source, listed: Listed| listed.knowledge(source, &ids, &settings);
        Self {
            catalogs: know(Source::Catalogs, catalogs),
            facts: know(Source::Facts, facts),
            registrations: know(Source::Registrations, registrations),
            answering: answering(reply, outdated, &ids, &settings),
            names,
            ids,
            sources,
            settings,
            rumoured,
            open,
            dependencies: OnceLock::new(),
            answers: Answers::default(),
            checks: checks::Results::default(),
        }
    }

    /// How many nodes are known.
    #[must_use]
    pub fn size(&self) -> usize {
        self.names.len()
    }

    /// The nodes by id, in the order of their names.
    #[must_use]
    pub fn names(&self) -> &[NodeName] {
        &self.names
    }

    /// The id of a node that some source knows.
    #[must_use]
    pub fn id(&self, name: &NodeName) -> Option<NodeId> {
        self.ids.get(name).copied()
    }

    /// Why there may be nodes that are not in the roster.
    #[must_use]
    pub fn unknown_nodes(&self) -> &[Unknown] {
        &self.open
    }

    /// Something that is not known of a node.
    #[must_use]
    pub fn unknown(&self, node: NodeId, source: Source, why: &Text) -> Unknown {
        Unknown { node: self.names.get(node).cloned(), source, why: why.clone() }
    }

    /// Why a node may have a catalog that we could not read.
    #[must_use]
    pub fn catalog_unknown(&self, node: NodeId) -> Option<&Text> {
        match self.catalogs.documents.get(node)? {
            Document::Readable => None,
            Document::Unknown(why) => Some(why),
            Document::Absent => self.catalogs.gaps.first(),
        }
    }

    /// Turns rows by name into values by id.
    pub(crate) fn by_id<T>(&self, rows: Vec<(NodeName, T)>) -> Vec<Option<T>> {
        let mut values: Vec<Option<T>> =
            std::iter::repeat_with(|| None).take(self.size()).collect();
        for (name, value) in rows {
            if let Some(id) = self.id(&name) {
                values[id] = Some(value);
            }
        }
        values
    }
}

impl Listed {
    fn new(source: Source, answer: Option<Answer<Listing>>, settings: &Settings) -> Self {
        let (there, mut listing, silent) = match answer {
            Some(Ok(listing)) if listing.absent => (false, listing, missing(source, settings)),
            Some(Ok(listing)) => (true, listing, None),
            Some(Err(StoreError(why))) => (true, Listing::default(), Some(why)),
            None => (false, Listing::default(), missing(source, settings)),
        };
        let mut gaps = std::mem::take(&mut listing.gaps);
        gaps.extend(silent.clone());
        Self { there, listing, silent, gaps }
    }

    fn names(&self) -> impl Iterator<Item = &NodeName> {
        let unreadable = self.listing.unreadable.iter().map(|(name, _)| name);
        self.listing.readable.iter().map(|(name, _)| name).chain(unreadable)
    }

    fn knowledge(
        self,
        source: Source,
        ids: &HashMap<NodeName, NodeId>,
        settings: &Settings,
    ) -> Knowledge {
        let blank = match &self.silent {
            Some(why) => Document::Unknown(why.clone()),
            None => Document::Absent,
        };
        let mut documents = vec![blank; ids.len()];
        for (name, made) in &self.listing.readable {
            documents[ids[name]] = match too_old(source, *made, settings) {
                Some(why) => Document::Unknown(why),
                None => Document::Readable,
            };
        }
        for (name, why) in &self.listing.unreadable {
            documents[ids[name]] = Document::Unknown(why.clone());
        }
        Knowledge { there: self.there, documents, gaps: self.gaps }
    }
}

fn missing(source: Source, settings: &Settings) -> Option<Text> {
    let expected = settings.expected.contains(&source);
    expected.then(|| {
        let name = source.plural();
        format!("the configuration expects {name}, and the estate has none").into()
    })
}

fn too_old(source: Source, made: Option<Timestamp>, settings: &Settings) -> Option<Text> {
    let max_age = *settings.max_age.get(&source)?;
    let limit = describe(max_age);
    let Some(made) = made else {
        return Some(format!("nothing tells how old it is, and max_age is {limit}").into());
    };
    let age = Duration::try_from(settings.now.duration_since(made)).unwrap_or_default();
    let over = if describe(age) == limit { "just over " } else { "" };
    let told = || format!("it is {over}{} old, and max_age is {limit}", describe(age));
    (age > max_age).then(|| told().into())
}

/// A length of time in its largest unit: `3 days`, `1 hour`, `40 seconds`.
#[must_use]
pub fn describe(time: Duration) -> String {
    let seconds = time.as_secs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

type Reply = Answer<(Vec<NodeName>, Option<Timestamp>)>;

fn no_reply(why: Text) -> Unknown {
    Unknown { node: None, source: Source::Discovery, why }
}

/// Why a reply cannot be relied on, if it is too old.
fn outdated(reply: &Reply, settings: &Settings) -> Option<Unknown> {
    let (_, at) = reply.as_ref().ok()?;
    let why = too_old(Source::Discovery, *at, settings)?;
    Some(no_reply(format!("the discovery reply cannot be relied on: {why}").into()))
}

fn answering(
    reply: Option<Reply>,
    outdated: Option<Unknown>,
    ids: &HashMap<NodeName, NodeId>,
    settings: &Settings,
) -> Result<Vec<bool>, Unknown> {
    match reply {
        None => {
            let why = missing(Source::Discovery, settings);
            Err(no_reply(why.unwrap_or_else(|| "the estate has no discovery reply".into())))
        }
        Some(Err(StoreError(why))) => Err(no_reply(why)),
        Some(Ok((names, _))) => match outdated {
            Some(outdated) => Err(outdated),
            None => {
                let mut answering = vec![false; ids.len()];
                for name in names {
                    answering[ids[&name]] = true;
                }
                Ok(answering)
            }
        },
    }
}

/// The nodes that dependencies name. A store that does not tell says so again when it is asked
/// for the dependencies themselves.
async fn named_by_dependencies(sources: &Sources) -> Vec<NodeName> {
    let declared = match &sources.graph {
        Some(store) => store.dependencies().await.unwrap_or_default(),
        None => Vec::new(),
    };
    let mut names = Vec::new();
    for Declared { node, providers, .. } in declared {
        names.push(node);
        if let Providers::Nodes(nodes) = providers {
            names.extend(nodes);
        }
    }
    names
}

impl Knowledge {
    /// What is known of a node's value, given what the source's rows say.
    pub(crate) fn look<T>(&self, node: NodeId, row: Option<T>) -> Known<T> {
        match self.documents.get(node) {
            Some(Document::Readable) => row.map_or(Known::Absent, Known::Present),
            Some(Document::Unknown(why)) => Known::Unknown(why.clone()),
            _ => match self.gaps.first() {
                Some(why) => Known::Unknown(why.clone()),
                None => Known::Absent,
            },
        }
    }
}
