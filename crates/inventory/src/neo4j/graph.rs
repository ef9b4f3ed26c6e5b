//! The answers of a graph in Neo4j.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::dependency::{Declared, End, Kind, Needs, Providers};
use groundrule_core::filter::Filter;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{
    Answer, Ends, GraphStore, Links, Origin, ResourceQuery, Row, Rows, StoreError,
};
use groundrule_core::source::{Known, Listing, Source};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::client::{Client, Parameters};
use super::record::{CLASS, LISTED, RECORD, Record, SEALED, Seal};
use super::value::{Cells, list, strange};
use super::within::{INSIDE, Within};
use crate::store::falling::Falling;

/// A graph in Neo4j.
pub struct Neo4j {
    client: Arc<Client>,
    /// What was told first: every later answer must be of the same graph.
    seen: Mutex<Option<Arc<Seen>>>,
    within: Mutex<Within>,
}

/// The first answer.
struct Seen {
    seal: Seal,
    record: Record,
    classes: Vec<String>,
    listing: Listing,
    environments: Rows<Text>,
    readable: HashSet<NodeName>,
}

impl Neo4j {
    /// A graph of which nothing was asked yet.
    pub fn new(client: Arc<Client>) -> Self {
        Self { client, seen: Mutex::default(), within: Mutex::default() }
    }

    /// Asks which nodes there are, and keeps what was told.
    async fn look(&self) -> Answer<Arc<Seen>> {
        let mut rows = self.client.ask(&format!("{LISTED}{SEALED}"), Vec::new()).await?;
        let seal = Seal::take(&mut rows)?;
        let mut seen = Seen {
            record: Record::default(),
            classes: Vec::new(),
            listing: Listing::default(),
            environments: Vec::new(),
            readable: HashSet::new(),
            seal,
        };
        for row in &rows {
            match row.text(0)? {
                RECORD => seen.record = Record::read(row, &seen.seal)?,
                CLASS => seen.classes.push(row.text(1)?.to_owned()),
                name => seen.node(name, row)?,
            }
        }
        seen.listing.absent = !seen.record.there;
        seen.listing.gaps.clone_from(&seen.record.gaps);
        let seen = Arc::new(seen);
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&seen));
        Ok(seen)
    }

    /// What was told first.
    async fn seen(&self) -> Answer<Arc<Seen>> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match seen {
            Some(seen) => Ok(seen),
            None => self.look().await,
        }
    }

    /// Asks a question of the graph that was seen first.
    async fn ask(&self, seen: &Seen, text: &str, parameters: Parameters) -> Answer<Vec<Cells>> {
        let mut rows = self.client.ask(&format!("{text}{SEALED}"), parameters).await?;
        seen.seal.check(&Seal::take(&mut rows)?)?;
        Ok(rows)
    }

    /// The resources of a name or its further names, of every node, as (node, title, how good it is).
    async fn named(
        &self,
        seen: &Seen,
        reference: &ResourceRef,
        values: bool,
        nodes: Option<&[NodeName]>,
    ) -> Answer<HashMap<NodeName, (u8, Cells)>> {
        let names: Vec<_> =
            [Some(reference.clone()), reference.without_slashes()].into_iter().flatten().collect();
        let names = || list(names.iter().map(ResourceRef::as_str));
        let (found, of) = match (values, nodes) {
            (true, _) => ("r.parameters, r.sensitive", " WHERE n.name IN $nodes"),
            (false, Some(_)) => ("null, null", " WHERE n.name IN $nodes"),
            (false, None) => ("null, null", ""),
        };
        let text = format!(
            "MATCH (r:Resource) WHERE r.ref IN $names MATCH (n:Node)-[:CONTAINS]->(r){of}
RETURN [n.name, r.ref, r.ref, 0, {found}] AS row
UNION ALL MATCH (a:Alias) WHERE a.ref IN $names MATCH (a)-[:OF]->(r)<-[:CONTAINS]-(n:Node){of}
RETURN [n.name, r.ref, a.ref, 1, {found}] AS row"
        );
        let mut parameters = vec![("names", names())];
        if let Some(nodes) = nodes {
            parameters.push(("nodes", list(nodes.iter().map(NodeName::as_str))));
        }
        let mut best: HashMap<NodeName, (u8, Cells)> = HashMap::new();
        for row in self.ask(seen, &text, parameters).await? {
            let node = name(row.text(0)?)?;
            // As it is written before without slashes, the title before an alias.
            let other = u8::from(row.text(2)? != reference.as_str());
            let rank = other * 2 + u8::try_from(row.number(3)?).unwrap_or(1);
            if best.get(&node).is_none_or(|(known, _)| rank < *known) {
                best.insert(node, (rank, row));
            }
        }
        Ok(best)
    }

    /// Makes sure that the insides of nodes were fetched.
    async fn fetch<'n>(&self, nodes: impl IntoIterator<Item = &'n NodeName> + Send) -> Answer<()> {
        let seen = self.seen().await?;
        let missing = self.within().missing(nodes);
        if missing.is_empty() {
            return Ok(());
        }
        let names = list(missing.iter().map(NodeName::as_str));
        let rows = self.ask(&seen, INSIDE, vec![("names", names)]).await?;
        self.within().keep(missing, &rows)
    }

    fn within(&self) -> std::sync::MutexGuard<'_, Within> {
        self.within.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn node(&mut self, name: &str, row: &Cells) -> Answer<()> {
        let node = self::name(name)?;
        if row.text(1)? != "readable" {
            let why = row.maybe_text(3).unwrap_or("its catalog cannot be read");
            self.listing.unreadable.push((node, why.into()));
            return Ok(());
        }
        let made = row.maybe_number(2).and_then(|made| Timestamp::from_second(made).ok());
        if let Some(environment) = row.maybe_text(4).filter(|environment| !environment.is_empty()) {
            self.environments.push((node.clone(), environment.into()));
        }
        self.readable.insert(node.clone());
        self.listing.readable.push((node, made));
        Ok(())
    }
}

fn name(text: &str) -> Answer<NodeName> {
    NodeName::new(text).map_err(|_| strange())
}

fn reference(text: &str) -> Answer<ResourceRef> {
    ResourceRef::stored(text).ok_or_else(strange)
}

#[async_trait]
impl GraphStore for Neo4j {
    async fn nodes(&self) -> Answer<Listing> {
        Ok(self.look().await?.listing.clone())
    }

    async fn environments(&self) -> Answer<Rows<Text>> {
        Ok(self.seen().await?.environments.clone())
    }

    async fn classes(&self, wanted: &Pattern) -> Answer<Rows<Vec<Text>>> {
        let answers = self.classes_of_each(std::slice::from_ref(wanted)).await?;
        Ok(answers.into_iter().next().unwrap_or_default())
    }

    async fn classes_of_each(&self, wanted: &[Pattern]) -> Answer<Vec<Rows<Vec<Text>>>> {
        let seen = self.seen().await?;
        let is_wanted = |class: &&String| wanted.iter().any(|wanted| wanted.matches(class));
        let names = list(seen.classes.iter().filter(is_wanted).map(String::as_str));
        let text = "MATCH (c:Class) WHERE c.name IN $names
MATCH (n:Node {catalog: 'readable'})-[:HAS_CLASS]->(c) RETURN [n.name, c.name] AS row";
        let mut found: HashMap<NodeName, Vec<Text>> = HashMap::new();
        for row in self.ask(&seen, text, vec![("names", names)]).await? {
            found.entry(name(row.text(0)?)?).or_default().push(row.text(1)?.into());
        }
        found.values_mut().for_each(|classes| classes.sort_unstable());
        let of = |wanted: &Pattern| {
            let matching = |(node, classes): (&NodeName, &Vec<Text>)| {
                let classes = classes.iter().filter(|class| wanted.matches(class));
                let classes: Vec<Text> = classes.cloned().collect();
                (!classes.is_empty()).then(|| (node.clone(), classes))
            };
            found.iter().filter_map(matching).collect()
        };
        Ok(wanted.iter().map(of).collect())
    }

    async fn resources(&self, query: &ResourceQuery) -> Answer<Rows<ResourceRef>> {
        let seen = self.seen().await?;
        let (text, parameters) = match query {
            ResourceQuery::Named(Pattern::Plain(written)) => {
                let Some(sought) = ResourceRef::stored(written) else {
                    return Ok(Vec::new());
                };
                let found = self.named(&seen, &sought, false, None).await?;
                let row = |(node, (_, row)): (NodeName, (u8, Cells))| {
                    Ok((node, reference(row.text(1)?)?))
                };
                return found.into_iter().map(row).collect();
            }
            ResourceQuery::OfType(Pattern::Plain(wanted)) => (
                "MATCH (r:Resource) WHERE r.type IN $names MATCH (n:Node)-[:CONTAINS]->(r)
RETURN [n.name, r.ref] AS row",
                vec![("names", list([wanted.as_str()]))],
            ),
            // Expressions are ours, not the server's: what they match is found out first.
            ResourceQuery::OfType(pattern) => {
                let all = "MATCH (r:Resource) RETURN DISTINCT [r.type] AS row";
                let rows = self.ask(&seen, all, Vec::new()).await?;
                let types = rows.iter().filter_map(|row| row.maybe_text(0));
                let types = list(types.filter(|name| pattern.matches(name)));
                (
                    "MATCH (r:Resource) WHERE r.type IN $names MATCH (n:Node)-[:CONTAINS]->(r)
RETURN [n.name, r.ref] AS row",
                    vec![("names", types)],
                )
            }
            ResourceQuery::Named(pattern) => {
                let all = "MATCH (r:Resource) RETURN DISTINCT [r.ref] AS row";
                let rows = self.ask(&seen, all, Vec::new()).await?;
                let names = rows.iter().filter_map(|row| row.maybe_text(0));
                let names = list(names.filter(|name| pattern.matches(name)));
                (
                    "MATCH (r:Resource) WHERE r.ref IN $names MATCH (n:Node)-[:CONTAINS]->(r)
RETURN [n.name, r.ref] AS row",
                    vec![("names", names)],
                )
            }
        };
        let rows = self.ask(&seen, text, parameters).await?;
        rows.iter().map(|row| Ok((name(row.text(0)?)?, reference(row.text(1)?)?))).collect()
    }

    async fn parameters(
        &self,
        resource: &ResourceRef,
        parameter: &str,
        nodes: &[NodeName],
    ) -> Answer<Rows<Known<Value>>> {
        let seen = self.seen().await?;
        let found = self.named(&seen, resource, true, Some(nodes)).await?;
        let value = |node: &NodeName| {
            let Some((_, row)) = found.get(node) else {
                return Known::Absent;
            };
            if row.texts(5).any(|name| name == parameter) {
                return Known::Unknown("the parameter is sensitive and never read".into());
            }
            let parameters = row.maybe_text(4);
            match parameters.and_then(|text| serde_json::from_str::<Map<_, _>>(text).ok()) {
                None => Known::Unknown("a value in its resource cannot be read".into()),
                Some(mut parameters) => {
                    parameters.shift_remove(parameter).map_or(Known::Absent, Known::Present)
                }
            }
        };
        let readable = nodes.iter().filter(|node| seen.readable.contains(*node));
        Ok(readable.map(|node| (node.clone(), value(node))).collect())
    }

    async fn dependencies(&self) -> Answer<Vec<Declared>> {
        let seen = self.seen().await?;
        let text = "MATCH (n:Node)-[:DECLARES]->(d:Dependency)
RETURN [n.name, d.from, d.at, d.on, d.providers, d.matching, d.needs, d.kind, d.declared_in,
  d.position, d.beside] AS row";
        let mut rows = self.ask(&seen, text, Vec::new()).await?;
        // In the order in which they are declared: it is the one in which people are told.
        rows.sort_by_cached_key(|row| {
            let text = |n| row.maybe_text(n).map(str::to_owned);
            (text(0), row.maybe_number(9), text(8))
        });
        let mut filters: HashMap<String, Arc<Filter>> = HashMap::new();
        rows.iter().map(|row| declared(row, &mut filters)).collect()
    }

    async fn undeclared(&self) -> Answer<Vec<Text>> {
        Ok(self.seen().await?.record.undeclared.clone())
    }

    async fn links(&self, ends: &[Ends]) -> Answer<Vec<Links>> {
        self.fetch(ends.iter().map(|ends| &ends.node)).await?;
        let within = self.within();
        let mut falling = Falling::default();
        let link = |ends: &Ends| match within.view(&ends.node) {
            Some(view) => view.link(ends, &mut falling),
            None => Links { has: vec![false; ends.on.len()], falls: Vec::new() },
        };
        Ok(ends.iter().map(link).collect())
    }

    async fn fallen(&self, origins: &[Origin]) -> Answer<Rows<ResourceRef>> {
        self.fetch(origins.iter().map(|origin| &origin.node)).await?;
        let within = self.within();
        let mut falling = Falling::default();
        let mut by_node: HashMap<&NodeName, Vec<bool>> = HashMap::new();
        for origin in origins {
            let Some(view) = within.view(&origin.node) else {
                continue;
            };
            let down = by_node.entry(&origin.node).or_insert_with(|| vec![false; view.count]);
            view.fall(origin.from.as_ref(), &mut falling, down);
        }
        let mut rows = Vec::new();
        for (node, down) in by_node {
            if let Some(view) = within.view(node) {
                rows.extend(view.leaves(&down).map(|resource| (node.clone(), resource)));
            }
        }
        Ok(rows)
    }

    async fn way(&self, origin: &Origin, falls: &ResourceRef) -> Answer<Vec<ResourceRef>> {
        self.fetch([&origin.node]).await?;
        let within = self.within();
        let way = || within.view(&origin.node)?.way(origin.from.as_ref()?, falls);
        Ok(way().unwrap_or_default())
    }

    async fn query(&self, text: &str) -> Answer<Vec<Row>> {
        let seen = self.seen().await?;
        let rows = self.client.query(text).await?;
        // Somebody's own query has no seal of its own.
        self.ask(&seen, "UNWIND [] AS row RETURN row", Vec::new()).await?;
        match seen.listing.gaps.first() {
            Some(why) => Err(StoreError(why.clone())),
            None => Ok(rows),
        }
    }
}

fn declared(row: &Cells, filters: &mut HashMap<String, Arc<Filter>>) -> Answer<Declared> {
    let from = match (row.maybe_text(1), row.maybe_text(2)) {
        (None, _) => End::Node,
        (Some(_), Some(title)) => End::Resource(reference(title)?),
        (Some(from), None) => End::Missing(reference(from)?),
    };
    let providers = match row.maybe_text(5) {
        None => Providers::Nodes(row.texts(4).map(name).collect::<Answer<_>>()?),
        Some(written) => {
            let filter = match filters.get(written) {
                Some(filter) => Arc::clone(filter),
                None => {
                    let filter = Arc::new(Filter::parse(written).map_err(|_| strange())?);
                    filters.insert(written.to_owned(), Arc::clone(&filter));
                    filter
                }
            };
            Providers::Matching { written: written.to_owned(), filter }
        }
    };
    Ok(Declared {
        node: name(row.text(0)?)?,
        from,
        on: row.maybe_text(3).map(reference).transpose()?,
        providers,
        needs: Needs::parse(row.text(6)?).ok_or_else(strange)?,
        kind: Kind::parse(row.text(7)?).ok_or_else(strange)?,
        source: if row.flag(10) { Source::Relationships } else { Source::Catalogs },
        declared_in: row.text(8)?.into(),
    })
}
