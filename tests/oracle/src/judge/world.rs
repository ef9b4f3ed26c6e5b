//! The supposed world: the estate without the nodes shut down and with those added.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::filter::{Filter, fact_matches};
use crate::model::{Catalog, Documents, Estate, Providers, Registration};
use crate::pattern;
use crate::truth::Truth;
use crate::values;

/// Stands for a node that no document names; no real node is called so.
pub const NOBODY: &str = "?";

/// An estate under suppositions.
#[derive(Clone)]
pub struct World<'a> {
    pub estate: &'a Estate,
    /// Who was shut down; `Maybe` for those who may belong to a set that was.
    gone: BTreeMap<String, Truth>,
    added: BTreeMap<String, Added>,
    /// Names that the policy brought up: where others may exist, these may.
    mentioned: BTreeSet<String>,
}

/// A node supposed to be added. It has its class and its facts, and nothing else.
#[derive(Clone)]
struct Added {
    class: String,
    facts: Map<String, Value>,
}

/// One document of a source.
pub enum Document<'a, T> {
    Read(&'a T),
    Unreadable,
    /// There is none for this node, or the source does not exist.
    Missing,
}

/// One fact of one node.
pub enum Fact<'a> {
    Unknown,
    Absent,
    Is(&'a Value),
}

fn document<'a, T>(source: &'a Option<Documents<T>>, node: &str) -> Document<'a, T> {
    match source.as_ref().and_then(|documents| documents.get(node)) {
        Some(Some(read)) => Document::Read(read),
        Some(None) => Document::Unreadable,
        None => Document::Missing,
    }
}

fn names_of<T>(source: &Option<Documents<T>>) -> BTreeSet<String> {
    source.iter().flat_map(|documents| documents.keys().cloned()).collect()
}

impl<'a> World<'a> {
    /// The estate as it is.
    pub fn today(estate: &'a Estate) -> World<'a> {
        World { estate, gone: BTreeMap::new(), added: BTreeMap::new(), mentioned: BTreeSet::new() }
    }

    /// Hears a name from the policy.
    pub fn mention(&mut self, node: &str) {
        self.mentioned.insert(node.to_string());
    }

    /// Supposes a node gone, for certain or perhaps.
    pub fn shut_down(&mut self, node: &str, truth: Truth) {
        let before = self.gone.get(node).copied().unwrap_or(Truth::No);
        self.gone.insert(node.to_string(), before.or(truth));
    }

    /// Supposes a new node.
    pub fn add(&mut self, class: &str, facts: &[(String, String)]) {
        let name = format!("(new {})", self.added.len() + 1);
        let class = pattern::class_name(class);
        let facts = facts.iter().map(|(name, value)| (name.clone(), value.clone().into()));
        self.added.insert(name, Added { class, facts: facts.collect() });
    }

    pub fn is_added(&self, node: &str) -> bool {
        self.added.contains_key(node)
    }

    /// Whether there may be nodes that no document names.
    pub fn open(&self) -> bool {
        let estate = self.estate;
        let no_source = estate.catalogs.is_none()
            && estate.facts.is_none()
            && estate.registrations.is_none()
            && estate.discovery.is_none();
        no_source || estate.discovery == Some(None)
    }

    /// Everyone whom a source knows.
    fn known(&self) -> BTreeSet<String> {
        let mut names = names_of(&self.estate.catalogs);
        names.extend(names_of(&self.estate.facts));
        names.extend(names_of(&self.estate.registrations));
        names.extend(self.estate.discovery.iter().flatten().flatten().cloned());
        names
    }

    fn knows(&self, node: &str) -> bool {
        let estate = self.estate;
        estate.catalogs.as_ref().is_some_and(|all| all.contains_key(node))
            || estate.facts.as_ref().is_some_and(|all| all.contains_key(node))
            || estate.registrations.as_ref().is_some_and(|all| all.contains_key(node))
            || estate.discovery.iter().flatten().any(|answers| answers.contains(node))
    }

    /// Whether the node is known and not shut down.
    pub fn stands(&self, node: &str) -> Truth {
        let known = if self.knows(node) || self.is_added(node) {
            Truth::Yes
        } else if self.open() {
            Truth::Maybe
        } else {
            Truth::No
        };
        known.and(self.gone.get(node).copied().unwrap_or(Truth::No).negate())
    }

    /// All nodes that stand or may stand, those included that only a dependency or the policy names.
    pub fn nodes(&self) -> BTreeMap<String, Truth> {
        let mut names = self.known();
        names.extend(self.added.keys().cloned());
        names.extend(self.mentioned.iter().cloned());
        let catalogs = self.estate.catalogs.iter().flat_map(|all| all.values().flatten());
        let in_catalogs = catalogs.flat_map(|catalog| &catalog.dependencies);
        let beside = self.estate.relationships.iter().flatten().flatten();
        for dependency in in_catalogs.chain(beside) {
            names.insert(dependency.node.clone());
            if let Providers::Nodes(nodes) = &dependency.providers {
                names.extend(nodes.iter().cloned());
            }
        }
        let all = names.into_iter().map(|name| (self.stands(&name), name));
        all.filter(|(stands, _)| *stands != Truth::No)
            .map(|(stands, name)| (name, stands))
            .collect()
    }

    pub fn catalog(&self, node: &str) -> Document<'a, Catalog> {
        document(&self.estate.catalogs, node)
    }

    pub fn registration(&self, node: &str) -> Document<'a, Registration> {
        document(&self.estate.registrations, node)
    }

    /// All facts of a node: its document, else its registration; `None` if they are unknown.
    pub fn facts(&self, node: &str) -> Option<&Map<String, Value>> {
        if let Some(added) = self.added.get(node) {
            return Some(&added.facts);
        }
        match document(&self.estate.facts, node) {
            Document::Read(facts) => Some(facts),
            Document::Unreadable => None,
            Document::Missing => match self.registration(node) {
                Document::Read(registration) => registration.facts.as_ref(),
                _ => None,
            },
        }
    }

    pub fn fact(&self, node: &str, name: &str) -> Fact<'_> {
        match self.facts(node) {
            None => Fact::Unknown,
            Some(facts) => values::lookup(facts, name).map_or(Fact::Absent, Fact::Is),
        }
    }

    /// Whether the node has the fact and it is as asked.
    pub fn fact_is(&self, node: &str, name: &str, good: impl Fn(&Value) -> bool) -> Truth {
        match self.fact(node, name) {
            Fact::Unknown => Truth::Maybe,
            Fact::Absent => Truth::No,
            Fact::Is(value) => good(value).into(),
        }
    }

    /// The classes found, and whether those are all.
    pub fn classes(&self, node: &str) -> (BTreeSet<String>, bool) {
        if let Some(added) = self.added.get(node) {
            return ([added.class.clone()].into(), true);
        }
        let mut found = BTreeSet::new();
        let mut told = false;
        let mut unreadable = false;
        match self.catalog(node) {
            Document::Read(catalog) => {
                found.extend(catalog.classes.iter().cloned());
                told = true;
            }
            Document::Unreadable => unreadable = true,
            Document::Missing => {}
        }
        match self.registration(node) {
            Document::Read(registration) => {
                found.extend(registration.classes.iter().flatten().cloned());
                told |= registration.classes.is_some();
            }
            Document::Unreadable => unreadable = true,
            Document::Missing => {}
        }
        (found, told && !unreadable)
    }

    pub fn has_class(&self, node: &str, asked: &str) -> Truth {
        let (found, all) = self.classes(node);
        if found.iter().any(|class| pattern::names_class(asked, class)) {
            Truth::Yes
        } else if all {
            Truth::No
        } else {
            Truth::Maybe
        }
    }

    pub fn in_environment(&self, node: &str, asked: &str) -> Truth {
        match self.catalog(node) {
            _ if self.is_added(node) => Truth::No,
            Document::Read(catalog) => pattern::names(asked, &catalog.environment).into(),
            _ => Truth::Maybe,
        }
    }

    pub fn has_agent(&self, node: &str, asked: &str) -> Truth {
        if self.is_added(node) {
            return Truth::No;
        }
        let Document::Read(registration) = self.registration(node) else { return Truth::Maybe };
        match &registration.agents {
            Some(agents) => agents.iter().any(|agent| pattern::names(asked, agent)).into(),
            None => Truth::Maybe,
        }
    }

    pub fn is_registered(&self, node: &str) -> Truth {
        match &self.estate.registrations {
            _ if self.is_added(node) => Truth::No,
            Some(documents) => match documents.get(node) {
                Some(Some(_)) => Truth::Yes,
                Some(None) => Truth::Maybe,
                None => Truth::No,
            },
            None => Truth::Maybe,
        }
    }

    pub fn is_discovered(&self, node: &str) -> Truth {
        match &self.estate.discovery {
            _ if self.is_added(node) => Truth::No,
            Some(Some(answers)) => answers.contains(node).into(),
            _ => Truth::Maybe,
        }
    }

    /// Whether the node's catalog has the resource.
    pub fn has_resource(&self, node: &str, reference: &str) -> Truth {
        match self.catalog(node) {
            _ if self.is_added(node) => Truth::No,
            Document::Read(catalog) => {
                catalog.resources.iter().any(|one| one.reference == reference).into()
            }
            _ => Truth::Maybe,
        }
    }

    /// Whether a compound filter matches the node; a filter that cannot be read decides nothing.
    pub fn matches(&self, node: &str, filter: &str) -> Truth {
        let Ok(filter) = Filter::parse(filter) else { return Truth::Maybe };
        filter.truth(&|atom| match atom {
            Filter::Class(asked) => self.has_class(node, asked),
            Filter::Fact { name, operator, value } => {
                self.fact_is(node, name, |fact| fact_matches(fact, operator, value))
            }
            _ => Truth::Maybe,
        })
    }
}
