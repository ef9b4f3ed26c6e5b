//! Data files: what is in them, as Ruby would read it.
//!
//! A [`Value`] is what a file holds. [`yaml::read`] and [`json::read`] read a text, [`file::read`] a file within limits, and [`Cache`] keeps what was read.

pub mod file;
pub mod json;
pub mod place;
pub mod yaml;

mod cache;
mod ruby;
mod value;

pub use cache::{Cache, Format};
pub use value::{Map, Value};

use crate::Fault;
use crate::interpolate::is_dynamic;

/// One file that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// What it holds. An empty file holds `Null`.
    pub root: Value,
    /// Where the keys of the root stand: line and column, from 1, in the order of the keys. Empty where the root is no hash, or it is not known.
    pub places: Vec<(u64, u64)>,
    /// How many values it holds, aliases counted each time.
    pub nodes: usize,
    /// Which values of the root have an expression in them, in the order of the keys.
    dynamic: Vec<bool>,
}

impl Document {
    /// A file with what it holds, where the keys of its root stand and how many values it holds.
    #[must_use]
    pub fn new(root: Value, places: Vec<(u64, u64)>, nodes: usize) -> Self {
        let values = root.as_hash().into_iter().flat_map(|map| map.values());
        let dynamic = values.map(is_dynamic).collect();
        Self { root, places, nodes, dynamic }
    }

    /// The value of a key of the root, and whether there is an expression in it.
    ///
    /// # Errors
    ///
    /// Where the file holds a list or a single value.
    pub fn get(&self, key: &str) -> Result<Option<(&Value, bool)>, Fault> {
        let found = self.hash()?.and_then(|map| map.get_full(key));
        Ok(found.map(|(index, _, value)| (value, self.dynamic[index])))
    }

    /// The hash of a data file, or a fault that says what it is instead. An empty file, and one that holds `false`, has no data.
    ///
    /// # Errors
    ///
    /// Where the file holds a list or a single value.
    pub fn hash(&self) -> Result<Option<&Map>, Fault> {
        match &self.root {
            Value::Hash(map) => Ok(Some(map)),
            Value::Null | Value::Bool(false) => Ok(None),
            other => Err(Fault::new(
                format!("it holds {} instead of a hash", other.kind_in_words()),
                "write `key: value` lines",
            )
            .at(1, 1)),
        }
    }

    /// The place of a key of the root: line and column from 1, or zeroes.
    #[must_use]
    pub fn place(&self, key: &str) -> (u64, u64) {
        let Value::Hash(map) = &self.root else { return (0, 0) };
        map.get_index_of(key).and_then(|index| self.places.get(index)).copied().unwrap_or((0, 0))
    }
}

/// What is read at most from one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a file.
    pub bytes: u64,
    /// Values in a file, with aliases counted as often as they are used.
    pub nodes: usize,
    /// How deep values lie in each other.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 32 << 20, nodes: 2_000_000, depth: 100 }
    }
}
