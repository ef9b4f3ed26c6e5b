//! The keys of the configuration, as they are written.

use std::path::PathBuf;

use groundrule_core::source::Source;
use groundrule_engine::waiver::Mode;
use groundrule_inventory::{DependencyMap, Snapshots};
use groundrule_pipeline::alerts::NotifierSetting;
use serde::Deserialize;

use super::{gate, pipeline, sources};

/// From how many bytes on an estate is large: reading fewer takes a fraction of a second.
const LARGE: u64 = 64 << 20;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raw {
    pub estate: Option<String>,
    pub features: Option<Vec<String>>,
    pub waivers: Option<String>,
    pub mode: Option<Mode>,
    pub concurrency: Option<u16>,
    #[serde(default)]
    pub unknown: RawUnknown,
    #[serde(default)]
    pub sources: RawSources,
    #[serde(default)]
    pub redact: RawRedact,
    #[serde(default)]
    pub cache: RawCache,
    #[serde(default)]
    pub lookup: RawLookup,
    #[serde(default)]
    pub dependency: Vec<DependencyMap>,
    #[serde(default)]
    pub events: pipeline::Events,
    #[serde(default)]
    pub pipeline: pipeline::Pipeline,
    pub graphite: Option<pipeline::Graphite>,
    #[serde(default)]
    pub alerts: pipeline::Alerts,
    #[serde(default)]
    pub notifier: Vec<NotifierSetting>,
    #[serde(default)]
    pub gate: gate::Gate,
    #[serde(default)]
    pub ask: gate::Ask,
    #[serde(default)]
    pub serve: gate::Serve,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawUnknown {
    pub nodes: Option<UnknownNodes>,
    pub documents: Option<UnknownDocuments>,
}

/// Nodes of which it is not known whether a rule is about them.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum UnknownNodes {
    Undecided,
    Ignore,
}

/// Documents that cannot be read.
#[derive(Clone, Copy, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum UnknownDocuments {
    Undecided,
    Skip,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawSources {
    pub expect: Option<Vec<SourceName>>,
    pub catalogs: Option<RawCatalogs>,
    #[serde(default)]
    pub graph: sources::Ageless,
    #[serde(default)]
    pub facts: sources::Written,
    #[serde(default)]
    pub registrations: sources::Written,
    #[serde(default)]
    pub discovery: sources::Written,
    #[serde(default)]
    pub checks: sources::Ageless,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SourceName {
    Catalogs,
    Facts,
    Registrations,
    Discovery,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawCatalogs {
    pub max_age: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawRedact {
    pub names: Option<Vec<String>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawLookup {
    pub config: Option<PathBuf>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub struct RawCache {
    pub directory: Option<PathBuf>,
    pub estates: Option<CachedEstates>,
}

/// Which estates are kept for the next time.
#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum CachedEstates {
    /// Those that take a while to read.
    #[default]
    Large,
    All,
    None,
}

impl RawCache {
    /// Where estates are kept; `home` is where the user's caches are.
    pub fn snapshots(self, home: Option<PathBuf>) -> Option<Snapshots> {
        let from = match self.estates.unwrap_or_default() {
            CachedEstates::Large => LARGE,
            CachedEstates::All => 0,
            CachedEstates::None => return None,
        };
        Some(Snapshots { directory: self.directory.or(home)?, from })
    }
}

impl SourceName {
    pub fn source(self) -> Source {
        match self {
            Self::Catalogs => Source::Catalogs,
            Self::Facts => Source::Facts,
            Self::Registrations => Source::Registrations,
            Self::Discovery => Source::Discovery,
        }
    }
}
