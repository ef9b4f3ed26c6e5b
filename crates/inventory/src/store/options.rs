//! How an estate directory is read.

use std::path::PathBuf;

use groundrule_core::redaction::Redaction;

use crate::catalog::DependencyMap;

/// How an estate directory is read.
#[derive(Clone, Debug)]
pub struct Options {
    /// Defined types that declare dependencies.
    pub dependencies: Vec<DependencyMap>,
    /// Names whose values stay out.
    pub redaction: Redaction,
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
