//! The embedded store's answers.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::dependency::{Declared, End, Providers};
use groundrule_core::fact::FactName;
use groundrule_core::filter::Filter;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{
    Answer, Discovery, Ends, FactStore, GraphStore, Links, Origin, Registry, ResourceQuery, Rows,
    Sources, StoreError,
};
use groundrule_core::source::{Known, Listing, Source};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::falling::Falling;
use super::graph::View;
use super::{Documents, Estate, Parameters, RegistrationRow, Wanted, node, text};
use crate::files;
use crate::intern::{NONE, Strings};

/// Names of nodes are made once for each source, not for each answer.
struct Catalogs {
    estate: Arc<Estate>,
    names: Names,
    rows: HashMap<NodeName, usize>,
}

struct FactsDocuments {
    estate: Arc<Estate>,
    names: Names,
}

struct Registrations {
    estate: Arc<Estate>,
    names: Names,
}

struct Reply(Arc<Estate>);

/// Of each row: the node that it is about; none if it is not relied on.
struct Names(Vec<Option<NodeName>>);

impl Estate {
    /// The ports of this estate.
    #[must_use]
    pub fn sources(self: &Arc<Self>) -> Sources {
        let graph = self.catalogs.there || self.relationships.there;
        Sources {
            graph: graph.then(|| Arc::new(Catalogs::new(Arc::clone(self))) as Arc<dyn GraphStore>),
            facts: self.facts.there.then(|| {
                let (estate, names) = (Arc::clone(self), Names::of(&self.facts));
                Arc::new(FactsDocuments { estate, names }) as _
            }),
            registry: self.registrations.there.then(|| {
                let (estate, names) = (Arc::clone(self), Names::of(&self.registrations));
                Arc::new(Registrations { estate, names }) as _
            }),
            discovery: self.discovery.there.then(|| Arc::new(Reply(Arc::clone(self))) as _),
            lookup: None,
            checks: None,
        }
    }

    /// Which row of the graph is the catalog of which node.
    pub(super) fn catalog_rows(&self) -> HashMap<&str, usize> {
        let rows = self.catalogs.readable.iter().enumerate();
        rows.filter(|(_, (name, _))| !name.is_empty())
            .map(|(n, (name, _))| (name.as_str(), n))
            .collect()
    }
}

impl Names {
    fn of(documents: &Documents) -> Self {
        Self(documents.readable.iter().map(|(name, _)| node(name)).collect())
    }

    /// Rows with the node that each is about.
    fn rows<T>(&self, values: impl IntoIterator<Item = T>) -> impl Iterator<Item = (NodeName, T)> {
        self.0.iter().zip(values).filter_map(|(name, value)| Some((name.clone()?, value)))
    }
}

impl Documents {
    fn listing(&self) -> Listing {
        Listing {
            absent: !self.there,
            readable: self
                .readable
                .iter()
                .filter_map(|(name, at)| Some((node(name)?, Timestamp::from_second(*at).ok())))
                .collect(),
            unreadable: self
                .unreadable
                .iter()
                .filter_map(|(name, why)| Some((node(name)?, text(why))))
                .collect(),
            gaps: self.gaps.iter().map(|why| text(why)).collect(),
        }
    }
}

/// The words that a pattern matches, by number.
fn matching(words: &Strings, pattern: &Pattern) -> HashSet<u32> {
    match pattern {
        Pattern::Plain(word) => words.find(word).into_iter().collect(),
        Pattern::Regex { .. } => {
            words.iter().filter(|(_, word)| pattern.matches(word)).map(|(id, _)| id).collect()
        }
    }
}

#[async_trait]
impl GraphStore for Catalogs {
    async fn nodes(&self) -> Answer<Listing> {
        Ok(self.estate.catalogs.listing())
    }

    async fn environments(&self) -> Answer<Rows<Text>> {
        let words = &self.estate.graph.words;
        let told = self.views().map(|(node, view)| (node, words.get(view.row.environment)));
        // A catalog that does not tell is of none.
        Ok(told
            .filter(|(_, environment)| !environment.is_empty())
            .map(|(node, environment)| (node, text(environment)))
            .collect())
    }

    async fn classes(&self, name: &Pattern) -> Answer<Rows<Vec<Text>>> {
        let words = &self.estate.graph.words;
        let wanted = matching(words, name);
        let found = |view: View<'_>| -> Vec<Text> {
            let classes = view.classes.iter().filter(|class| wanted.contains(class));
            classes.map(|class| text(words.get(*class))).collect()
        };
        let rows = self.views().map(|(node, view)| (node, found(view)));
        Ok(rows.filter(|(_, found)| !found.is_empty()).collect())
    }

    async fn resources(&self, query: &ResourceQuery) -> Answer<Rows<ResourceRef>> {
        let references = &self.estate.graph.references;
        let named: HashMap<u32, ResourceRef> = match query {
            ResourceQuery::Named(Pattern::Plain(name)) => {
                let Some(sought) = ResourceRef::stored(name) else {
                    return Ok(Vec::new());
                };
                return Ok(self
                    .views()
                    .filter_map(|(node, view)| Some((node, self.title(view, &sought)?)))
                    .collect());
            }
            ResourceQuery::Named(pattern) => references
                .iter()
                .filter(|(_, reference)| pattern.matches(reference))
                .filter_map(|(id, reference)| Some((id, ResourceRef::stored(reference)?)))
                .collect(),
            ResourceQuery::OfType(pattern) => references
                .iter()
                .filter(|(_, reference)| {
                    pattern.matches(reference.split('[').next().unwrap_or_default())
                })
                .filter_map(|(id, reference)| Some((id, ResourceRef::stored(reference)?)))
                .collect(),
        };
        let mut rows = Vec::new();
        for (node, view) in self.views() {
            let found = view.references().iter().filter_map(|id| named.get(id));
            rows.extend(found.map(|reference| (node.clone(), reference.clone())));
        }
        Ok(rows)
    }

    async fn parameters(
        &self,
        resource: &ResourceRef,
        parameter: &str,
        nodes: &[NodeName],
    ) -> Answer<Rows<Known<Value>>> {
        if let Some(parameters) = &self.estate.parameters {
            return self.looked_up(&**parameters, resource, parameter, nodes).await;
        }
        let rows = nodes.iter().filter_map(|node| Some((node, self.view(node)?)));
        let value = |view: View<'_>| match view.find_named(resource) {
            None => Known::Absent,
            Some(position) => self.parameter(view, position, parameter),
        };
        Ok(rows.map(|(node, view)| (node.clone(), value(view))).collect())
    }

    async fn dependencies(&self) -> Answer<Vec<Declared>> {
        let graph = &self.estate.graph;
        let mut names = Memory::default();
        let mut references = Memory::default();
        let mut places = Memory::default();
        let mut filters = Memory::default();
        let mut reference =
            |id: u32| references.get(id, || ResourceRef::stored(graph.references.get(id)));
        let mut name = |id: u32| names.get(id, || node(graph.words.get(id)));
        // The dependencies of a catalog stand together.
        let mut here = (NONE, None);
        let mut declared = Vec::with_capacity(graph.dependencies.len());
        for (n, row) in graph.dependencies.iter().enumerate() {
            let beside = row.line > 0;
            let Some(node) = name(row.node) else {
                continue;
            };
            if here.0 != row.node {
                here = (row.node, self.view(&node));
            }
            let catalog = here.1;
            if !beside && catalog.is_none() {
                continue;
            }
            let from = match reference(row.from) {
                None => End::Node,
                Some(from) => match catalog.and_then(|view| self.title(view, &from)) {
                    Some(title) => End::Resource(title),
                    None => End::Missing(from),
                },
            };
            let providers = if row.matching == NONE {
                Providers::Nodes(graph.providers(n).iter().filter_map(|p| name(*p)).collect())
            } else {
                let written = graph.words.get(row.matching);
                let parse = || Filter::parse(written).ok().map(Arc::new);
                match filters.get(row.matching, parse) {
                    Some(filter) => Providers::Matching { written: written.to_owned(), filter },
                    None => continue,
                }
            };
            declared.push(Declared {
                node,
                from,
                on: reference(row.on),
                providers,
                needs: row.needs(),
                kind: row.kind(),
                source: if beside { Source::Relationships } else { Source::Catalogs },
                declared_in: places
                    .get(row.declared_in, || Some(text(graph.words.get(row.declared_in))))
                    .unwrap_or_default(),
            });
        }
        Ok(declared)
    }

    async fn undeclared(&self) -> Answer<Vec<Text>> {
        Ok(self.estate.undeclared().map(text).collect())
    }

    async fn links(&self, ends: &[Ends]) -> Answer<Vec<Links>> {
        let mut falling = Falling::default();
        Ok(ends
            .iter()
            .map(|ends| match self.view(&ends.node) {
                Some(view) => view.link(ends, &mut falling),
                None => Links { has: vec![false; ends.on.len()], falls: Vec::new() },
            })
            .collect())
    }

    async fn fallen(&self, origins: &[Origin]) -> Answer<Rows<ResourceRef>> {
        let mut by_catalog: HashMap<usize, (NodeName, Vec<bool>)> = HashMap::new();
        let mut falling = Falling::default();
        for origin in origins {
            let Some(n) = self.rows.get(&origin.node) else {
                continue;
            };
            let view = self.estate.graph.catalog(*n);
            let (_, down) = by_catalog
                .entry(*n)
                .or_insert_with(|| (origin.node.clone(), vec![false; view.count]));
            view.fall(origin.from.as_ref(), &mut falling, down);
        }
        let mut rows = Vec::new();
        for (n, (node, down)) in by_catalog {
            let view = self.estate.graph.catalog(n);
            rows.extend(view.leaves(&down).map(|resource| (node.clone(), resource)));
        }
        Ok(rows)
    }

    async fn way(&self, origin: &Origin, falls: &ResourceRef) -> Answer<Vec<ResourceRef>> {
        let way = || self.view(&origin.node)?.way(origin.from.as_ref()?, falls);
        Ok(way().unwrap_or_default())
    }
}

/// What was made of numbers that occur many times; nothing for [`NONE`].
struct Memory<T>(Vec<Option<Option<T>>>);

impl<T> Default for Memory<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Clone> Memory<T> {
    fn get(&mut self, id: u32, make: impl FnOnce() -> Option<T>) -> Option<T> {
        if id == NONE {
            return None;
        }
        let id = id as usize;
        if self.0.len() <= id {
            self.0.resize_with(id + 1, || None);
        }
        self.0[id].get_or_insert_with(make).clone()
    }
}

impl Catalogs {
    fn new(estate: Arc<Estate>) -> Self {
        let names = Names::of(&estate.catalogs);
        let rows = names.0.iter().zip(0..).filter_map(|(name, n)| Some((name.clone()?, n)));
        Self { rows: rows.collect(), names, estate }
    }

    /// Node and catalog of everything that can be read.
    fn views(&self) -> impl Iterator<Item = (NodeName, View<'_>)> {
        self.names.rows((0..).map(|n| self.estate.graph.catalog(n)))
    }

    /// The catalog of a node.
    fn view(&self, node: &NodeName) -> Option<View<'_>> {
        self.rows.get(node).map(|n| self.estate.graph.catalog(*n))
    }

    /// A parameter of a resource, where the catalogs are in no files.
    async fn looked_up(
        &self,
        parameters: &dyn Parameters,
        resource: &ResourceRef,
        parameter: &str,
        nodes: &[NodeName],
    ) -> Answer<Rows<Known<Value>>> {
        let mut rows = Vec::new();
        let mut wanted = Vec::new();
        for node in nodes {
            let Some(view) = self.view(node) else { continue };
            let found = view.find_named(resource);
            let title = found.and_then(|position| Some((position, view.reference(position)?)));
            match title {
                None => rows.push((node.clone(), Known::Absent)),
                Some((position, resource)) => {
                    wanted.push(Wanted { node: node.clone(), resource, position });
                }
            }
        }
        let values = parameters.look_up(&wanted, parameter).await?;
        rows.extend(wanted.into_iter().map(|wanted| wanted.node).zip(values));
        Ok(rows)
    }

    /// The reference under which a catalog has a resource, given that or an alias.
    fn title(&self, view: View<'_>, reference: &ResourceRef) -> Option<ResourceRef> {
        view.reference(view.find_named(reference)?)
    }

    /// A parameter's value, read from the catalog's file: most are never asked for, so none is
    /// kept. Sensitive ones are not read at all.
    fn parameter(&self, view: View<'_>, position: usize, parameter: &str) -> Known<Value> {
        let file = &self.estate.files[view.row.file as usize];
        let changed = || Known::Unknown(text("its catalog changed while it was being judged"));
        match files::single(&self.estate.root, &file.name) {
            Ok(Some(now)) if now == *file => {}
            _ => return changed(),
        }
        let read = || -> std::io::Result<Value> {
            let mut opened = File::open(files::path(&self.estate.root, file))?;
            let mut first = Vec::new();
            opened.by_ref().take(files::BOM.len() as u64).read_to_end(&mut first)?;
            let before = if first == files::BOM { first.len() as u64 } else { 0 };
            let offset = u64::from(view.offset(position)) + before;
            opened.seek(SeekFrom::Start(offset.saturating_sub(1)))?;
            let mut rest = Vec::new();
            let mut size = 16 << 10;
            loop {
                let more = opened.by_ref().take(size).read_to_end(&mut rest)?;
                let mut object = vec![b'{'];
                object.extend_from_slice(&rest);
                let mut values = serde_json::Deserializer::from_slice(&object).into_iter::<Value>();
                match values.next() {
                    Some(Ok(value)) => return Ok(value),
                    Some(Err(error)) if error.is_eof() && more > 0 => size *= 4,
                    _ => return Err(std::io::ErrorKind::InvalidData.into()),
                }
            }
        };
        let mut resource = match read() {
            Ok(Value::Object(resource)) => resource,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Known::Unknown(text("a value in its resource cannot be read"));
            }
            _ => return changed(),
        };
        let named = |key: &str| resource.get(key).and_then(Value::as_str).unwrap_or_default();
        let found = ResourceRef::new(named("type"), named("title"));
        if view.reference(position) != Some(found) {
            return changed();
        }
        let sensitive = resource.get("sensitive_parameters").and_then(Value::as_array);
        if sensitive.is_some_and(|names| names.iter().any(|name| name == parameter)) {
            return Known::Unknown(text("the parameter is sensitive and never read"));
        }
        match resource.get_mut("parameters").and_then(|p| p.get_mut(parameter)).map(Value::take) {
            None | Some(Value::Null) => Known::Absent,
            Some(value) => Known::Present(value),
        }
    }
}

#[async_trait]
impl FactStore for FactsDocuments {
    async fn nodes(&self) -> Answer<Listing> {
        Ok(self.estate.facts.listing())
    }

    async fn names(&self) -> Answer<Vec<FactName>> {
        Ok(self.estate.facts_rows.names())
    }

    async fn values(&self, fact: &FactName) -> Answer<Rows<Value>> {
        let column = self.estate.facts_rows.column(fact);
        let rows = self.names.rows(column);
        Ok(rows.filter_map(|(node, value)| Some((node, value?))).collect())
    }

    async fn documents(&self, nodes: &[NodeName]) -> Answer<Rows<Map<String, Value>>> {
        let wanted: HashSet<&NodeName> = nodes.iter().collect();
        let rows = self.names.0.iter().enumerate();
        Ok(rows
            .filter_map(|(row, node)| {
                Some((row, node.as_ref().filter(|node| wanted.contains(node))?))
            })
            .map(|(row, node)| (node.clone(), self.estate.facts_rows.document(row)))
            .collect())
    }
}

impl Registrations {
    fn listed(&self, range: [u32; 2]) -> Option<&[u32]> {
        let [start, end] = range;
        (start != NONE).then(|| &self.estate.registered.listed[start as usize..end as usize])
    }

    fn rows<T>(&self, of: impl Fn(&RegistrationRow) -> Known<T>) -> Rows<Known<T>> {
        self.names.rows(self.estate.registered.rows.iter().map(of)).collect()
    }
}

#[async_trait]
impl Registry for Registrations {
    async fn nodes(&self) -> Answer<Listing> {
        Ok(self.estate.registrations.listing())
    }

    async fn names(&self) -> Answer<Vec<FactName>> {
        Ok(self.estate.registered.facts.names())
    }

    async fn documents(&self, nodes: &[NodeName]) -> Answer<Rows<Known<Map<String, Value>>>> {
        let wanted: HashSet<&NodeName> = nodes.iter().collect();
        let rows = self.names.rows(self.estate.registered.rows.iter());
        let rows = rows.filter(|(node, _)| wanted.contains(node));
        Ok(rows
            .map(|(node, row)| {
                let facts = match row.facts {
                    NONE => Known::Unknown(text("its registration tells no facts")),
                    facts => Known::Present(self.estate.registered.facts.document(facts as usize)),
                };
                (node, facts)
            })
            .collect())
    }

    async fn values(&self, fact: &FactName) -> Answer<Rows<Known<Value>>> {
        let column = self.estate.registered.facts.column(fact);
        Ok(self.rows(|row| match row.facts {
            NONE => Known::Unknown(text("its registration tells no facts")),
            n => column[n as usize].clone().map_or(Known::Absent, Known::Present),
        }))
    }

    async fn classes(&self, name: &Pattern) -> Answer<Rows<Known<Vec<Text>>>> {
        let words = &self.estate.registered.words;
        let wanted = matching(words, name);
        Ok(self.rows(|row| match self.listed(row.classes) {
            None => Known::Unknown(text("its registration tells no classes")),
            Some(classes) => {
                let found = classes.iter().filter(|class| wanted.contains(class));
                let found: Vec<_> = found.map(|class| text(words.get(*class))).collect();
                if found.is_empty() { Known::Absent } else { Known::Present(found) }
            }
        }))
    }

    async fn agents(&self, name: &Pattern) -> Answer<Rows<Known<()>>> {
        let wanted = matching(&self.estate.registered.words, name);
        Ok(self.rows(|row| match self.listed(row.agents) {
            None => Known::Unknown(text("its registration tells no agents")),
            Some(agents) if agents.iter().any(|agent| wanted.contains(agent)) => Known::Present(()),
            Some(_) => Known::Absent,
        }))
    }

    async fn last_seen(&self) -> Answer<Rows<Known<Timestamp>>> {
        Ok(self.rows(|row| match Timestamp::from_second(row.seen) {
            Ok(seen) if row.seen != i64::MIN => Known::Present(seen),
            _ => Known::Unknown(text("its registration does not tell when it was made")),
        }))
    }
}

#[async_trait]
impl Discovery for Reply {
    async fn answering(&self) -> Answer<(Vec<NodeName>, Option<Timestamp>)> {
        let reply = &self.0.discovery;
        match &reply.fault {
            Some(why) => Err(StoreError(text(why))),
            None => Ok((
                reply.nodes.iter().filter_map(|name| node(name)).collect(),
                reply.at.and_then(|at| Timestamp::from_second(at).ok()),
            )),
        }
    }
}
