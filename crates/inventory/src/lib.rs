//! Stores of groundrule: adapters of the ports in `groundrule-core`.
//!
//! [`Estate`] reads a directory of catalogs, facts, registrations, a discovery reply and a list of
//! dependencies, and answers every question from memory.

mod catalog;
mod discovery;
mod documents;
mod dump;
mod fault;
mod files;
mod intern;
mod mongo;
mod neo4j;
mod puppetdb;
pub mod receiving;
pub mod source;
mod sqlite;
mod store;

pub use catalog::{DependencyMap, RawDependency};
// For the fuzz targets, which read catalogs without an estate around them.
#[doc(hidden)]
pub use catalog::read as read_catalog;
#[doc(hidden)]
pub use fault::Fault;
pub use store::{
    Estate, NoGraph, NodeGraph, OpenError, Options, Overview, Snapshots, SourceOverview,
};
