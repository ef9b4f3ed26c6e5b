//! The files of an estate directory.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::fault::{Fault, position};

/// No document of a real estate is larger: a catalog has a few MB.
pub const LARGEST: u64 = 64 << 20;

/// What some editors write before UTF-8.
pub const BOM: &[u8] = b"\xef\xbb\xbf";

/// A file as it was when it was listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Relative to the estate, with `/`.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub changed: i128,
    /// When anything about it was changed, in nanoseconds since 1970; unlike `changed` nobody can
    /// set it.
    pub touched: i128,
}

impl Listed {
    /// The time of the file in seconds since 1970.
    #[must_use]
    pub fn seconds(&self) -> i64 {
        i64::try_from(self.changed.div_euclid(1_000_000_000)).unwrap_or_default()
    }

    /// The file's name without folder and ending.
    #[must_use]
    pub fn stem(&self) -> &str {
        let name = self.name.rsplit('/').next().unwrap_or_default();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// The ending after the last dot.
    #[must_use]
    pub fn ending(&self) -> &str {
        self.name.rsplit_once('.').map_or("", |(_, ending)| ending)
    }
}

/// What a folder of an estate holds.
#[derive(Debug, Default)]
pub struct Folder {
    /// Whether it is there at all.
    pub there: bool,
    /// Files with one of the wanted endings, by name.
    pub files: Vec<Listed>,
    /// Files with other endings: not read.
    pub others: Vec<String>,
    /// Why it may hold more.
    pub faults: Vec<(String, Fault)>,
}

/// Lists the files of a folder that have one of these endings. Hidden files are passed over.
#[must_use]
pub fn list(root: &Path, folder: &str, endings: &[&str]) -> Folder {
    let mut found = Folder::default();
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error)
            if error.kind() == io::ErrorKind::NotFound
                && fs::symlink_metadata(root.join(folder)).is_err() =>
        {
            return found;
        }
        // A link to what is not there, too: a disk that is not mounted, for instance.
        Err(error) => {
            found.there = true;
            found.faults.push((format!("{folder}/"), unreadable(&error)));
            return found;
        }
    };
    found.there = true;
    for entry in entries {
        let name = match &entry {
            Ok(entry) => entry.file_name().to_string_lossy().into_owned(),
            Err(error) => {
                found.faults.push((format!("{folder}/"), unreadable(error)));
                continue;
            }
        };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{folder}/{name}");
        if !endings.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
            found.others.push(name);
            continue;
        }
        match stat(root, &name) {
            Ok(file) => found.files.push(file),
            Err(fault) => found.faults.push((name, fault)),
        }
    }
    found.files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
    found.others.sort_unstable();
    found
}

/// Takes directories `NODE.d` out of what is not read in a folder: each is one document, as large and as new as all that is
/// in it.
pub fn directories(root: &Path, folder: &mut Folder) {
    let is_directory = |name: &String| name.ends_with(".d") && root.join(name).is_dir();
    let (directories, others) =
        std::mem::take(&mut folder.others).into_iter().partition(is_directory);
    folder.others = others;
    let directories: Vec<String> = directories;
    for name in directories {
        match whole(root, &name) {
            Ok(listed) => folder.files.push(listed),
            Err(error) => folder.faults.push((name, unreadable(&error))),
        }
    }
    folder.files.sort_unstable_by(|a, b| a.name.cmp(&b.name));
}

/// A directory as if it were one file.
fn whole(root: &Path, name: &str) -> io::Result<Listed> {
    let directory = root.join(name);
    let mut listed = times(name, &fs::metadata(&directory)?);
    listed.size = 0;
    for entry in fs::read_dir(&directory)? {
        let one = times(name, &entry?.metadata()?);
        listed.size += one.size;
        listed.changed = listed.changed.max(one.changed);
        listed.touched = listed.touched.max(one.touched);
    }
    Ok(listed)
}

/// What stands in an estate directory under nearly the right name: its name, and the right one.
#[must_use]
pub fn misnamed(root: &Path) -> Vec<(String, &'static str)> {
    const NAMES: [&str; 5] =
        ["catalogs/", "facts/", "registrations/", "discovery.json", "relationships.yaml"];
    let stem = |name: &str| {
        let name = name.split(['.', '/']).next().unwrap_or_default().to_lowercase();
        name.strip_suffix('s').map(str::to_owned).unwrap_or(name)
    };
    let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut misnamed: Vec<_> = names
        .filter(|name| NAMES.iter().all(|right| right.trim_end_matches('/') != name))
        .filter_map(|name| {
            let right = NAMES.into_iter().find(|right| stem(right) == stem(&name))?;
            Some((name, right))
        })
        .collect();
    misnamed.sort_unstable();
    misnamed
}

/// One file of an estate, if it is there.
///
/// # Errors
/// When it is there and cannot be read.
pub fn single(root: &Path, name: &str) -> Result<Option<Listed>, Fault> {
    match fs::symlink_metadata(root.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        _ => stat(root, name).map(Some),
    }
}

fn stat(root: &Path, name: &str) -> Result<Listed, Fault> {
    let meta = fs::metadata(root.join(name)).map_err(|error| unreadable(&error))?;
    if !meta.is_file() {
        return Err(Fault::new("this is no regular file", "put a file there, or take it away"));
    }
    Ok(times(name, &meta))
}

fn times(name: &str, meta: &fs::Metadata) -> Listed {
    let changed = meta.modified().ok().map_or(0, nanoseconds);
    #[cfg(unix)]
    let touched = {
        use std::os::unix::fs::MetadataExt as _;
        i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec())
    };
    #[cfg(not(unix))]
    let touched = changed;
    Listed { name: name.to_owned(), size: meta.len(), changed, touched }
}

/// Nanoseconds since 1970.
#[must_use]
pub fn nanoseconds(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).unwrap_or_default(),
        Err(before) => -i128::try_from(before.duration().as_nanos()).unwrap_or_default(),
    }
}

/// Reads a whole document into `buffer`, which is emptied first, and returns its text.
///
/// # Errors
/// When it cannot be read, is too large, or is no UTF-8, with the place of the first wrong byte.
pub fn read<'b>(root: &Path, file: &Listed, buffer: &'b mut Vec<u8>) -> Result<&'b str, Fault> {
    buffer.clear();
    if file.size > LARGEST {
        return Err(Fault::new(
            format!(
                "the file has {} MB, more than the {} MB of the largest document",
                file.size >> 20,
                LARGEST >> 20
            ),
            "no catalog, facts or registration is that large: make the file again",
        ));
    }
    let opened = File::open(path(root, file)).map_err(|error| unreadable(&error))?;
    opened.take(LARGEST).read_to_end(buffer).map_err(|error| unreadable(&error))?;
    if buffer.starts_with(BOM) {
        buffer.drain(..BOM.len());
    }
    std::str::from_utf8(buffer).map_err(|error| {
        let (line, column) = position(buffer, error.valid_up_to());
        Fault::new("the text is not UTF-8", "convert it, for instance with iconv -t UTF-8")
            .at(line, column)
    })
}

/// The path of a listed file.
#[must_use]
pub fn path(root: &Path, file: &Listed) -> PathBuf {
    root.join(&file.name)
}

/// What the operating system does not let us read now.
#[must_use]
pub fn unreadable(error: &io::Error) -> Fault {
    let what = format!("it cannot be read: {error}");
    Fault { passing: true, ..Fault::new(what, "check that it is there and that you may read it") }
}
