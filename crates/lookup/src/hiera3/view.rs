//! What a machine sees: its levels, found once.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use super::backend::{Source, data_file};
use super::{Hiera, Scope};
use crate::Fault;
use crate::data::{Document, place};
use crate::interpolate::Guard;
use crate::manifest;

/// What a machine sees of a configuration and its data. Levels are found when they are first needed, and stay what they are then.
#[derive(Debug)]
pub struct View<'a> {
    pub(super) hiera: &'a Hiera,
    pub(super) scope: &'a Scope,
    now: Instant,
    /// The levels' names; none for one that is no name.
    names: Vec<OnceCell<Option<Arc<str>>>>,
    /// The backends' directories.
    directories: Vec<OnceCell<Arc<str>>>,
    /// By backend, then by level.
    data: Vec<OnceCell<Option<Found>>>,
    /// Whether a name or directory is being found right now, which may look things up itself.
    finding: Cell<bool>,
    trace: Option<RefCell<Vec<String>>>,
}

/// A level as a machine has it, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Level {
    /// The backend's name.
    pub backend: &'static str,
    /// The level's name, or that of its class.
    pub name: String,
    /// Its file, where it has one.
    pub file: Option<PathBuf>,
    /// How many keys it has; none where it has no file.
    pub keys: Option<usize>,
    /// Why it cannot be read.
    pub fault: Option<Fault>,
}

/// A level's data.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) file: PathBuf,
    pub(super) document: Arc<Document>,
}

impl<'a> View<'a> {
    pub(super) fn new(hiera: &'a Hiera, scope: &'a Scope, now: Instant) -> Self {
        let (levels, backends) = (hiera.config.hierarchy.len(), hiera.config.backends.len());
        // A class of Puppet's has two levels of its own.
        let slots = backends * (levels + 2);
        Self {
            hiera,
            scope,
            now,
            names: std::iter::repeat_with(OnceCell::new).take(levels).collect(),
            directories: std::iter::repeat_with(OnceCell::new).take(backends).collect(),
            data: std::iter::repeat_with(OnceCell::new).take(slots).collect(),
            finding: Cell::new(false),
            trace: None,
        }
    }

    /// The same, and it writes down what it does.
    #[must_use]
    pub fn traced(mut self) -> Self {
        self.trace = Some(RefCell::default());
        self
    }

    /// What was written down since it was last asked.
    pub fn take_trace(&self) -> Vec<String> {
        self.trace.as_ref().map(RefCell::take).unwrap_or_default()
    }

    pub(super) fn note(&self, line: impl FnOnce() -> String) {
        if let Some(trace) = &self.trace {
            trace.borrow_mut().push(line());
        }
    }

    /// All levels in the order in which they are searched.
    ///
    /// # Errors
    ///
    /// Where a level's name cannot be found out.
    pub fn all_levels(&self) -> Result<Vec<Level>, Fault> {
        let mut all = Vec::new();
        for (number, backend) in self.hiera.config.backends.iter().enumerate() {
            for level in 0..self.levels(number) {
                let name = match backend.source {
                    Source::File(..) => self.name(level, None)?.map(|name| name.to_string()),
                    Source::Manifest => self.class_name(level, None)?,
                };
                let Some(name) = name else { continue };
                let mut row =
                    Level { backend: backend.name, name, file: None, keys: None, fault: None };
                match self.data(number, level, None) {
                    Ok(Some(found)) => {
                        row.file = Some(found.file.clone());
                        match found.document.hash() {
                            Ok(map) => row.keys = Some(map.map_or(0, crate::data::Map::len)),
                            Err(fault) => row.fault = Some(fault.of(&found.file)),
                        }
                    }
                    Ok(None) => {}
                    Err(fault) => row.fault = Some(fault),
                }
                all.push(row);
            }
        }
        Ok(all)
    }

    /// How many levels a backend has; the Puppet backend has two more, of the class that asks.
    pub(super) fn levels(&self, backend: usize) -> usize {
        let own = match self.hiera.config.backends[backend].source {
            Source::Manifest => 2,
            Source::File(..) => 0,
        };
        self.names.len() + own
    }

    /// A level's name as this machine has it; none for one that is empty or no relative path.
    pub(super) fn name(
        &self,
        level: usize,
        guard: Option<&mut Guard>,
    ) -> Result<Option<Arc<str>>, Fault> {
        if let Some(name) = self.names[level].get() {
            return Ok(name.clone());
        }
        let template = &self.hiera.config.hierarchy[level];
        let name = self.configured(template, guard)?;
        let is_path = !name.is_empty()
            && !name.contains("//")
            && !name.lines().any(|line| line.starts_with('/') || line.ends_with('/'));
        if !is_path {
            self.note(|| format!("Ignoring bad definition in :hierarchy: '{name}'"));
        }
        let name = is_path.then(|| Arc::from(name));
        Ok(self.names[level].get_or_init(|| name).clone())
    }

    /// A text of the configuration as this machine has it.
    fn configured(&self, template: &str, guard: Option<&mut Guard>) -> Result<String, Fault> {
        let nested = self.finding.replace(true);
        // What is looked up on the way to a name must not need that name again, so they share one guard.
        let answer = match guard {
            Some(guard) if nested => self.text(template, guard),
            _ => self.text(template, &mut Guard::default()),
        };
        self.finding.set(nested);
        let text = answer.map_err(|fault| self.of_config(fault))?.to_s();
        place::stays(template, &text).map_err(|fault| self.of_config(fault))?;
        Ok(text)
    }

    fn of_config(&self, fault: Fault) -> Fault {
        match &self.hiera.config.file {
            Some(file) => fault.of(file),
            None => fault,
        }
    }

    fn directory(&self, backend: usize, guard: Option<&mut Guard>) -> Result<Arc<str>, Fault> {
        if let Some(directory) = self.directories[backend].get() {
            return Ok(Arc::clone(directory));
        }
        let directory = Arc::from(self.configured(&self.hiera.config.datadirs[backend], guard)?);
        Ok(Arc::clone(self.directories[backend].get_or_init(|| directory)))
    }

    /// A level's data in a backend, with the level's name; none where it has none.
    pub(super) fn data(
        &self,
        backend: usize,
        level: usize,
        mut guard: Option<&mut Guard>,
    ) -> Result<Option<&Found>, Fault> {
        let slot = &self.data[backend * (self.names.len() + 2) + level];
        if self.trace.is_none()
            && let Some(found) = slot.get()
        {
            return Ok(found.as_ref());
        }
        let found = match &self.hiera.config.backends[backend].source {
            Source::File(extension, format) => {
                let Some(name) = self.name(level, guard.as_deref_mut())? else { return Ok(None) };
                self.note(|| format!("Looking for data source {name}"));
                let directory = self.directory(backend, guard)?;
                let file = data_file(&directory, &name, extension);
                let document = self
                    .hiera
                    .cache
                    .get(&file, *format, self.now)
                    .map_err(|fault| Fault::clone(&fault))?;
                if document.is_none() {
                    self.note(|| format!("Cannot find datafile {}, skipping", file.display()));
                }
                document.map(|document| Found { file, document })
            }
            Source::Manifest => self.class(backend, level, guard)?,
        };
        Ok(slot.get_or_init(|| found).as_ref())
    }

    /// The class of a manifest that is a level of the Puppet backend.
    fn class(
        &self,
        backend: usize,
        level: usize,
        mut guard: Option<&mut Guard>,
    ) -> Result<Option<Found>, Fault> {
        let Some(class) = self.class_name(level, guard.as_deref_mut())? else { return Ok(None) };
        self.note(|| format!("Looking for data in {class}"));
        let Some(inside) = manifest::file_of(&class) else { return Ok(None) };
        let path = self.directory(backend, guard)?;
        for directory in path.split(':').filter(|directory| !directory.is_empty()) {
            let file = PathBuf::from(directory).join(&inside);
            if let Some(document) = self
                .hiera
                .cache
                .get(&file, manifest::FORMAT, self.now)
                .map_err(|fault| Fault::clone(&fault))?
            {
                return Ok(manifest::class(&document, &class)
                    .map(|document| Found { file, document: Arc::new(document) }));
            }
        }
        Ok(None)
    }

    fn class_name(&self, level: usize, guard: Option<&mut Guard>) -> Result<Option<String>, Fault> {
        let datasource = &self.hiera.config.datasource;
        if level < self.names.len() {
            return Ok(self.name(level, guard)?.map(|name| format!("{datasource}::{name}")));
        }
        let asking = self
            .scope
            .get("calling_class")
            .map(|class| class.to_s().to_lowercase())
            .filter(|class| !class.is_empty());
        let Some(asking) = asking else {
            let module =
                self.scope.get("calling_module").map(|module| module.to_s().to_lowercase());
            return Ok(module
                .filter(|module| level > self.names.len() && !module.is_empty())
                .map(|module| format!("{module}::{datasource}")));
        };
        let module = asking.split("::").next().unwrap_or(&asking);
        Ok(match level - self.names.len() {
            0 => Some(format!("{asking}::{datasource}")),
            _ if module == asking => None,
            _ => Some(format!("{module}::{datasource}")),
        })
    }
}
