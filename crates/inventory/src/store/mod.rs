//! The embedded store: everything of an estate directory, in memory.

mod assembly;
mod builder;
mod contents;
mod facts;
pub(crate) mod falling;
mod found;
pub(crate) mod graph;
mod load;
mod open;
mod options;
mod overview;
mod ports;
mod snapshot;
mod view;
pub(crate) mod within;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use groundrule_core::Text;
use groundrule_core::name::NodeName;
use groundrule_core::source::{Problem, Source};
use serde::{Deserialize, Serialize};

use crate::dump::Dump;
use crate::files::Listed;
use crate::intern::{NONE, Strings};
use facts::Facts;
use graph::Graph;

pub(crate) use assembly::{Assembly, Parameters, Wanted};
pub use found::OpenError;
pub use options::{Options, Snapshots};
pub use overview::{Overview, Source as SourceOverview};
pub use view::{NoGraph, NodeGraph};

/// What was read from an estate directory, or put together from elsewhere.
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
    /// Where parameters are looked up; in the files if there is none.
    parameters: Option<Arc<dyn Parameters>>,
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
    words: Strings,
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

impl fmt::Debug for Estate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { root, files, graph, catalogs, facts, facts_rows, .. } = self;
        let Self { registrations, registered, discovery, relationships, problems, .. } = self;
        f.debug_struct("Estate")
            .field("root", root)
            .field("files", files)
            .field("graph", graph)
            .field("catalogs", catalogs)
            .field("facts", facts)
            .field("facts_rows", facts_rows)
            .field("registrations", registrations)
            .field("registered", registered)
            .field("discovery", discovery)
            .field("relationships", relationships)
            .field("problems", problems)
            .finish_non_exhaustive()
    }
}

impl Registered {
    fn new(seed: u64) -> Self {
        Self {
            facts: Facts::new(seed),
            rows: Vec::new(),
            words: Strings::new(seed),
            listed: Vec::new(),
        }
    }

    /// Writes or fills the arrays.
    fn dump(&mut self, dump: &mut impl Dump) -> io::Result<()> {
        self.facts.dump(dump)?;
        dump.array(&mut self.rows)?;
        self.words.dump(dump)?;
        dump.array(&mut self.listed)
    }

    /// Whether the arrays fit together.
    fn is_sound(&self) -> bool {
        let rows = self.facts.ends.len();
        let part = |[start, end]: [u32; 2]| {
            [start, end] == [NONE, NONE] || start <= end && end as usize <= self.listed.len()
        };
        self.facts.is_sound()
            && self.words.is_sound()
            && self.listed.iter().all(|word| (*word as usize) < self.words.len())
            && self.rows.iter().all(|row| {
                (row.facts == NONE || (row.facts as usize) < rows)
                    && part(row.classes)
                    && part(row.agents)
            })
    }
}

impl Estate {
    /// An estate of which nothing was read yet.
    fn empty(root: &Path, files: Vec<Listed>) -> Self {
        Self {
            root: root.to_owned(),
            files,
            graph: Graph::new(0),
            catalogs: Documents::default(),
            facts: Documents::default(),
            facts_rows: Facts::new(0),
            registrations: Documents::default(),
            registered: Registered::new(0),
            discovery: Replied::default(),
            relationships: Relationships::default(),
            problems: Vec::new(),
            parameters: None,
        }
    }

    /// Whether its arrays fit together.
    fn is_sound(&self) -> bool {
        self.graph.is_sound()
            && self.facts_rows.is_sound()
            && self.registered.is_sound()
            && self.graph.catalogs.iter().all(|row| (row.file as usize) < self.files.len())
            && self.catalogs.readable.len() == self.graph.catalogs.len()
            && self.facts.readable.len() == self.facts_rows.ends.len()
            && self.registrations.readable.len() == self.registered.rows.len()
    }

    /// Faults of its files.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The directory.
    #[must_use]
    pub fn root(&self) -> &Path {
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
            Source::Lookup | Source::Checks => false,
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
