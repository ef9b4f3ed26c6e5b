//! Loading a graph into Neo4j.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::dependency::Needs;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Answer, StoreError};
use neo4rs::BoltType;
use tokio::task::JoinSet;

use super::client::{Client, Parameters};
use super::known::{self, Known, Same};
use super::record::{BEGIN, END, still};
use super::schema::{
    ACROSS, CLASSES, CLEAR, FORGET, HAD, INDEXES, NAMED, PROVIDED, PUT, READY, REMOVE, STILL,
    SWEEP, VERSION,
};
use super::value::{list, map, or_null};
use crate::catalog::RawDependency;
use crate::source::{About, CatalogDocument, Entry, Load, Loaded};

/// How many resources go in one transaction; one node's always do. In larger ones the server takes
/// longer for each: it keeps all that a transaction changes in tables until the commit.
const BATCH: usize = 1500;

/// How many transactions are under way at a time: one commits while others are on their way. The server
/// gets no quicker by more, since most of its work is in commits, which wait for each other.
const AT_ONCE: usize = 3;

/// How many nodes are removed in one transaction.
const REMOVED: usize = 20;

/// A load.
pub struct Loader {
    client: Arc<Client>,
    run: String,
    beside: BTreeMap<NodeName, Vec<RawDependency>>,
    waiting: Vec<BoltType>,
    names: Vec<NodeName>,
    classes: BTreeSet<String>,
    made: BTreeSet<String>,
    known: Known,
    same: Vec<Same>,
    kept: usize,
    size: usize,
    under_way: JoinSet<Answer<()>>,
}

impl Loader {
    /// A load into this server.
    pub fn new(client: Arc<Client>) -> Self {
        Self {
            client,
            run: String::new(),
            beside: BTreeMap::new(),
            waiting: Vec::new(),
            names: Vec::new(),
            classes: BTreeSet::new(),
            made: BTreeSet::new(),
            known: Known::default(),
            same: Vec::new(),
            kept: 0,
            size: 0,
            under_way: JoinSet::new(),
        }
    }

    /// Sends what waits.
    async fn send(&mut self) -> Answer<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        // Writers that make the same class at a time would wait for each other.
        let new: Vec<_> = self.classes.iter().filter(|c| !self.made.contains(*c)).collect();
        if !new.is_empty() {
            let new = list(new.into_iter().map(String::as_str));
            self.client.write(vec![(CLASSES.to_owned(), vec![("classes", new)])]).await?;
            self.made.append(&mut self.classes);
        }
        self.free().await?;
        let names = std::mem::take(&mut self.names);
        let nodes = list(std::mem::take(&mut self.waiting));
        self.size = 0;
        let statements = vec![
            (CLEAR.to_owned(), vec![("names", list(names.iter().map(NodeName::as_str)))]),
            (PUT.to_owned(), vec![("nodes", nodes)]),
            (STILL.to_owned(), Vec::new()),
        ];
        let (client, run) = (Arc::clone(&self.client), self.run.clone());
        self.under_way.spawn(async move { client.write_while(statements, &run).await });
        Ok(())
    }

    /// Notes which nodes stay.
    async fn keep(&mut self) -> Answer<()> {
        if self.same.is_empty() {
            return Ok(());
        }
        self.free().await?;
        let same = std::mem::take(&mut self.same);
        let (client, run) = (Arc::clone(&self.client), self.run.clone());
        self.under_way.spawn(async move { client.keep(&same, &run).await });
        Ok(())
    }

    /// Waits until a further transaction may begin.
    async fn free(&mut self) -> Answer<()> {
        while self.under_way.len() >= AT_ONCE {
            self.arrived().await?;
        }
        Ok(())
    }

    /// Waits for one transaction.
    async fn arrived(&mut self) -> Answer<()> {
        match self.under_way.join_next().await {
            None => Ok(()),
            Some(Ok(done)) => done,
            Some(Err(error)) => Err(StoreError(format!("the load broke off: {error}").into())),
        }
    }

    /// Takes nodes away, some at a time.
    async fn remove(&self, names: &[NodeName]) -> Answer<()> {
        for names in names.chunks(REMOVED) {
            let names = || list(names.iter().map(NodeName::as_str));
            let statements = vec![
                (CLEAR.to_owned(), vec![("names", names())]),
                (REMOVE.to_owned(), vec![("names", names())]),
                (STILL.to_owned(), Vec::new()),
            ];
            self.client.write_while(statements, &self.run).await?;
        }
        Ok(())
    }

    fn node(
        &self,
        node: &NodeName,
        document: &Result<CatalogDocument, &str>,
        beside: &[RawDependency],
        digest: &str,
    ) -> BoltType {
        let (state, why) = match document {
            Ok(_) => ("readable", None),
            Err(why) => ("unreadable", Some(*why)),
        };
        let catalog = document.as_ref().ok();
        let properties = map([
            ("catalog", state.into()),
            ("digest", digest.into()),
            ("why", or_null(why)),
            ("made", or_null(catalog.map(|catalog| catalog.made))),
            ("environment", or_null(catalog.map(|catalog| catalog.environment.as_str()))),
        ]);
        let titles = catalog.map(Titles::of).unwrap_or_default();
        let declared = catalog.into_iter().flat_map(|catalog| &catalog.dependencies);
        let declared = declared.map(|raw| (raw, false)).chain(beside.iter().map(|raw| (raw, true)));
        let dependencies = list(
            (0i64..)
                .zip(declared)
                .map(|(position, (raw, beside))| self.dependency(position, raw, beside, &titles)),
        );
        let resources = catalog.map(|catalog| catalog.resources.as_slice()).unwrap_or_default();
        let pair = |a: u32, b: u32| list([i64::from(a), i64::from(b)]);
        let holds = (0u32..).zip(resources).flat_map(|(here, resource)| {
            resource.parents.iter().map(move |parent| pair(*parent, here))
        });
        let needs = (0u32..).zip(resources).flat_map(|(here, resource)| {
            resource.needs.iter().map(move |(there, via)| {
                list::<BoltType>([here.into(), (*there).into(), (*via).into()])
            })
        });
        let aliases = catalog.into_iter().flat_map(|catalog| &catalog.aliases);
        let aliases = aliases
            .map(|(alias, position)| list::<BoltType>([alias.as_str().into(), (*position).into()]));
        let made = (0i64..).zip(resources).map(|(position, resource)| {
            let (of_type, title) = split(&resource.reference);
            let parameters = resource.parameters.as_ref();
            let parameters = parameters.and_then(|all| serde_json::to_string(all).ok());
            let sensitive = (!resource.sensitive.is_empty())
                .then(|| list(resource.sensitive.iter().map(String::as_str)));
            list::<BoltType>([
                position.into(),
                resource.reference.as_str().into(),
                of_type.into(),
                title.into(),
                resource.container.into(),
                or_null(parameters),
                or_null(sensitive),
            ])
        });
        map([
            ("name", node.as_str().into()),
            ("properties", properties),
            ("classes", list(catalog.into_iter().flat_map(|c| &c.classes).map(String::as_str))),
            ("dependencies", dependencies),
            ("resources", list(made)),
            ("holds", list(holds)),
            ("needs", list(needs)),
            ("aliases", list(aliases)),
        ])
    }

    fn dependency(
        &self,
        position: i64,
        raw: &RawDependency,
        beside: bool,
        titles: &Titles<'_>,
    ) -> BoltType {
        let at = raw.from.as_ref().and_then(|from| titles.find(from));
        let needs = match raw.needs {
            Needs::All => "all".to_owned(),
            Needs::AtLeast(n) => n.to_string(),
        };
        map([
            ("position", position.into()),
            ("from", or_null(raw.from.as_ref().map(ResourceRef::as_str))),
            ("at", or_null(at)),
            ("on", or_null(raw.on.as_ref().map(ResourceRef::as_str))),
            ("providers", list(raw.nodes.iter().map(NodeName::as_str))),
            ("matching", or_null(raw.matching.as_deref())),
            ("needs", needs.into()),
            ("kind", raw.kind.to_string().into()),
            ("declared_in", raw.declared_in.as_str().into()),
            ("beside", beside.into()),
            ("run", self.run.as_str().into()),
        ])
    }

    /// Puts what nodes declare of which there is no catalog at all.
    async fn put_rest(&mut self) -> Answer<()> {
        let beside = std::mem::take(&mut self.beside);
        for (node, rows) in beside {
            let none = Titles::default();
            let rows = (0i64..).zip(&rows);
            let dependencies =
                list(rows.map(|(position, raw)| self.dependency(position, raw, true, &none)));
            let text = "MERGE (n:Node {name: $name}) ON CREATE SET n.catalog = 'none'
WITH n
CALL (n) { OPTIONAL MATCH (n)-[:DECLARES]->(d:Dependency {beside: true}) DETACH DELETE d }
UNWIND $dependencies AS d CREATE (n)-[:DECLARES]->(e:Dependency) SET e = d";
            let name = BoltType::from(node.as_str());
            let statements = vec![
                (text.to_owned(), vec![("name", name), ("dependencies", dependencies)]),
                (STILL.to_owned(), Vec::new()),
            ];
            self.client.write_while(statements, &self.run).await?;
        }
        Ok(())
    }
}

/// The resources of a catalog by name.
#[derive(Default)]
struct Titles<'c> {
    titles: HashMap<&'c str, &'c str>,
    aliases: HashMap<&'c str, &'c str>,
}

impl<'c> Titles<'c> {
    fn of(catalog: &'c CatalogDocument) -> Self {
        let title = |position: u32| catalog.resources[position as usize].reference.as_str();
        let own = catalog.resources.iter().map(|resource| resource.reference.as_str());
        let aliases = catalog.aliases.iter();
        Self {
            titles: own.map(|title| (title, title)).collect(),
            aliases: aliases.map(|(alias, p)| (alias.as_str(), title(*p))).collect(),
        }
    }

    /// The title of the resource that Puppet would find under this name.
    fn find(&self, reference: &ResourceRef) -> Option<&'c str> {
        let find = |name: &ResourceRef| {
            let name = name.as_str();
            self.titles.get(name).or_else(|| self.aliases.get(name)).copied()
        };
        find(reference).or_else(|| find(&reference.without_slashes()?))
    }
}

impl Client {
    /// Writes, unless another load began meanwhile: the last statement tells whose it is.
    pub async fn write_while(
        &self,
        statements: Vec<(String, Parameters)>,
        run: &str,
    ) -> Answer<()> {
        self.write_checked(statements, |rows| still(rows, run)).await
    }
}

fn split(reference: &str) -> (&str, &str) {
    let (of_type, rest) = reference.split_once('[').unwrap_or((reference, ""));
    (of_type, rest.strip_suffix(']').unwrap_or(rest))
}

#[async_trait]
impl Load<CatalogDocument> for Loader {
    async fn begin(&mut self, about: &About) -> Answer<()> {
        for index in INDEXES {
            self.client.change(index).await?;
        }
        self.client.change(READY).await?;
        if !about.all {
            self.known = Known::ask(&self.client).await?;
        }
        self.run.clone_from(&about.run);
        for (node, _, raw) in &about.beside {
            self.beside.entry(node.clone()).or_default().push(raw.clone());
        }
        let parameters = vec![
            ("schema", VERSION.into()),
            ("run", about.run.as_str().into()),
            ("from", about.from.as_str().into()),
            ("began", about.at.to_string().into()),
            ("there", about.there.into()),
            ("gaps", list(about.gaps.iter().map(|why| &**why))),
            ("undeclared", list(about.undeclared.iter().map(|why| &**why))),
        ];
        self.client.write(vec![(BEGIN.to_owned(), parameters)]).await?;
        Ok(())
    }

    async fn put(&mut self, entries: Vec<Entry<CatalogDocument>>) -> Answer<()> {
        for Entry { node, document } in entries {
            let why = document.as_ref().err().cloned();
            let document = document.map_err(|_| why.as_deref().unwrap_or_default());
            let beside = self.beside.remove(&node).unwrap_or_default();
            let digest = known::digest(&document, &beside);
            if self.known.has(&node, &digest) {
                let made = document.ok().map(|catalog| catalog.made);
                self.same.push(Same { node, made, digest });
                self.kept += 1;
                if self.same.len() >= BATCH {
                    self.keep().await?;
                }
                continue;
            }
            if let Ok(catalog) = &document {
                self.size += catalog.resources.len();
                self.classes.extend(catalog.classes.iter().cloned());
            }
            self.waiting.push(self.node(&node, &document, &beside, &digest));
            self.names.push(node);
            if self.size >= BATCH || self.waiting.len() >= BATCH {
                self.send().await?;
            }
        }
        Ok(())
    }

    async fn finish(&mut self, nodes: &BTreeSet<NodeName>, prune: bool) -> Answer<Loaded> {
        self.send().await?;
        self.keep().await?;
        while !self.under_way.is_empty() {
            self.arrived().await?;
        }
        let had = self.client.ask(HAD, Vec::new()).await?;
        let had = had.iter().filter_map(|row| NodeName::new(row.maybe_text(0)?).ok());
        let others: Vec<_> = had.filter(|node| !nodes.contains(node)).collect();
        if prune {
            self.remove(&others).await?;
        }
        self.put_rest().await?;
        let run = || vec![("run", BoltType::from(self.run.as_str()))];
        // What takes away would else take what a later load has just put there.
        let alone = |text: &str, parameters| {
            let statements = vec![(text.to_owned(), parameters), (STILL.to_owned(), Vec::new())];
            self.client.write_while(statements, &self.run)
        };
        alone(FORGET, run()).await?;
        alone(NAMED, Vec::new()).await?;
        for text in [PROVIDED, ACROSS] {
            self.client.change(text).await?;
        }
        for text in SWEEP {
            alone(text, Vec::new()).await?;
        }
        let ended = self.client.write(vec![(END.to_owned(), run())]).await?;
        if ended.is_empty() {
            let now = self.client.write(vec![(STILL.to_owned(), Vec::new())]).await?;
            still(&now, &self.run)?;
        }
        Ok(Loaded { kept: self.kept, others: others.len(), pruned: prune && !others.is_empty() })
    }
}
