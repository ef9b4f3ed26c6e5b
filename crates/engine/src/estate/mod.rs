//! What is known of an estate, and what is not.
//!
//! The sources answer with names; here the names become a roster, and each source's state is kept
//! for each node: there is a document, there is none, or it is not known.

mod sets;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use groundrule_core::Text;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Sources, StoreError};
use groundrule_core::redaction::Redaction;
use groundrule_core::source::{Known, Listing, Source, Unknown};
use jiff::Timestamp;

use crate::world::Dependencies;

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
    open: Vec<Unknown>,
    pub(crate) dependencies: OnceLock<Arc<Dependencies>>,
}

struct Listed {
    there: bool,
    listing: Listing,
    silent: Option<Text>,
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
        let nothing = !catalogs.there && !facts.there && !registrations.there && reply.is_none();
        let replied =
            reply.as_ref().and_then(|reply| reply.as_ref().ok()).map(|(names, _)| names.as_slice());

        let mut names: Vec<NodeName> = [&catalogs, &facts, &registrations]
            .into_iter()
            .flat_map(Listed::names)
            .chain(replied.into_iter().flatten())
            .cloned()
            .collect();
        names.sort_unstable();
        names.dedup();
        let ids: HashMap<_, _> = names.iter().cloned().zip(0..).collect();
        let mut open = Vec::new();
        let mut know = |source, listed: Listed| {
            let knowledge = listed.knowledge(source, &ids, &settings);
            let gaps =
                knowledge.gaps.iter().map(|why| Unknown { node: None, source, why: why.clone() });
            open.extend(gaps);
            knowledge
        };
        let catalogs = know(Source::Catalogs, catalogs);
        let facts = know(Source::Facts, facts);
        let registrations = know(Source::Registrations, registrations);
        let answering = answering(reply, &ids, &settings, &mut open);
        if nothing {
            let why =
                "the estate has no catalogs, no facts, no registrations and no discovery reply";
            open.push(Unknown { node: None, source: Source::Catalogs, why: why.into() });
        }
        Self {
            names,
            ids,
            sources,
            settings,
            catalogs,
            facts,
            registrations,
            answering,
            open,
            dependencies: OnceLock::new(),
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
        match answer {
            Some(Ok(listing)) if listing.absent => {
                Self { there: false, listing, silent: missing(source, settings) }
            }
            Some(Ok(listing)) => Self { there: true, listing, silent: None },
            Some(Err(StoreError(why))) => {
                Self { there: true, listing: Listing::default(), silent: Some(why) }
            }
            None => Self {
                there: false,
                listing: Listing::default(),
                silent: missing(source, settings),
            },
        }
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
        let mut gaps = self.listing.gaps;
        gaps.extend(self.silent);
        Knowledge { there: self.there, documents, gaps }
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
    (age > max_age).then(|| format!("it is {} old, and max_age is {limit}", describe(age)).into())
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

fn answering(
    reply: Option<Reply>,
    ids: &HashMap<NodeName, NodeId>,
    settings: &Settings,
    open: &mut Vec<Unknown>,
) -> Result<Vec<bool>, Unknown> {
    let unknown = |why: Text| Unknown { node: None, source: Source::Discovery, why };
    match reply {
        None => {
            let expected = missing(Source::Discovery, settings).map(unknown);
            open.extend(expected.clone());
            Err(expected.unwrap_or_else(|| unknown("the estate has no discovery reply".into())))
        }
        Some(Err(StoreError(why))) => {
            open.push(unknown(why.clone()));
            Err(unknown(why))
        }
        Some(Ok((names, at))) => match too_old(Source::Discovery, at, settings) {
            Some(why) => {
                Err(unknown(format!("the discovery reply cannot be relied on: {why}").into()))
            }
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
