//! Loading into the file.

use std::collections::BTreeSet;
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, StoreError};
use groundrule_core::source::Source;
use rusqlite::{Transaction, params};
use serde_json::json;

use super::catalog::{Dependency, Kept};
use super::file::File;
use super::{kind, parameters, record};
use crate::source::{About, CatalogDocument, Entry, FactsDocument, Load, Loaded, Registration};

/// A load of one kind of documents.
pub(super) struct Loading<D> {
    file: Arc<Mutex<File>>,
    about: Option<About>,
    kind: PhantomData<fn(D)>,
}

/// A document that can be kept.
pub(super) trait Document {
    const SOURCE: Source;
    /// Of when it is, and its text.
    fn text(&self, node: &NodeName) -> (Option<i64>, String);
    /// Keeps what stands beside it.
    fn beside(&self, _: &NodeName, _: &Transaction<'_>) -> rusqlite::Result<()> {
        Ok(())
    }
}

impl Document for FactsDocument {
    const SOURCE: Source = Source::Facts;

    fn text(&self, node: &NodeName) -> (Option<i64>, String) {
        let values = &self.facts;
        let text = json!({ "name": node.as_str(), "timestamp": self.made, "values": values });
        (Some(self.made), text.to_string())
    }
}

impl Document for Registration {
    const SOURCE: Source = Source::Registrations;

    fn text(&self, node: &NodeName) -> (Option<i64>, String) {
        (self.seen, record::document(node, self))
    }
}

impl Document for CatalogDocument {
    const SOURCE: Source = Source::Catalogs;

    fn text(&self, _: &NodeName) -> (Option<i64>, String) {
        (Some(self.made), json!(Kept::of(self)).to_string())
    }

    fn beside(&self, node: &NodeName, putting: &Transaction<'_>) -> rusqlite::Result<()> {
        let mut put = putting.prepare_cached("INSERT INTO parameters VALUES (?1, ?2, ?3)")?;
        for (position, resource) in (0i64..).zip(&self.resources) {
            let values = resource.parameters.clone();
            let kept = parameters::Kept { values, sensitive: resource.sensitive.clone() };
            put.execute(params![node.as_str(), position, json!(kept).to_string()])?;
        }
        Ok(())
    }
}

impl<D: Document> Loading<D> {
    pub fn into(file: Arc<Mutex<File>>) -> Self {
        Self { file, about: None, kind: PhantomData }
    }

    /// Does something, wholly or not at all.
    fn at_once<T>(&self, work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Answer<T> {
        let mut file: MutexGuard<'_, File> =
            self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let done = file.connection.transaction().and_then(|transaction| {
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        });
        done.map_err(|error| file.failed(&error))
    }
}

fn forget(putting: &Transaction<'_>, source: Source, node: &str) -> rusqlite::Result<()> {
    let forget = "DELETE FROM documents WHERE kind = ?1 AND node = ?2";
    putting.prepare_cached(forget)?.execute([kind(source), node])?;
    if source == Source::Catalogs {
        putting.prepare_cached("DELETE FROM parameters WHERE node = ?1")?.execute([node])?;
    }
    Ok(())
}

#[async_trait]
impl<D: Document + Send + Sync + 'static> Load<D> for Loading<D> {
    async fn begin(&mut self, about: &About) -> Answer<()> {
        self.at_once(|begin| {
            let note = "INSERT OR REPLACE INTO loads VALUES (?1, ?2, ?3, ?4, 0, ?5)";
            let at = about.at.to_string();
            begin
                .execute(note, params![kind(D::SOURCE), about.run, about.from, at, about.there])
                .map(|_| ())
        })?;
        self.about = Some(about.clone());
        Ok(())
    }

    async fn put(&mut self, entries: Vec<Entry<D>>) -> Answer<()> {
        self.at_once(|putting| {
            let put = "INSERT INTO documents VALUES (?1, ?2, ?3, ?4, ?5)";
            for entry in &entries {
                let node = entry.node.as_str();
                forget(putting, D::SOURCE, node)?;
                let mut put = putting.prepare_cached(put)?;
                match &entry.document {
                    Err(why) => {
                        put.execute(params![
                            kind(D::SOURCE),
                            node,
                            None::<i64>,
                            &**why,
                            None::<&str>
                        ])?;
                    }
                    Ok(document) => {
                        let (at, text) = document.text(&entry.node);
                        put.execute(params![kind(D::SOURCE), node, at, None::<&str>, text])?;
                        document.beside(&entry.node, putting)?;
                    }
                }
            }
            Ok(())
        })
    }

    async fn finish(&mut self, nodes: &BTreeSet<NodeName>, prune: bool) -> Answer<Loaded> {
        let Some(about) = self.about.take() else { return Ok(Loaded::default()) };
        let loaded = self.at_once(|finish| {
            let whole = "UPDATE loads SET complete = 1 WHERE kind = ?1 AND run = ?2";
            if finish.execute(whole, [kind(D::SOURCE), &about.run])? == 0 {
                return Ok(None);
            }
            let known = "SELECT node FROM documents WHERE kind = ?1";
            let mut known = finish.prepare(known)?;
            let known = known.query_map([kind(D::SOURCE)], |row| row.get(0))?;
            let known: Vec<String> = known.collect::<Result<_, _>>()?;
            let is_other =
                |name: &&String| NodeName::new(name).is_ok_and(|name| !nodes.contains(&name));
            let others: Vec<_> = known.iter().filter(is_other).collect();
            if prune {
                for name in &others {
                    forget(finish, D::SOURCE, name)?;
                }
            }
            finish.execute("DELETE FROM gaps WHERE kind = ?1", [kind(D::SOURCE)])?;
            for why in &about.gaps {
                finish.execute("INSERT INTO gaps VALUES (?1, ?2)", [kind(D::SOURCE), &**why])?;
            }
            if D::SOURCE == Source::Catalogs {
                beside(&about, finish)?;
            }
            Ok(Some(Loaded { kept: 0, others: others.len(), pruned: prune && !others.is_empty() }))
        })?;
        let overtaken = || StoreError("another load has begun since: that one counts".into());
        loaded.ok_or_else(overtaken)
    }
}

fn beside(about: &About, finish: &Transaction<'_>) -> rusqlite::Result<()> {
    finish.execute_batch("DELETE FROM beside; DELETE FROM undeclared;")?;
    for (node, line, dependency) in &about.beside {
        let kept = json!(Dependency::of(dependency)).to_string();
        let line = i64::try_from(*line).unwrap_or(i64::MAX);
        let put = "INSERT INTO beside VALUES (?1, ?2, ?3)";
        finish.execute(put, params![node.as_str(), line, kept])?;
    }
    for why in &about.undeclared {
        finish.execute("INSERT INTO undeclared VALUES (?1)", [&**why])?;
    }
    Ok(())
}
