//! Hiera 5, as `puppet lookup` answers.
//!
//! A [`Hiera5`] is a place with data: a global `hiera.yaml`, an environment, modules. A [`Session`]
//! is its hierarchy for one node, with the node's facts as [`Scope`]; it answers [`Key`]s.

mod ask;
mod config;
mod explain;
mod eyaml;
mod globs;
mod hocon;
mod key;
mod layer;
mod layout;
mod lookup_options;
mod merge;
mod scope;
mod session;
pub mod types;
mod variables;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use regex::Regex;

use crate::Fault;
use crate::data::{Cache, Document, Format, Value};
pub use crate::outcome::{Answer, Origin, Outcome, Saw, Step};

use config::{Config, Owner};
pub use explain::in_words;
pub use key::Key;
pub use layout::Layout;
pub use merge::Merge;
pub use scope::Scope;
pub use session::Session;
use types::Type;

/// What is asked besides the keys.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// How to merge, whatever `lookup_options` say.
    pub merge: Option<Merge>,
    /// The type that the answer must have, as it is written and read.
    pub expected: Option<(String, Type)>,
    /// The answer where there is no data.
    pub default: Option<Value>,
    /// Whether to tell what was seen on the way.
    pub explain: bool,
}

/// A place with data. Files are read once, and again when they changed.
pub struct Hiera5 {
    layout: Layout,
    cache: Cache,
    configs: RwLock<HashMap<PathBuf, Kept>>,
    patterns: RwLock<HashMap<String, Regex>>,
    globs: RwLock<HashMap<(PathBuf, String), Globbed>>,
    private_keys: RwLock<HashMap<PathBuf, Arc<eyaml::PrivateKey>>>,
}

/// Files that a pattern matched, and when.
type Globbed = (Instant, Arc<Vec<PathBuf>>);

/// How long that is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// How many patterns with their files are kept.
const GLOBS: usize = 10_000;

/// A configuration, and the document that it was read of.
type Kept = (Arc<Document>, Arc<Option<Config>>);

/// How many patterns of `lookup_options` are kept.
const PATTERNS: usize = 10_000;

impl Hiera5 {
    /// The data of a layout; nothing is read yet.
    #[must_use]
    pub fn new(layout: Layout) -> Self {
        Self {
            layout,
            cache: Cache::default(),
            configs: RwLock::default(),
            patterns: RwLock::default(),
            globs: RwLock::default(),
            private_keys: RwLock::default(),
        }
    }

    /// The hierarchy for one node. `now` is the time on a clock that never goes back: files that
    /// were looked at within the last second are not looked at again.
    ///
    /// # Errors
    /// Where a `hiera.yaml` cannot be read, or a variable leads out of a data directory.
    pub fn session(&self, scope: Scope, now: Instant) -> Result<Session<'_>, Fault> {
        Session::new(self, scope, now)
    }

    /// The configuration at a path; none if there is no file, or none in it where its version
    /// counts for nothing.
    fn config(
        &self,
        file: &Path,
        owner: Owner,
        now: Instant,
    ) -> Result<Option<Arc<Option<Config>>>, Fault> {
        let document = self.cache.get(file, Format::Yaml, now).map_err(|fault| (*fault).clone())?;
        let Some(document) = document else { return Ok(None) };
        let configs = self.configs.read().unwrap_or_else(PoisonError::into_inner);
        let kept = configs.get(file).filter(|(of, _)| Arc::ptr_eq(of, &document));
        if let Some((_, config)) = kept {
            return Ok(Some(Arc::clone(config)));
        }
        drop(configs);
        let config = Arc::new(config::read(file, &document, owner)?);
        let mut configs = self.configs.write().unwrap_or_else(PoisonError::into_inner);
        configs.insert(file.to_owned(), (document, Arc::clone(&config)));
        Ok(Some(config))
    }

    /// The expression of a pattern in `lookup_options`.
    fn pattern(&self, text: &str) -> Result<Regex, Fault> {
        if let Some(known) = self.patterns.read().unwrap_or_else(PoisonError::into_inner).get(text)
        {
            return Ok(known.clone());
        }
        // Ruby's ^ and $ are the ends of a line.
        let pattern = Regex::new(&format!("(?m){text}")).map_err(|error| {
            let what = format!("the pattern {text} of lookup_options cannot be read: {error}");
            Fault::new(what, "correct it; what looks ahead or behind is not known here")
        })?;
        let mut patterns = self.patterns.write().unwrap_or_else(PoisonError::into_inner);
        if patterns.len() >= PATTERNS {
            patterns.clear();
        }
        patterns.insert(text.to_owned(), pattern.clone());
        Ok(pattern)
    }

    /// The files that a pattern matches in a directory; looked for again when a second has passed.
    fn files(
        &self,
        directory: &Path,
        pattern: &str,
        now: Instant,
    ) -> Result<Arc<Vec<PathBuf>>, Fault> {
        let key = (directory.to_owned(), pattern.to_owned());
        let globs = self.globs.read().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, files)) = globs.get(&key)
            && now.saturating_duration_since(*at) < BELIEVED
        {
            return Ok(Arc::clone(files));
        }
        drop(globs);
        let files = Arc::new(globs::files(directory, pattern)?);
        let mut globs = self.globs.write().unwrap_or_else(PoisonError::into_inner);
        if globs.len() >= GLOBS {
            globs.clear();
        }
        globs.insert(key, (now, Arc::clone(&files)));
        Ok(files)
    }

    fn private_key(&self, path: &Path) -> Result<Arc<eyaml::PrivateKey>, Fault> {
        let keys = self.private_keys.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = keys.get(path) {
            return Ok(Arc::clone(known));
        }
        drop(keys);
        let key = Arc::new(eyaml::PrivateKey::read(path)?);
        let mut keys = self.private_keys.write().unwrap_or_else(PoisonError::into_inner);
        keys.insert(path.to_owned(), Arc::clone(&key));
        Ok(key)
    }
}

#[cfg(test)]
mod tests;
