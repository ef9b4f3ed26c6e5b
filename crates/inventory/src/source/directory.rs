//! `estate:DIR`: an estate directory as a source.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::ports::{Answer, Sources};

use super::{Health, Location, Opened, Opening, Remark, Role, SourceError};
use crate::{Estate, OpenError};

/// An estate directory that was read.
pub struct Directory(pub Arc<Estate>);

impl Directory {
    /// Reads an estate directory.
    ///
    /// # Errors
    /// When there is no such directory.
    pub fn open(location: &Location, opening: &Opening) -> Result<Self, SourceError> {
        let estate = Estate::open(Path::new(location.rest()), &opening.reading);
        estate.map(|estate| Self(Arc::new(estate))).map_err(|error| {
            let help = match error {
                OpenError::Missing(_) => {
                    "name one with --estate DIR, or as estate in groundrule.toml"
                }
                OpenError::NoDirectory(_) => {
                    "name a directory with catalogs/, facts/, registrations/, discovery.json"
                }
            };
            SourceError::new(error.to_string(), help)
        })
    }
}

/// Reads the directory; of its ports those that are asked for.
pub async fn open(location: &Location, opening: &Opening) -> Result<Opened, SourceError> {
    let (place, how) = (location.clone(), opening.clone());
    // A large estate takes a while, and others must not wait for it.
    let directory = tokio::task::spawn_blocking(move || Directory::open(&place, &how)).await;
    let directory = directory.map_err(|error| {
        SourceError::new(error.to_string(), "this is a bug: please report it")
    })??;
    let mut sources = directory.0.sources();
    let Sources { graph, facts, registry, discovery, lookup: _, checks: _ } = &mut sources;
    let asked = |role| opening.roles.contains(&role);
    *graph = graph.take().filter(|_| asked(Role::Graph));
    *facts = facts.take().filter(|_| asked(Role::Facts));
    *registry = registry.take().filter(|_| asked(Role::Registrations));
    *discovery = discovery.take().filter(|_| asked(Role::Discovery));
    let problems = directory.0.problems().to_vec();
    Ok(Opened { sources, problems, health: Arc::new(directory) })
}

#[async_trait]
impl Health for Directory {
    async fn identity(&self) -> Answer<String> {
        Ok(format!("the directory {}", self.0.root().display()))
    }

    fn is_current(&self) -> bool {
        self.0.is_current()
    }

    async fn remarks(&self) -> Answer<Vec<Remark>> {
        let remark = |problem: &groundrule_core::source::Problem| Remark {
            what: problem.to_string(),
            help: problem.help.clone(),
            undecides: problem.undecides,
        };
        Ok(self.0.problems().iter().map(remark).collect())
    }
}
