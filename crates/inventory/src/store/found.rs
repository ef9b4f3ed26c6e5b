//! What there is in an estate directory, before any of it is read.

use std::path::{Path, PathBuf};

use crate::fault::Fault;
use crate::files::{self, Folder, Listed};

/// An estate directory that cannot be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is no such directory.
    #[error("there is no estate directory {}", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is no directory", .0.display())]
    NoDirectory(PathBuf),
}

/// Everything that was found, before it is put together.
pub(super) struct Found {
    /// When it was listed, in nanoseconds since 1970.
    pub at: i128,
    pub catalogs: Folder,
    pub facts: Folder,
    pub registrations: Folder,
    pub discovery: Result<Option<Listed>, Fault>,
    pub relationships: Result<Option<Listed>, Fault>,
    /// What is not read because of its name, and how it should be called.
    pub misnamed: Vec<(String, &'static str)>,
}

impl Found {
    /// Lists an estate directory.
    pub fn list(root: &Path) -> Result<Self, OpenError> {
        match std::fs::metadata(root) {
            Err(_) => return Err(OpenError::Missing(root.to_owned())),
            Ok(meta) if !meta.is_dir() => return Err(OpenError::NoDirectory(root.to_owned())),
            Ok(_) => {}
        }
        let at = now();
        let mut facts = files::list(root, "facts", &["json", "yaml"]);
        files::directories(root, &mut facts);
        Ok(Self {
            at,
            catalogs: files::list(root, "catalogs", &["json"]),
            facts,
            registrations: files::list(root, "registrations", &["json", "ndjson"]),
            discovery: files::single(root, "discovery.json"),
            relationships: files::single(root, "relationships.yaml"),
            misnamed: files::misnamed(root),
        })
    }

    /// Every file that will be read.
    pub fn files(&self) -> Vec<Listed> {
        let folders = [&self.catalogs, &self.facts, &self.registrations];
        let singles = [&self.discovery, &self.relationships];
        folders
            .into_iter()
            .flat_map(|folder| folder.files.iter().cloned())
            .chain(singles.into_iter().filter_map(|single| single.as_ref().ok()?.clone()))
            .collect()
    }

    /// Which folders are there, and the files in them that will not be read.
    pub fn others(&self) -> Vec<(bool, &[String])> {
        let folders = [&self.catalogs, &self.facts, &self.registrations];
        folders.into_iter().map(|folder| (folder.there, folder.others.as_slice())).collect()
    }

    /// Whether everything could be listed.
    pub fn is_whole(&self) -> bool {
        let folders = [&self.catalogs, &self.facts, &self.registrations];
        folders.into_iter().all(|folder| folder.faults.is_empty())
            && self.discovery.is_ok()
            && self.relationships.is_ok()
    }
}

/// The clock that the times of files come from.
#[expect(clippy::disallowed_methods, reason = "it is compared with the times of files")]
fn now() -> i128 {
    files::nanoseconds(std::time::SystemTime::now())
}
