//! Extlookup: the first of several files, the most particular first, that has a key. What came before Hiera, with the data sources that it grew.

mod config;
mod convert;
mod csv;
mod expand;

pub use config::{Config, Parser};
pub use convert::{Converted, hiera_config};
pub use csv::{FORMAT as CSV, read as read_csv};

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use crate::Fault;
use crate::data::{Cache, Value, place};
use crate::hiera3::{self, Hiera, Resolution, Scope};

/// A configuration and the files that it leads to.
#[derive(Debug)]
pub struct Extlookup {
    config: Config,
    cache: Arc<Cache>,
    /// For the Puppet data source, whose levels Hiera knows already.
    manifests: Option<Hiera>,
}

/// An answer and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The value.
    pub value: Value,
    /// The file.
    pub file: PathBuf,
    /// Line from 1, or 0.
    pub line: u64,
}

impl Extlookup {
    /// With a configuration that was read.
    #[must_use]
    pub fn new(config: Config, cache: Arc<Cache>) -> Self {
        let manifests = (config.parser == Parser::Puppet)
            .then(|| Hiera::new(config.as_hiera(), Arc::clone(&cache)));
        Self { config, cache, manifests }
    }

    /// With the configuration that a file holds.
    ///
    /// # Errors
    ///
    /// Where the file is missing, cannot be read, or asks for what is not there.
    pub fn open(path: &Path, cache: Arc<Cache>) -> Result<Self, Fault> {
        Ok(Self::new(Config::read(path)?, cache))
    }

    /// Looks a key up; none where no file has it. The class that asks is the variable `calling_class`.
    ///
    /// # Errors
    ///
    /// Where a file that has to be read cannot be, or a value has a variable in it that the scope does not have; with file, line and key.
    pub fn lookup(&self, key: &str, scope: &Scope, now: Instant) -> Result<Option<Answer>, Fault> {
        if let Some(manifests) = &self.manifests {
            return in_manifests(manifests, key, scope, now);
        }
        for template in &self.config.precedence {
            let Some(level) = self.level(template, scope)? else { continue };
            let (extension, format) = self.config.parser.file();
            let directory = expand::variables(&self.config.datadir, scope, true)
                .map_err(|fault| self.of_config(fault))?;
            let file = hiera3::data_file(&directory, &level, extension);
            let Some(document) = self
                .cache
                .get(&file, format, now)
                .map_err(|fault| Fault::clone(&fault).key(key))?
            else {
                continue;
            };
            let (line, column) = document.place(key);
            let at = |fault: Fault| fault.at(line, column).of(&file).key(key);
            let Some(value) = document
                .hash()
                .map_err(|fault| fault.of(&file).key(key))?
                .and_then(|map| map.get(key))
            else {
                continue;
            };
            let value = match value {
                Value::Null => continue,
                Value::Str(text) => expand::variables(text, scope, false).map_err(at)?.into(),
                // Lists that CSV columns make are of texts, which are expanded; lists and hashes of YAML and JSON are left as they are.
                Value::Array(cells) if self.config.parser == Parser::Csv => {
                    let expand = |cell: &Value| {
                        expand::variables(&cell.to_s(), scope, false).map(Value::from)
                    };
                    Value::list(cells.iter().map(expand).collect::<Result<_, _>>().map_err(at)?)
                }
                other => other.clone(),
            };
            return Ok(Some(Answer { value, file, line }));
        }
        Ok(None)
    }

    /// A level's name as a machine has it; none for an empty one.
    fn level(&self, template: &str, scope: &Scope) -> Result<Option<String>, Fault> {
        let level =
            expand::variables(template, scope, true).map_err(|fault| self.of_config(fault))?;
        place::stays(template, &level).map_err(|fault| self.of_config(fault))?;
        Ok((!level.is_empty()).then_some(level))
    }

    fn of_config(&self, fault: Fault) -> Fault {
        match &self.config.file {
            Some(file) => fault.of(file),
            None => fault,
        }
    }
}

fn in_manifests(
    manifests: &Hiera,
    key: &str,
    scope: &Scope,
    now: Instant,
) -> Result<Option<Answer>, Fault> {
    // A name with a dot is one name here.
    let whole = if key.contains('.') { format!("'{key}'") } else { key.to_owned() };
    let view = manifests.view(scope, now);
    let Some(answer) = view.lookup(&whole, Resolution::Priority)? else { return Ok(None) };
    let origin = answer.from.first().and_then(|from| view.origin(&whole, *from));
    let (file, line) =
        origin.map(|origin| (origin.file.to_owned(), origin.line)).unwrap_or_default();
    Ok(Some(Answer { value: answer.value, file, line }))
}

#[cfg(test)]
mod tests;
