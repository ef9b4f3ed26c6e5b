//! Loading an estate directory into stores.

use std::collections::BTreeSet;

use groundrule_core::ports::Answer;
use groundrule_core::source::Source;
use jiff::Timestamp;

use super::{Entry, Load, Loaded, Role, Targets};
use crate::{Estate, Options};

/// How many documents are handed over at a time.
const BATCH: usize = 64;

/// How far a load has come.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// What is loaded.
    pub role: Role,
    /// Documents that were handed over.
    pub done: usize,
    /// Of all of them.
    pub of: usize,
}

/// What was loaded into one store.
#[derive(Clone, Copy, Debug)]
pub struct Copied {
    /// What.
    pub role: Role,
    /// Documents.
    pub documents: usize,
    /// Those among them that cannot be read, which the store knows as such.
    pub unreadable: usize,
    /// Nodes that only the store knew.
    pub rest: Loaded,
}

/// What tells a load from others.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its name, which no other load has.
    pub id: String,
    /// When it began.
    pub at: Timestamp,
    /// Whether nodes go that the estate does not have.
    pub prune: bool,
    /// Whether also that is written which a store knows to have already.
    pub all: bool,
}

/// Loads everything of an estate into the stores that are there for it, one after the other, and
/// tells how far it has come.
///
/// # Errors
/// The first that a store reports; what was loaded so far stays, marked as incomplete.
pub async fn copy(
    estate: &Estate,
    reading: &Options,
    targets: Targets,
    run: &Run,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Answer<Vec<Copied>> {
    let mut copied = Vec::new();
    let mut work = Work { estate, run, progress };
    if let Some(target) = targets.graph {
        let entries = estate.catalog_entries(reading);
        copied.push(work.fill(target, Role::Graph, Source::Catalogs, entries).await?);
    }
    if let Some(target) = targets.facts {
        let entries = estate.facts_entries();
        copied.push(work.fill(target, Role::Facts, Source::Facts, entries).await?);
    }
    if let Some(target) = targets.registrations {
        let entries = estate.registration_entries();
        let source = Source::Registrations;
        copied.push(work.fill(target, Role::Registrations, source, entries).await?);
    }
    Ok(copied)
}

struct Work<'w> {
    estate: &'w Estate,
    run: &'w Run,
    progress: &'w mut (dyn FnMut(Progress) + Send),
}

impl Work<'_> {
    async fn fill<D: Send + 'static>(
        &mut self,
        mut target: Box<dyn Load<D>>,
        role: Role,
        source: Source,
        entries: impl Iterator<Item = Entry<D>> + Send,
    ) -> Answer<Copied> {
        let of = self.estate.documents(source);
        target.begin(&self.estate.about(source, self.run)).await?;
        let mut nodes = BTreeSet::new();
        let mut unreadable = 0;
        let mut batch = Vec::with_capacity(BATCH);
        for entry in entries {
            unreadable += usize::from(entry.document.is_err());
            nodes.insert(entry.node.clone());
            batch.push(entry);
            if batch.len() == BATCH {
                target.put(std::mem::take(&mut batch)).await?;
                (self.progress)(Progress { role, done: nodes.len(), of });
            }
        }
        target.put(batch).await?;
        (self.progress)(Progress { role, done: nodes.len(), of });
        let rest = target.finish(&nodes, self.run.prune).await?;
        Ok(Copied { role, documents: nodes.len(), unreadable, rest })
    }
}
