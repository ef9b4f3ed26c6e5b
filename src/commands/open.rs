//! Opening an estate for the commands that look at it or judge it.

use std::path::Path;
use std::sync::Arc;

use groundrule_core::ports::{Lookup, Sources};
use groundrule_core::source::Problem;
use groundrule_engine::estate::Estate;
use groundrule_inventory::source::{self, Health, Location, Opening, Role, SourceError};
use groundrule_inventory::{Estate as Directory, OpenError, Options};
use groundrule_lookup::hierarchy::Hierarchy;

use crate::config::Config;
use crate::config::sources::{Place, Places};
use crate::failure::Failure;

/// Reads the estate directory.
pub fn directory(config: &Config) -> Result<Arc<Directory>, Failure> {
    at(&config.estate, &config.reading)
}

/// Reads an estate directory.
pub fn at(directory: &Path, reading: &Options) -> Result<Arc<Directory>, Failure> {
    Directory::open(directory, reading).map(Arc::new).map_err(|error| {
        let help = match error {
            OpenError::Missing(_) => "name one with --estate DIR, or as estate in groundrule.toml",
            OpenError::NoDirectory(_) => {
                "name a directory with catalogs/, facts/, registrations/, discovery.json"
            }
        };
        Failure::new(error.to_string(), help)
    })
}

/// Puts the sources of an estate directory together.
pub async fn estate(config: &Config, directory: &Arc<Directory>) -> Arc<Estate> {
    Arc::new(Estate::open(directory.sources(), config.trust.clone()).await)
}

/// The data that is looked up for nodes, if some is configured.
pub fn hierarchy(config: &Config) -> Result<Option<Arc<Hierarchy>>, Failure> {
    let Some(file) = &config.lookup else { return Ok(None) };
    match Hierarchy::open(file, config.trust.redaction.clone()) {
        Ok(data) => Ok(Some(Arc::new(data))),
        Err(fault) => Err(Failure::of(&fault)),
    }
}

/// The sources of the estate, opened.
pub struct Opened {
    /// What answers.
    pub sources: Sources,
    /// Faults of what was read already.
    pub problems: Vec<Problem>,
    /// Each source by itself.
    pub each: Vec<Each>,
}

/// One source, and all that it is asked for.
pub struct Each {
    /// What it is asked for.
    pub roles: Vec<Role>,
    /// Its address.
    pub location: Location,
    /// What it says of itself.
    pub health: Arc<dyn Health>,
    /// Its own ports.
    pub sources: Sources,
}

/// Opens every source that is configured, each once.
pub async fn sources(config: &Config) -> Result<Opened, Failure> {
    let mut opened = stores(config).await?;
    opened.sources.lookup = hierarchy(config)?.map(|data| data as Arc<dyn Lookup>);
    Ok(opened)
}

/// The same without the data that is looked up.
pub async fn stores(config: &Config) -> Result<Opened, Failure> {
    places(config, &config.sources).await
}

/// Opens the sources that tell facts, and no others.
pub async fn facts(config: &Config) -> Result<Opened, Failure> {
    let tells = |role: &Role| matches!(role, Role::Facts | Role::Registrations);
    let chosen = config.sources.iter().filter(|(role, _)| tells(role));
    places(config, &chosen.map(|(role, place)| (*role, place.clone())).collect()).await
}

async fn places(config: &Config, places: &Places) -> Result<Opened, Failure> {
    let mut opened = Opened { sources: Sources::default(), problems: Vec::new(), each: Vec::new() };
    for (roles, place) in gathered(places) {
        let opening = Opening {
            roles: roles.clone(),
            access: place.access()?,
            reading: config.reading.clone(),
        };
        let one = source::open(&place.location, &opening).await.map_err(refused)?;
        let Sources { graph, facts, registry, discovery, lookup: _, checks } = one.sources.clone();
        opened.sources.graph = opened.sources.graph.or(graph);
        opened.sources.facts = opened.sources.facts.or(facts);
        opened.sources.registry = opened.sources.registry.or(registry);
        opened.sources.discovery = opened.sources.discovery.or(discovery);
        opened.sources.checks = opened.sources.checks.or(checks);
        opened.problems.extend(one.problems);
        let location = place.location.clone();
        opened.each.push(Each { roles, location, health: one.health, sources: one.sources });
    }
    Ok(opened)
}

impl Opened {
    /// Whether nothing has changed since it was opened, as far as that can be seen: a server says so
    /// itself when it is asked.
    pub fn is_current(&self) -> bool {
        self.each.iter().all(|each| each.health.is_current())
    }

    /// Puts the sources together.
    pub async fn estate(&self, config: &Config) -> Arc<Estate> {
        Arc::new(Estate::open(self.sources.clone(), config.trust.clone()).await)
    }
}

/// The places, each once with everything that it is asked for. Checks stand alone: they may take longer
/// than other questions to the same place.
pub fn gathered(places: &Places) -> Vec<(Vec<Role>, &Place)> {
    let mut gathered: Vec<(Vec<Role>, &Place)> = Vec::new();
    for (role, place) in places {
        match gathered.iter_mut().find(|(_, other)| other.location == place.location) {
            Some((roles, _)) if *role != Role::Checks => roles.push(*role),
            _ => gathered.push((vec![*role], place)),
        }
    }
    gathered
}

/// A source that cannot be used.
pub fn refused(error: SourceError) -> Failure {
    Failure::new(error.what, error.help)
}

/// A runtime for the stores that wait.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(format!("no runtime: {error}"), "this is a bug: please report it")
    })
}
