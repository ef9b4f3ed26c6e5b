//! Opening an estate for the commands that look at it or judge it.

use std::path::Path;
use std::sync::Arc;

use groundrule_engine::estate::Estate;
use groundrule_inventory::{Estate as Directory, OpenError, Options};

use crate::config::Config;
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

/// A runtime for the stores that wait.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Failure::new(format!("no runtime: {error}"), "this is a bug: please report it")
    })
}
