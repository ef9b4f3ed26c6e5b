//! Reads the rules again when somebody touches `DIR/reload`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::fault::RouteFault;
use super::rules::Rules;

/// Watches the file `reload` in the directory of the rules.
#[derive(Debug)]
pub struct Reloader {
    directory: PathBuf,
    touched: Option<SystemTime>,
}

impl Reloader {
    /// Watches from now on: make it before the rules are loaded, so that no touch is missed.
    #[must_use]
    pub fn new(directory: &Path) -> Self {
        let directory = directory.to_owned();
        Self { touched: touched(&directory), directory }
    }

    /// The rules, read anew, if the file was touched since the last time. Where they are faulty
    /// the old ones should stay.
    pub fn check(
        &mut self,
        valid: &dyn Fn(&str) -> Result<(), String>,
    ) -> Option<Result<Rules, Vec<RouteFault>>> {
        let now = touched(&self.directory);
        if now.is_none() || now == self.touched {
            return None;
        }
        self.touched = now;
        Some(Rules::load(&self.directory, valid))
    }
}

fn touched(directory: &Path) -> Option<SystemTime> {
    fs::metadata(directory.join("reload")).and_then(|data| data.modified()).ok()
}
