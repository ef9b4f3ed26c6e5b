//! Which files there are for the processes of one name, and who has which.
//!
//! A process holds a lock on a file beside its own, which is gone with the process, however it
//! ends.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// How many processes there can be.
const MOST: usize = 1000;

/// A file that this process alone uses.
#[derive(Debug)]
pub(super) struct Place {
    pub path: PathBuf,
    /// Held as long as the file is used.
    _lock: File,
}

impl Place {
    /// The first file that nobody has.
    pub fn first_free(name: &Path) -> Result<Self, String> {
        for path in paths(name) {
            match Self::hold(&path) {
                Ok(Some(place)) => return Ok(place),
                Ok(None) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
        Err(format!("{MOST} processes have files of this name"))
    }

    /// The files that are there and that nobody has, each only as long as it is looked at.
    pub fn left(name: &Path) -> impl Iterator<Item = Self> {
        let there = paths(name).take_while(|path| path.exists() || lock(path).exists());
        // A lock that cannot be had now is tried again later.
        there.filter(|path| path.exists()).filter_map(|path| Self::hold(&path).ok().flatten())
    }

    /// Takes a file, unless another process has it.
    fn hold(path: &Path) -> io::Result<Option<Self>> {
        let file = File::options().create(true).truncate(false).write(true).open(lock(path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self { path: path.to_owned(), _lock: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

/// `NAME.sqlite`, `NAME-1.sqlite`, ...
fn paths(name: &Path) -> impl Iterator<Item = PathBuf> {
    let name = name.to_owned();
    (0..MOST).map(move |number| {
        if number == 0 {
            return name.clone();
        }
        let mut file = name.file_stem().map_or_else(OsString::new, ToOwned::to_owned);
        file.push(format!("-{number}"));
        if let Some(end) = name.extension() {
            file.push(".");
            file.push(end);
        }
        name.with_file_name(file)
    })
}

fn lock(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
