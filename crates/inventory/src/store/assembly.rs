//! Putting an estate together from documents that are in no directory.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::Answer;
use groundrule_core::source::{Known, Source};
use serde_json::Value;

use super::builder::{Builder, Entry};
use super::found::Found;
use super::load::Taker;
use super::{Estate, Options};
use crate::catalog::{Catalog, RawDependency};
use crate::fault::Fault;
use crate::files::{Folder, Listed};

/// Where parameters are looked up that are not kept in memory.
#[async_trait]
pub(crate) trait Parameters: Send + Sync {
    /// A parameter of resources, one answer for each.
    async fn look_up(&self, wanted: &[Wanted], parameter: &str) -> Answer<Vec<Known<Value>>>;
}

/// A resource of a node's catalog.
pub(crate) struct Wanted {
    /// The node.
    pub node: NodeName,
    /// The resource, by its title.
    pub resource: ResourceRef,
    /// Where it stands in the catalog, from 0.
    pub position: usize,
}

/// An estate while it is put together.
pub(crate) struct Assembly<'o> {
    options: &'o Options,
    builder: Mutex<Builder>,
    files: Vec<Listed>,
    there: BTreeSet<Source>,
}

impl<'o> Assembly<'o> {
    /// Nothing yet.
    pub fn new(options: &'o Options) -> Self {
        let builder = Mutex::new(Builder::new());
        Self { options, builder, files: Vec::new(), there: BTreeSet::new() }
    }

    fn builder(&mut self) -> &mut Builder {
        self.builder.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// There are documents of this kind, or might be.
    pub fn there(&mut self, source: Source) {
        self.there.insert(source);
    }

    /// A document as it would stand in the file of an estate directory; `at` in seconds since 1970.
    pub fn document(&mut self, name: String, at: i64, text: Result<&str, Fault>) {
        let n = self.listed(name, at);
        let taker = Taker { options: self.options, builder: &self.builder };
        taker.take(n, &self.files[n], text);
    }

    fn listed(&mut self, name: String, at: i64) -> usize {
        let changed = i128::from(at) * 1_000_000_000;
        self.files.push(Listed { name, size: 0, changed, touched: changed });
        self.files.len() - 1
    }

    /// A catalog that was read.
    pub fn catalog(&mut self, node: NodeName, made: i64, catalog: &Catalog) {
        let name = format!("catalogs/{node}.json");
        let n = self.listed(name.clone(), made);
        let builder = self.builder();
        let row = builder.graph.catalogs.len();
        builder.graph.add(&node, catalog, u32::try_from(n).unwrap_or(u32::MAX), made);
        builder.catalogs.push(Entry { node, file: name, row: Ok((row, made)) });
    }

    /// A dependency that is declared beside the catalogs.
    pub fn depend(&mut self, node: &NodeName, raw: &RawDependency, line: u32) {
        self.there(Source::Relationships);
        let builder = self.builder();
        builder.relationships.rows += 1;
        builder.graph.depend(node, raw, line.max(1));
    }

    /// A document that cannot be relied on.
    pub fn doubt(&mut self, source: Source, node: NodeName, why: String) {
        let entry = Entry { file: format!("{node}"), node, row: Err(why) };
        let builder = self.builder();
        match source {
            Source::Catalogs => builder.catalogs.push(entry),
            Source::Facts => builder.facts.push(entry),
            _ => builder.registrations.push(entry),
        }
    }

    /// Why there may be more.
    pub fn gap(&mut self, source: Source, why: String) {
        self.builder().gaps.entry(source).or_default().push(why);
    }

    /// Why there may be dependencies that nobody declares.
    pub fn undeclared(&mut self, why: String) {
        self.there(Source::Relationships);
        self.builder().relationships.fault = Some(why);
    }

    /// The estate; `label` is what it is called.
    pub fn finish(mut self, label: &Path, parameters: Arc<dyn Parameters>) -> Estate {
        let folder = |source| Folder { there: self.there.contains(&source), ..Folder::default() };
        let found = Found {
            at: 0,
            catalogs: folder(Source::Catalogs),
            facts: folder(Source::Facts),
            registrations: folder(Source::Registrations),
            discovery: Ok(None),
            relationships: Ok(None),
            misnamed: Vec::new(),
        };
        let beside = self.there.contains(&Source::Relationships);
        self.builder().relationships.there = beside;
        let builder = self.builder.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut estate = builder.finish(label, self.options, &found, self.files);
        // Which nodes there are is not known here: other sources may know more.
        estate.problems.retain(|problem| problem.source != Source::Relationships);
        estate.parameters = Some(parameters);
        estate
    }
}
