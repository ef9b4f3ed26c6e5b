//! How an estate directory is read.

use std::path::{Path, PathBuf};

use groundrule_core::redaction::Redaction;
use serde_json::{Map, Value};

use crate::catalog::DependencyMap;
use crate::fault::Fault;

/// Reads the facts in a directory.
pub type ReadDirectory = fn(&Path) -> Result<Map<String, Value>, Fault>;

/// How an estate directory is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Defined types that declare dependencies.
    pub dependencies: Vec<DependencyMap>,
    /// Names whose values stay out.
    pub redaction: Redaction,
    /// How a directory `facts/NODE.d` of external facts is read; it cannot be if none.
    pub directories: Option<ReadDirectory>,
    /// Leave documents out that cannot be read, instead of knowing that something is unknown.
    pub skip_unreadable: bool,
    /// Where what was read is kept for the next time; nowhere if none.
    pub snapshots: Option<Snapshots>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dependencies: vec![DependencyMap::own()],
            redaction: Redaction::default(),
            directories: None,
            skip_unreadable: false,
            snapshots: None,
        }
    }
}

/// Where snapshots are kept, and of which estates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshots {
    /// The directory.
    pub directory: PathBuf,
    /// Estates whose files have fewer bytes than this are read each time.
    pub from: u64,
}
