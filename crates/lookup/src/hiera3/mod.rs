//! Hiera 3: levels of data files, the most particular first, that are searched by key.
//!
//! [`Hiera`] is a configuration with its files. A [`View`] is what a machine sees of it; it answers lookups. What is answered is the same as by
//! Ruby's `hiera` 3.10, in all but the points that docs/lookup.md lists.

mod answer;
mod backend;
mod config;
mod expand;
mod explain;
mod scope;
mod view;

pub use answer::{Answer, Origin, Resolution};
pub use backend::{BACKENDS, Backend, Source, data_file};
pub use config::{Behavior, Config};
pub use scope::Scope;
pub use view::{Level, View};

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use crate::Fault;
use crate::data::Cache;

/// A configuration, and the files that it leads to.
#[derive(Debug)]
pub struct Hiera {
    config: Config,
    cache: Arc<Cache>,
}

impl Hiera {
    /// With a configuration that was read.
    #[must_use]
    pub fn new(config: Config, cache: Arc<Cache>) -> Self {
        Self { config, cache }
    }

    /// With the configuration that a file holds.
    ///
    /// # Errors
    ///
    /// Where the file is missing, cannot be read, or asks for what is not there.
    pub fn open(path: &Path, cache: Arc<Cache>) -> Result<Self, Fault> {
        Ok(Self::new(Config::read(path)?, cache))
    }

    /// What is configured.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What a machine with this scope sees. `now` is the time on a clock that never goes back.
    ///
    /// A view finds its levels once and then answers from them: take a new one for each request.
    #[must_use]
    pub fn view<'a>(&'a self, scope: &'a Scope, now: Instant) -> View<'a> {
        View::new(self, scope, now)
    }
}

#[cfg(test)]
mod tests;
