//! The spools on this disk: `DIR/spool/<name of the address>/<slot>`.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use groundrule_transport::SCHEMES;
use groundrule_transport::spool::{Slots, Spool, SpoolError};

use super::naming::slug;
use crate::failure::Failure;

/// How many bytes may wait in one spool.
const SPOOL_BYTES: u64 = 1 << 30;

/// A spool that waits: for which address, in which directory.
pub struct Waiting {
    /// Where its events go.
    pub url: String,
    /// Where they are.
    pub directory: PathBuf,
}

/// All spools, whether or not events wait there.
pub fn spools(directory: &Path) -> Result<Vec<Waiting>, Failure> {
    let mut found = Vec::new();
    for outer in entries(&directory.join("spool"))? {
        let Ok(url) = fs::read_to_string(outer.join("url")) else {
            continue;
        };
        let url = url.trim_end().to_owned();
        let slots = entries(&outer)?.into_iter().filter(|path| path.is_dir());
        found.extend(slots.map(|directory| Waiting { url: url.clone(), directory }));
    }
    Ok(found)
}

impl Waiting {
    /// Whether its events go to an address; those of a pipeline's parts go to the part.
    pub fn has_address(&self) -> bool {
        let scheme = self.url.split(':').next().unwrap_or_default();
        SCHEMES.iter().any(|known| known.name == scheme)
    }
}

/// Opens a spool.
pub fn open(directory: &Path) -> Result<Spool, SpoolError> {
    Spool::open(directory, SPOOL_BYTES)
}

/// Where events for an address wait: in a spool of this process alone.
pub fn slots(directory: &Path, url: &str) -> Result<Slots, Failure> {
    let outer = directory.join("spool").join(slug(url));
    let slots = Slots::open(&outer, SPOOL_BYTES).map_err(|error| unusable(&outer, &error))?;
    name(&outer, url).map_err(|error| unusable(&outer, &error))?;
    Ok(slots)
}

/// Writes down for which address it is, once, so that whoever reads it finds it whole.
fn name(outer: &Path, url: &str) -> io::Result<()> {
    let (file, text) = (outer.join("url"), format!("{url}\n"));
    if fs::read_to_string(&file).is_ok_and(|there| there == text) {
        return Ok(());
    }
    let staged = outer.join(format!("url.{}", std::process::id()));
    fs::write(&staged, text)?;
    File::open(&staged)?.sync_all()?;
    fs::rename(staged, file)?;
    File::open(outer)?.sync_all()
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = match fs::read_dir(directory) {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(directory, &error)),
    };
    let mut paths: Vec<_> = listed.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn unusable(path: &Path, error: &impl std::fmt::Display) -> Failure {
    Failure::new(
        format!("the spool {} cannot be used: {error}", path.display()),
        "name a directory where you may write as events.directory",
    )
}
