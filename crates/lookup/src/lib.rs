//! Data about machines: external facts, Hiera and extlookup, read as the Ruby tools read them.
//!
//! `data` reads files into values, `manifest` Puppet's manifests, `interpolate` is the grammar of `%{}`, `merge` joins values, `render` writes answers.

pub mod data;
pub mod edit;
pub mod enc;
pub mod external;
pub mod extlookup;
pub mod hiera3;
pub mod hiera5;
pub mod hierarchy;
pub mod interpolate;
pub mod lint;
pub mod manifest;
pub mod merge;
pub mod outcome;
pub mod render;

mod fault;
mod hidden;
mod policies;

pub use fault::{Details, Fault};
