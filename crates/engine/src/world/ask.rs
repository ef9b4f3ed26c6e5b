//! Questions about nodes, answered from all sources that could tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use groundrule_core::Text;
use groundrule_core::fact::FactName;
use groundrule_core::filter::{Filter, Test};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{Answer, ResourceQuery, Row, StoreError};
use groundrule_core::redaction::is_partial;
use groundrule_core::source::{Known, Source, Unknown};
use jiff::Timestamp;
use serde_json::Value;

use super::{Column, World};
use crate::estate::answers::{self, ByText};
use crate::estate::{Document, NodeId, Truth};

impl<T> Column<T> {
    /// Of which nodes it holds, given a test of the value.
    #[must_use]
    pub fn truth(&self, world: &World, test: impl Fn(&T) -> bool) -> Truth {
        let mut truth = Truth::none(self.values.len());
        for (node, value) in self.values.iter().enumerate() {
            match value {
                Known::Present(value) if test(value) => truth.yes.insert(node),
                Known::Present(_) | Known::Absent => {}
                Known::Unknown(why) => {
                    truth.maybe.insert(node, world.unknown(node, self.source, why));
                }
            }
        }
        truth
    }
}

/// A value, unless something was taken from it: what is left compares as nothing.
fn partly(what: &str, value: Value) -> Known<Value> {
    if is_partial(&value) {
        let why = format!("part of the {what} is on the redaction list and never read");
        return Known::Unknown(why.into());
    }
    Known::Present(value)
}

impl World {
    /// Every node that certainly stands.
    #[must_use]
    pub fn nodes(&self) -> FixedBitSet {
        let mut nodes = FixedBitSet::with_capacity(self.size());
        nodes.insert_range(..);
        nodes.difference_with(&self.gone);
        for node in self.perhaps_gone.keys() {
            nodes.remove(*node);
        }
        nodes
    }

    /// A column from a value of each node of the estate; added nodes answer for themselves.
    fn column<T>(
        &self,
        source: Source,
        of_estate: impl FnMut(NodeId) -> Known<T>,
        of_added: impl Fn(&super::Added) -> Option<T>,
    ) -> Column<T> {
        let added = self
            .added
            .iter()
            .map(|(_, added)| of_added(added).map_or(Known::Absent, Known::Present));
        Column { source, values: (0..self.estate.size()).map(of_estate).chain(added).collect() }
    }

    fn silent<T>(
        &self,
        source: Source,
        why: &Text,
        of_added: impl Fn(&super::Added) -> Option<T>,
    ) -> Column<T> {
        self.column(source, |_| Known::Unknown(why.clone()), of_added)
    }

    /// The value of a fact: of the facts document, else of the registration.
    pub async fn fact(&self, fact: &FactName) -> Arc<Column<Value>> {
        let of_added = |added: &super::Added| fact.find(&added.facts).cloned();
        match self.fact_today(fact).await {
            Ok(today) => self.with_added(today, of_added),
            Err(StoreError(why)) => Arc::new(self.silent(Source::Facts, &why, of_added)),
        }
    }

    /// The same of today's estate.
    async fn fact_today(&self, fact: &FactName) -> Answer<Arc<Column<Value>>> {
        let answers = &self.estate.answers;
        if let Some(known) = answers.facts.get(fact) {
            return Ok(known);
        }
        if self.estate.settings.redaction.covers_fact(fact) {
            return Err(StoreError("the fact is on the redaction list and never read".into()));
        }
        let sources = &self.estate.sources;
        let documents = match &sources.facts {
            Some(store) => store.values(fact).await,
            None => Ok(Vec::new()),
        };
        let registered = match &sources.registry {
            Some(store) => store.values(fact).await,
            None => Ok(Vec::new()),
        };
        let mut documents = self.estate.by_id(documents?);
        let mut registered = self.estate.by_id(registered?);
        let of_estate = |node: NodeId| {
            let known = &self.estate.facts;
            match known.documents[node] {
                Document::Absent if known.gaps.is_empty() => {
                    self.registered(node, registered[node].take())
                }
                _ => known.look(node, documents[node].take()),
            }
        };
        let whole = |known| match known {
            Known::Present(value) => partly("fact", value),
            known => known,
        };
        let values = (0..self.estate.size()).map(of_estate).map(whole).collect();
        Ok(answers.facts.keep(fact.clone(), Column { source: Source::Facts, values }))
    }

    /// A column of today's estate, with what added nodes answer for themselves.
    fn with_added<T: Clone>(
        &self,
        today: Arc<Column<T>>,
        of_added: impl Fn(&super::Added) -> Option<T>,
    ) -> Arc<Column<T>> {
        if self.added.is_empty() {
            return today;
        }
        let of_estate = |node: NodeId| today.values[node].clone();
        Arc::new(self.column(today.source, of_estate, of_added))
    }

    /// What a registration tells where no document of the better source is there.
    pub(super) fn registered<T>(&self, node: NodeId, told: Option<Known<T>>) -> Known<T> {
        let known = &self.estate.registrations;
        match (&known.documents[node], known.gaps.first()) {
            (Document::Readable, None) => told.unwrap_or(Known::Absent),
            (Document::Unknown(why), _) | (_, Some(why)) => Known::Unknown(why.clone()),
            (Document::Absent, None) => {
                Known::Unknown("there is no facts document and no registration of it".into())
            }
        }
    }

    /// Which classes that the pattern matches a node has: of its catalog and its registration.
    pub async fn classes(&self, name: &Pattern) -> Arc<Column<Vec<Text>>> {
        let of_added = |added: &super::Added| {
            let class: Text = added.class.as_str().into();
            name.matches(&class).then(|| vec![class])
        };
        self.with_added(self.classes_today(name).await, of_added)
    }

    /// The same of today's estate.
    async fn classes_today(&self, name: &Pattern) -> Arc<Column<Vec<Text>>> {
        let answers = &self.estate.answers;
        let key = answers::key(name);
        if let Some(known) = answers.classes.get(&key) {
            return known;
        }
        let of_catalogs = match &self.estate.sources.graph {
            Some(store) => store.classes(name).await,
            None => Ok(Vec::new()),
        };
        self.classes_told(name, of_catalogs).await
    }

    /// Asks for the classes of several filters in one go, so that each of them is answered already.
    pub(super) async fn ask_classes<'f>(&self, filters: impl Iterator<Item = &'f Filter>) {
        let answers = &self.estate.answers;
        let mut names: BTreeMap<answers::PatternKey, &Pattern> = BTreeMap::new();
        for test in filters.flat_map(Filter::tests) {
            if let Test::Class(name) = test {
                names.insert(answers::key(name), name);
            }
        }
        names.retain(|key, _| answers.classes.get(key).is_none());
        let names: Vec<_> = names.into_values().cloned().collect();
        let Some(store) = self.estate.sources.graph.as_ref().filter(|_| names.len() > 1) else {
            return;
        };
        // Where it does not answer, each filter asks for itself and says so.
        let Ok(told) = store.classes_of_each(&names).await else { return };
        for (name, of_catalogs) in names.iter().zip(told) {
            self.classes_told(name, Ok(of_catalogs)).await;
        }
    }

    /// Puts together what catalogs and registrations tell, and keeps it.
    async fn classes_told(
        &self,
        name: &Pattern,
        of_catalogs: Answer<Vec<(NodeName, Vec<Text>)>>,
    ) -> Arc<Column<Vec<Text>>> {
        let (catalogs, no_catalogs) = answered(of_catalogs);
        let (registered, no_registry) = match &self.estate.sources.registry {
            Some(store) => answered(store.classes(name).await),
            None => (Vec::new(), None),
        };
        let mut catalogs = self.estate.by_id(catalogs);
        let mut registered = self.estate.by_id(registered);
        let of_estate = |node: NodeId| {
            let of_catalog = self.estate.catalogs.look(node, catalogs[node].take());
            let registrations = &self.estate.registrations;
            let unreliable = match (&registrations.documents[node], registrations.gaps.first()) {
                (Document::Unknown(why), _) | (_, Some(why)) => Some(why),
                _ => None,
            };
            let told = registered[node].take().filter(|_| unreliable.is_none());
            let mut found = Vec::new();
            if let Known::Present(classes) = &of_catalog {
                found.extend(classes.iter().cloned());
            }
            if let Some(Known::Present(classes)) = &told {
                found.extend(classes.iter().cloned());
            }
            if !found.is_empty() {
                found.sort_unstable();
                found.dedup();
                return Known::Present(found);
            }
            if let Some(why) = no_catalogs.as_ref().or(no_registry.as_ref()) {
                return Known::Unknown(why.clone());
            }
            if let Known::Unknown(why) = of_catalog {
                return Known::Unknown(why);
            }
            if let Some(why) = unreliable {
                return Known::Unknown(why.clone());
            }
            let has_catalog = self.estate.catalogs.documents[node] == Document::Readable;
            match told {
                _ if has_catalog => Known::Absent,
                Some(Known::Absent) => Known::Absent,
                Some(Known::Unknown(why)) => Known::Unknown(why),
                _ => Known::Unknown("there is no catalog and no registration of it".into()),
            }
        };
        let values = (0..self.estate.size()).map(of_estate).collect();
        let column = Column { source: Source::Catalogs, values };
        match (no_catalogs, no_registry) {
            (None, None) => self.estate.answers.classes.keep(answers::key(name), column),
            _ => Arc::new(column),
        }
    }

    /// Why a node may have more classes than [`World::classes`] found.
    #[must_use]
    pub fn more_classes(&self, node: NodeId) -> Option<Unknown> {
        let of_catalog = self.estate.catalog_unknown(node);
        let of_catalog = of_catalog.map(|why| self.unknown(node, Source::Catalogs, why));
        of_catalog.or_else(|| {
            let known = &self.estate.registrations;
            let why = match known.documents.get(node)? {
                Document::Unknown(why) => Some(why),
                _ => known.gaps.first(),
            };
            Some(self.unknown(node, Source::Registrations, why?))
        })
    }

    /// The environment, by catalog.
    pub async fn environment(&self) -> Column<Text> {
        let answer = match &self.estate.sources.graph {
            Some(store) => store.environments().await,
            None => Ok(Vec::new()),
        };
        let mut rows = match answer {
            Ok(rows) => self.estate.by_id(rows),
            Err(StoreError(why)) => return self.silent(Source::Catalogs, &why, |_| None),
        };
        let of_estate = |node: NodeId| {
            self.with_catalog(node)
                .unwrap_or_else(|| self.estate.catalogs.look(node, rows[node].take()))
        };
        self.column(Source::Catalogs, of_estate, |_| None)
    }

    /// Unknown for a node without a catalog.
    fn with_catalog<T>(&self, node: NodeId) -> Option<Known<T>> {
        let known = &self.estate.catalogs;
        let blank = known.documents[node] == Document::Absent && known.gaps.is_empty();
        blank.then(|| Known::Unknown("there is no catalog of it".into()))
    }

    /// Whether an MCollective agent runs, by registration.
    pub async fn agents(&self, name: &Pattern) -> Column<()> {
        let answer = match &self.estate.sources.registry {
            Some(store) => store.agents(name).await,
            None => Ok(Vec::new()),
        };
        self.of_registration(answer)
    }

    /// When it registered last.
    pub async fn last_seen(&self) -> Column<Timestamp> {
        let answer = match &self.estate.sources.registry {
            Some(store) => store.last_seen().await,
            None => Ok(Vec::new()),
        };
        self.of_registration(answer)
    }

    fn of_registration<T>(
        &self,
        answer: Result<Vec<(NodeName, Known<T>)>, StoreError>,
    ) -> Column<T> {
        let mut rows = match answer {
            Ok(rows) => self.estate.by_id(rows),
            Err(StoreError(why)) => return self.silent(Source::Registrations, &why, |_| None),
        };
        let of_estate = |node: NodeId| match self.registered(node, rows[node].take()) {
            Known::Unknown(_) if self.never_registered(node) => {
                Known::Unknown("there is no registration of it".into())
            }
            other => other,
        };
        self.column(Source::Registrations, of_estate, |_| None)
    }

    fn never_registered(&self, node: NodeId) -> bool {
        let known = &self.estate.registrations;
        known.documents[node] == Document::Absent && known.gaps.is_empty()
    }

    /// Whether it has registered.
    #[must_use]
    pub fn is_registered(&self) -> Column<()> {
        let known = &self.estate.registrations;
        let of_estate = |node: NodeId| match known.there {
            true => known.look(node, Some(())),
            false => {
                let why = known.gaps.first().cloned();
                Known::Unknown(why.unwrap_or_else(|| "the estate has no registrations".into()))
            }
        };
        self.column(Source::Registrations, of_estate, |_| None)
    }

    /// Whether it answers discovery.
    #[must_use]
    pub fn answers(&self) -> Column<()> {
        let of_estate = |node: NodeId| match &self.estate.answering {
            Ok(answering) if answering[node] => Known::Present(()),
            Ok(_) => Known::Absent,
            Err(unknown) => Known::Unknown(unknown.why.clone()),
        };
        self.column(Source::Discovery, of_estate, |_| None)
    }

    /// Its resources that a query asks for.
    pub async fn resources(&self, query: &ResourceQuery) -> Column<Vec<ResourceRef>> {
        let answer = match &self.estate.sources.graph {
            Some(store) => store.resources(query).await,
            None => Ok(Vec::new()),
        };
        let rows = match answer {
            Ok(rows) => rows,
            Err(StoreError(why)) => return self.silent(Source::Catalogs, &why, |_| None),
        };
        let mut by_node: Vec<Vec<ResourceRef>> = vec![Vec::new(); self.estate.size()];
        for (name, resource) in rows {
            if let Some(node) = self.estate.id(&name) {
                by_node[node].push(resource);
            }
        }
        let of_estate = |node: NodeId| {
            let mut found = std::mem::take(&mut by_node[node]);
            found.sort_unstable();
            self.with_catalog(node).unwrap_or_else(|| {
                self.estate.catalogs.look(node, Some(found).filter(|f| !f.is_empty()))
            })
        };
        self.column(Source::Catalogs, of_estate, |_| None)
    }

    /// A parameter of a resource; absent where the resource is.
    pub async fn parameter(
        &self,
        resource: &ResourceRef,
        parameter: &str,
        of: &FixedBitSet,
    ) -> Column<Value> {
        if self.estate.settings.redaction.covers(parameter) {
            let why = "the parameter is on the redaction list and never read".into();
            return self.silent(Source::Catalogs, &why, |_| None);
        }
        let nodes: Vec<_> =
            of.ones().filter_map(|node| self.estate.names().get(node).cloned()).collect();
        let answer = match &self.estate.sources.graph {
            Some(store) => store.parameters(resource, parameter, &nodes).await,
            None => Ok(Vec::new()),
        };
        let mut rows = match answer {
            Ok(rows) => self.estate.by_id(rows),
            Err(StoreError(why)) => return self.silent(Source::Catalogs, &why, |_| None),
        };
        let redaction = &self.estate.settings.redaction;
        let whole = |known| match known {
            Known::Present(mut value) => {
                redaction.strip_value(&mut value);
                partly("parameter", value)
            }
            known => known,
        };
        let of_estate = |node: NodeId| {
            let row = rows[node].take().map(whole);
            self.with_catalog(node).unwrap_or_else(|| {
                match self.estate.catalogs.look(node, Some(())) {
                    Known::Unknown(why) => Known::Unknown(why),
                    _ => row.unwrap_or(Known::Absent),
                }
            })
        };
        self.column(Source::Catalogs, of_estate, |_| None)
    }

    /// Whether it is the world of today, of which alone a graph knows.
    #[must_use]
    pub fn is_today(&self) -> bool {
        self.gone.is_clear() && self.added.is_empty()
    }

    /// The rows of a query in Cypher, and whose catalogs are missing, so that there may be more. A
    /// query may ask for what is not there: where a catalog is there and cannot be relied on, nothing
    /// is known of its rows.
    ///
    /// # Errors
    /// Why there are no rows that can be relied on.
    pub async fn query(&self, text: &str) -> Result<(Vec<Row>, Vec<Unknown>), Unknown> {
        let known = &self.estate.catalogs;
        let whole = |why: Text| Unknown { node: None, source: Source::Catalogs, why };
        let Some(store) = &self.estate.sources.graph else {
            return Err(whole("the estate has no graph".into()));
        };
        if let Some(why) = known.gaps.first() {
            return Err(whole(why.clone()));
        }
        let mut absent = Vec::new();
        for (node, document) in known.documents.iter().enumerate() {
            match document {
                Document::Readable => {}
                Document::Unknown(why) => return Err(self.unknown(node, Source::Catalogs, why)),
                Document::Absent => {
                    let why = "there is no catalog of it".into();
                    absent.push(self.unknown(node, Source::Catalogs, &why));
                }
            }
        }
        match store.query(text).await {
            Ok(rows) => Ok((rows, absent)),
            Err(StoreError(why)) => Err(whole(why)),
        }
    }

    /// Which nodes a filter selects.
    pub async fn filter(&self, filter: &Filter) -> Truth {
        let mut answers = Vec::new();
        for test in filter.tests() {
            answers.push(self.test(test).await);
        }
        filter.combine(&Truth::all(self.size()), &mut answers.into_iter())
    }

    /// Which nodes have a class that the pattern matches.
    pub async fn has_class(&self, name: &Pattern) -> Truth {
        let with_class = &self.estate.answers.with_class;
        let key = answers::key(name);
        match with_class.get(&key) {
            Some(known) if self.added.is_empty() => Truth::clone(&known),
            _ => {
                let classes = self.classes(name).await;
                let truth = classes.truth(self, |_| true);
                // An answer that was not kept may be another one the next time.
                if self.added.is_empty() && self.estate.answers.classes.get(&key).is_some() {
                    with_class.keep(key, truth.clone());
                }
                truth
            }
        }
    }

    /// Of which nodes a fact is this text, where no node is added.
    async fn fact_is(&self, fact: &FactName, text: &str) -> Truth {
        let by_text = &self.estate.answers.by_text;
        if let Some(known) = by_text.get(fact) {
            return known.is(text, self.size());
        }
        match self.fact_today(fact).await {
            Ok(column) => {
                let unknown = |node, why: &Text| self.unknown(node, Source::Facts, why);
                let turned = by_text.keep(fact.clone(), ByText::of(&column, unknown));
                turned.is(text, self.size())
            }
            Err(StoreError(why)) => {
                self.silent(Source::Facts, &why, |_| None::<()>).truth(self, |()| false)
            }
        }
    }

    async fn test(&self, test: &Test) -> Truth {
        match test {
            Test::Class(name) => self.has_class(name).await,
            Test::Fact(test) => match test.wanted_text() {
                Some(text) if self.added.is_empty() => self.fact_is(&test.name, text).await,
                _ => self.fact(&test.name).await.truth(self, |value| test.accepts(value)),
            },
            Test::Agent(name) => self.agents(name).await.truth(self, |()| true),
            Test::Identity(name) => {
                let mut truth = Truth::none(self.size());
                let fits = (0..self.size()).filter(|node| name.matches(self.name(*node).as_str()));
                truth.yes.extend(fits);
                truth
            }
            Test::Data(call) => {
                let why = format!("only the machine itself can answer {call}").into();
                let unknown = |node| (node, self.unknown(node, Source::Discovery, &why));
                Truth { maybe: (0..self.size()).map(unknown).collect(), ..Truth::none(self.size()) }
            }
        }
    }
}

fn answered<T>(answer: Result<Vec<T>, StoreError>) -> (Vec<T>, Option<Text>) {
    match answer {
        Ok(rows) => (rows, None),
        Err(StoreError(why)) => (Vec::new(), Some(why)),
    }
}
