//! Files that were read, kept until they change.

use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use hashbrown::HashMap;

use super::{Document, Limits, file, json, yaml};
use crate::Fault;

/// How a file is read.
#[derive(Clone, Copy, Debug)]
pub enum Format {
    /// [`yaml::read`] with dates refused.
    Yaml,
    /// [`json::read`].
    Json,
    /// By a function of the caller's own, which has a name of its own.
    Other(&'static str, fn(&str, &Limits) -> Result<Document, Fault>),
}

/// Files that were read, each once, and again when its time, size or place on the disk changed. Several threads may ask at once.
///
/// A file is looked at on the disk again only when `recheck` has passed since it was last looked at: in between, lookups cost no system call and see one state.
/// What is kept is bounded; the files that were not asked for the longest go first.
#[derive(Debug)]
pub struct Cache {
    limits: Limits,
    recheck: Duration,
    /// Most values kept, over all files.
    most: usize,
    /// By path, as text: comparing paths part by part takes longer than a lookup.
    files: RwLock<HashMap<OsString, Entry>>,
    clock: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    format: Format,
    checked: Instant,
    used: AtomicU64,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    Absent,
    Read(Stamp, Arc<Document>),
    Bad(Option<Stamp>, Arc<Fault>),
}

type Stamp = (i64, i64, i64, i64, u64, u64);

fn stamp(metadata: &Metadata) -> Stamp {
    (
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
        metadata.size(),
        metadata.ino(),
    )
}

impl Default for Cache {
    /// The usual limits, 8 million values, and a look at the disk each second.
    fn default() -> Self {
        Self::new(Limits::default(), Duration::from_secs(1), 8_000_000)
    }
}

impl Cache {
    /// An empty one that keeps `most` values.
    #[must_use]
    pub fn new(limits: Limits, recheck: Duration, most: usize) -> Self {
        Self { limits, recheck, most, files: RwLock::default(), clock: AtomicU64::new(0) }
    }

    /// What a file holds; none where there is no such file. `now` is the time on a clock that never goes back.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read, with the file's name; the same fault until the file changes.
    pub fn get(
        &self,
        path: &Path,
        format: Format,
        now: Instant,
    ) -> Result<Option<Arc<Document>>, Arc<Fault>> {
        let tick = self.clock.fetch_add(1, Ordering::Relaxed);
        let mut stale = None;
        {
            let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) =
                files.get(path.as_os_str()).filter(|entry| entry.format.name() == format.name())
            {
                if now.saturating_duration_since(entry.checked) < self.recheck {
                    entry.used.store(tick, Ordering::Relaxed);
                    return entry.state.answer();
                }
                stale = Some(entry.state.clone());
            }
        }
        let state = self.look(path, format, stale);
        let answer = state.answer();
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.insert(
            path.as_os_str().to_owned(),
            Entry { format, checked: now, used: AtomicU64::new(tick), state },
        );
        self.trim(&mut files);
        answer
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.files.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What the disk has now; what was read before where that is still true.
    fn look(&self, path: &Path, format: Format, stale: Option<State>) -> State {
        let now = match file::stat(path) {
            Ok(None) => return State::Absent,
            Ok(Some(metadata)) => stamp(&metadata),
            Err(fault) => return State::Bad(None, Arc::new(fault)),
        };
        match stale {
            Some(State::Read(was, document)) if was == now => return State::Read(was, document),
            Some(State::Bad(Some(was), fault)) if was == now => {
                return State::Bad(Some(was), fault);
            }
            _ => {}
        }
        match file::read(path, self.limits.bytes) {
            Ok(None) => State::Absent,
            Err(fault) => State::Bad(Some(now), Arc::new(fault)),
            Ok(Some((text, metadata))) => match format.read(&text, &self.limits) {
                Ok(document) => State::Read(stamp(&metadata), Arc::new(document)),
                Err(fault) => State::Bad(Some(stamp(&metadata)), Arc::new(fault.of(path))),
            },
        }
    }

    fn trim(&self, files: &mut HashMap<OsString, Entry>) {
        // Names of files come from variables' values, so absent ones are counted as well.
        let mut total: usize = files.values().map(|entry| entry.state.size()).sum();
        if total <= self.most {
            return;
        }
        let mut oldest: Vec<(u64, OsString)> = files
            .iter()
            .map(|(path, entry)| (entry.used.load(Ordering::Relaxed), path.clone()))
            .collect();
        oldest.sort_unstable();
        for (_, path) in oldest {
            // Some room is made at once, so that the next file does not sort everything again.
            if total <= self.most - self.most / 4 {
                break;
            }
            if let Some(entry) = files.remove(&path) {
                total -= entry.state.size();
            }
        }
    }
}

impl State {
    fn answer(&self) -> Result<Option<Arc<Document>>, Arc<Fault>> {
        match self {
            Self::Absent => Ok(None),
            Self::Read(_, document) => Ok(Some(Arc::clone(document))),
            Self::Bad(_, fault) => Err(Arc::clone(fault)),
        }
    }

    fn size(&self) -> usize {
        // An entry without values takes about as much as ten of them.
        10 + match self {
            Self::Read(_, document) => document.nodes,
            Self::Absent | Self::Bad(..) => 0,
        }
    }
}

impl Format {
    /// Reads a text in this format.
    ///
    /// # Errors
    ///
    /// As the readers of the formats.
    pub fn read(self, text: &str, limits: &Limits) -> Result<Document, Fault> {
        match self {
            Self::Yaml => {
                yaml::read(text, &yaml::Options { limits: *limits, ..yaml::Options::default() })
            }
            Self::Json => json::read(text, limits),
            Self::Other(_, read) => read(text, limits),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Yaml => "yaml",
            Self::Json => "json",
            Self::Other(name, _) => name,
        }
    }
}

#[cfg(test)]
mod tests;
