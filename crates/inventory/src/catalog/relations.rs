//! From references to edges: aliases, containment, require, before, notify, subscribe.

use std::borrow::Cow;
use std::collections::HashMap;

use groundrule_core::name::{ResourceRef, file_name};

use super::json::Context;
use super::{Catalog, RawResource, Resource};
use crate::fault::Fault;

/// A relationship in PuppetDB's words; its source comes first, or is what contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// The source contains the target.
    Contains,
    /// The target requires the source.
    RequiredBy,
    /// The source is before the target.
    Before,
    /// The source notifies the target.
    Notifies,
    /// The target subscribes to the source.
    SubscriptionOf,
}

impl Relation {
    /// The relationship of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Contains, Self::RequiredBy, Self::Before, Self::Notifies, Self::SubscriptionOf]
            .into_iter()
            .find(|relation| relation.as_str() == name)
    }

    /// The parameter that declares it.
    #[must_use]
    pub fn of_parameter(name: &str) -> Option<Self> {
        match name {
            "require" => Some(Self::RequiredBy),
            "before" => Some(Self::Before),
            "notify" => Some(Self::Notifies),
            "subscribe" => Some(Self::SubscriptionOf),
            _ => None,
        }
    }

    /// The parameter that declares it, or `contain`.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::Contains => "contain",
            Self::RequiredBy => "require",
            Self::Before => "before",
            Self::Notifies => "notify",
            Self::SubscriptionOf => "subscribe",
        }
    }

    /// PuppetDB's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::RequiredBy => "required-by",
            Self::Before => "before",
            Self::Notifies => "notifies",
            Self::SubscriptionOf => "subscription-of",
        }
    }

    /// Source and target of the relationship that a parameter of `here` declares on `there`.
    fn ends(self, here: u32, there: u32) -> (u32, u32) {
        match self {
            Self::RequiredBy | Self::SubscriptionOf => (there, here),
            Self::Contains | Self::Before | Self::Notifies => (here, there),
        }
    }
}

/// A relationship between two resources of one catalog, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    /// Comes first, or contains.
    pub source: u32,
    /// Comes later, or is contained.
    pub target: u32,
    /// How they are related.
    pub relation: Relation,
}

/// An edge as the JSON has it.
pub(super) struct RawEdge<'a> {
    pub source: Cow<'a, str>,
    pub target: Cow<'a, str>,
    pub relation: Relation,
    /// Where its JSON object begins, in bytes.
    pub offset: usize,
}

/// Names of one catalog's resources.
struct Names<'a> {
    titles: Positions<&'a str>,
    aliases: Positions<String>,
}

/// Millions of names are looked up, and the standard hash takes twice as long.
type Positions<K> = HashMap<K, u32, hashbrown::DefaultHashBuilder>;

impl Names<'_> {
    fn find(&self, reference: &str) -> Option<u32> {
        self.titles.get(reference).or_else(|| self.aliases.get(reference)).copied().or_else(|| {
            let stored = ResourceRef::stored(reference)?;
            let get = |name: &ResourceRef| {
                let name = name.as_str();
                self.titles.get(name).or_else(|| self.aliases.get(name)).copied()
            };
            get(&stored).or_else(|| get(&stored.without_slashes()?))
        })
    }
}

/// Resolves every reference of a catalog and fills in its resources, aliases and edges.
///
/// # Errors
/// What Puppet itself would refuse: a resource twice, an alias that is taken, a relationship with
/// a resource that is not there.
pub(super) fn resolve(
    catalog: &mut Catalog,
    raw: &[RawResource<'_>],
    raw_edges: &[RawEdge<'_>],
    context: &Context<'_>,
) -> Result<(), Fault> {
    let references: Vec<String> = raw.iter().map(reference).collect();
    let names = names(raw, &references, context)?;
    let mut edges = Vec::with_capacity(raw_edges.len() * 2);
    let find = |of: &str, reference: &str, around: usize| {
        names.find(reference).ok_or_else(|| {
            let fault = Fault::new(
                format!("{of} refers to {reference}, which the catalog does not contain"),
                "compile the catalog again: Puppet refuses such a relationship",
            );
            context.at(reference, around, fault)
        })
    };
    for edge in raw_edges {
        let source = find(&edge.target, &edge.source, edge.offset)?;
        let target = find(&edge.source, &edge.target, edge.offset)?;
        edges.push(Edge { source, target, relation: edge.relation });
    }
    for (here, resource) in (0u32..).zip(raw) {
        for (relation, there) in &resource.parameters.relations {
            let there = find(&references[here as usize], there, resource.offset)?;
            let (source, target) = relation.ends(here, there);
            edges.push(Edge { source, target, relation: *relation });
        }
    }
    edges.sort_unstable();
    edges.dedup();
    let mut container: Vec<bool> = raw.iter().map(is_container).collect();
    for edge in edges.iter().filter(|edge| edge.relation == Relation::Contains) {
        container[edge.source as usize] = true;
    }
    let mut aliases: Vec<_> = names.aliases.into_iter().collect();
    aliases.sort_unstable();
    catalog.aliases = aliases;
    catalog.edges = edges;
    catalog.resources = references
        .into_iter()
        .zip(raw)
        .zip(container)
        .map(|((reference, raw), container)| Resource {
            reference,
            offset: u32::try_from(raw.offset).unwrap_or(u32::MAX),
            container,
        })
        .collect();
    Ok(())
}

fn reference(resource: &RawResource<'_>) -> String {
    ResourceRef::text(&resource.type_name, &resource.title)
}

fn is_container(resource: &RawResource<'_>) -> bool {
    resource.defined
        || matches!(&*resource.type_name, "Class" | "Stage" | "Node")
        || resource.type_name.contains("::")
}

fn names<'a>(
    raw: &[RawResource<'_>],
    references: &'a [String],
    context: &Context<'_>,
) -> Result<Names<'a>, Fault> {
    let mut titles = Positions::with_capacity_and_hasher(references.len(), Default::default());
    for (here, reference) in (0u32..).zip(references) {
        if titles.insert(reference.as_str(), here).is_some() {
            let fault = Fault::new(
                format!("the catalog contains {reference} twice"),
                "compile the catalog again: Puppet refuses duplicates",
            );
            return Err(context.at(&raw[here as usize].title, raw[here as usize].offset, fault));
        }
    }
    let mut aliases = Positions::default();
    for (here, resource) in (0u32..).zip(raw) {
        for written in &resource.parameters.aliases {
            let alias = ResourceRef::new(&resource.type_name, written).as_str().to_owned();
            let taken = titles.get(alias.as_str()).or_else(|| aliases.get(&alias)).copied();
            if let Some(by) = taken.filter(|by| *by != here) {
                let fault = Fault::new(
                    format!(
                        "{} is also named {alias}, which is {}",
                        references[here as usize], references[by as usize]
                    ),
                    "compile the catalog again: Puppet refuses such an alias",
                );
                return Err(context.at(written, resource.offset, fault));
            }
            aliases.insert(alias, here);
        }
    }
    for (here, resource) in (0u32..).zip(raw) {
        for name in real_names(resource) {
            let name = ResourceRef::text(&resource.type_name, &name);
            if !titles.contains_key(name.as_str()) {
                aliases.entry(name).or_insert(here);
            }
        }
    }
    Ok(Names { titles, aliases })
}

/// What Puppet calls a resource on the machine, under which it can be referred to as well; unlike
/// aliases, two resources may share one.
fn real_names<'a>(resource: &'a RawResource<'_>) -> impl Iterator<Item = Cow<'a, str>> {
    let parameters = &resource.parameters;
    let path = (resource.type_name == "File")
        .then(|| file_name(parameters.path.as_deref().unwrap_or(&resource.title)));
    let names = parameters.name.as_deref().into_iter().chain(path);
    names.filter(|name| *name != resource.title).map(Cow::Borrowed)
}
