//! The embedded store: everything of an estate directory, in memory.

mod facts;
mod falling;
mod graph;
mod load;
mod overview;
mod ports;
mod view;

use std::path::PathBuf;

use groundrule_core::Text;
use groundrule_core::name::NodeName;
use groundrule_core::source::{Problem, Source};
use serde::{Deserialize, Serialize};

use crate::files::Listed;
use facts::Facts;
use graph::Graph;

pub use load::{OpenError, Options};
pub use overview::{Overview, Source as SourceOverview};
pub use view::{NoGraph, NodeGraph};

/// What was read from an estate directory.
#[derive(Debug)]
pub struct Estate {
    root: PathBuf,
    files: Vec<Listed>,
    graph: Graph,
    catalogs: Documents,
    facts: Documents,
    facts_rows: Facts,
    registrations: Documents,
    registered: Registered,
    discovery: Replied,
    relationships: Relationships,
    problems: Vec<Problem>,
}

/// Which nodes have a document of one kind.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Documents {
    /// Whether the estate has this kind of source.
    there: bool,
    /// Node and time in seconds since 1970, by row.
    readable: Vec<(String, i64)>,
    /// Node and why its document cannot be read.
    unreadable: Vec<(String, String)>,
    /// Why there may be more.
    gaps: Vec<String>,
}

/// Registrations by row.
#[derive(Clone, Debug)]
struct Registered {
    facts: Facts,
    rows: Vec<RegistrationRow>,
    /// Names of classes and agents.
    words: crate::intern::Strings,
    listed: Vec<u32>,
}

/// One registration; `NONE` where it did not tell.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
struct RegistrationRow {
    /// Seconds since 1970; the smallest number where it did not tell.
    seen: i64,
    facts: u32,
    /// Where its classes begin and end in `listed`.
    classes: [u32; 2],
    /// Where its agents begin and end in `listed`.
    agents: [u32; 2],
    padding: u32,
}

/// The discovery reply.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Replied {
    there: bool,
    nodes: Vec<String>,
    at: Option<i64>,
    fault: Option<String>,
}

/// The list of dependencies beside the catalogs.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Relationships {
    there: bool,
    rows: usize,
    fault: Option<String>,
}

impl Estate {
    /// Faults of its files.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// Whether it has a source of this kind.
    #[must_use]
    pub fn has(&self, source: Source) -> bool {
        match source {
            Source::Catalogs => self.catalogs.there,
            Source::Facts => self.facts.there,
            Source::Registrations => self.registrations.there,
            Source::Discovery => self.discovery.there,
            Source::Relationships => self.relationships.there,
        }
    }
}

fn text(s: &str) -> Text {
    s.into()
}

/// A name that was valid when it was stored.
fn node(name: &str) -> Option<NodeName> {
    NodeName::new(name).ok()
}
