//! The files of a data directory.

use std::path::{Path, PathBuf};

use super::Finding;
use crate::Fault;
use crate::data::{Document, Limits, file};
use crate::hiera3::{Backend, Config, Source};

/// Most files of all directories.
const MOST: usize = 100_000;

/// How deep directories lie in each other.
const DEEPEST: usize = 16;

/// A file that could be read.
pub(super) struct DataFile {
    pub(super) file: PathBuf,
    /// The level that leads to it, by number.
    pub(super) level: Option<usize>,
    pub(super) backend: &'static str,
    pub(super) document: Document,
}

/// The files of one backend. Data directories with variables in their names are every directory that fits.
pub(super) fn of(
    backend: &'static Backend,
    datadir: &str,
    config: &Config,
    findings: &mut Vec<Finding>,
) -> Result<Vec<DataFile>, Fault> {
    let Source::File(extension, format) = &backend.source else { return Ok(Vec::new()) };
    let mut found = Vec::new();
    for directory in directories(datadir)? {
        let mut paths = Vec::new();
        list(&directory, extension, 0, &mut paths)?;
        for path in paths {
            let name = path.strip_prefix(&directory).unwrap_or(&path).with_extension("");
            let name = name.to_string_lossy();
            let level = config.hierarchy.iter().position(|template| fits(template, &name));
            if level.is_none() {
                let what = "no level leads to this file";
                findings.push(Finding {
                    kind: "unreached",
                    fault: Fault::new(what, "remove it, or add its level to the hierarchy")
                        .of(&path),
                });
            }
            let read = file::read(&path, Limits::default().bytes).and_then(|read| match read {
                None => Ok(None),
                Some((text, _)) => format
                    .read(&text, &Limits::default())
                    .and_then(|document| document.hash().map(|_| ()).map(|()| Some(document))),
            });
            match read {
                Ok(Some(document)) => {
                    found.push(DataFile { file: path, level, backend: backend.name, document });
                }
                Ok(None) => {}
                Err(fault) => findings.push(Finding { kind: "unreadable", fault: fault.of(&path) }),
            }
        }
    }
    Ok(found)
}

fn unlisted(path: &Path, error: &std::io::Error) -> Fault {
    Fault::new(format!("cannot be listed: {error}"), "see to it that it can be read").of(path)
}

/// Directories that a data directory's name fits.
fn directories(datadir: &str) -> Result<Vec<PathBuf>, Fault> {
    let mut all = vec![if datadir.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() }];
    for part in datadir.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for directory in all {
            if !part.contains("%{") {
                next.push(directory.join(part));
                continue;
            }
            let here = if directory.as_os_str().is_empty() { Path::new(".") } else { &directory };
            for entry in std::fs::read_dir(here).map_err(|error| unlisted(here, &error))? {
                let entry = entry.map_err(|error| unlisted(here, &error))?;
                if entry.path().is_dir() && fits(part, &entry.file_name().to_string_lossy()) {
                    next.push(directory.join(entry.file_name()));
                }
            }
        }
        all = next;
    }
    Ok(all)
}

fn list(
    directory: &Path,
    extension: &str,
    depth: usize,
    found: &mut Vec<PathBuf>,
) -> Result<(), Fault> {
    if depth > DEEPEST {
        return Err(Fault::new(
            "directories lie too deep in each other",
            "look for a link that leads back",
        )
        .of(directory));
    }
    for entry in std::fs::read_dir(directory).map_err(|error| unlisted(directory, &error))? {
        let entry = entry.map_err(|error| unlisted(directory, &error))?;
        let path = entry.path();
        // A link to a directory is not followed: it may lead back.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            list(&path, extension, depth + 1, found)?;
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
        if found.len() > MOST {
            return Err(Fault::new(
                format!("there are more than {MOST} data files"),
                "name a smaller directory",
            )
            .of(directory));
        }
    }
    Ok(())
}

/// Whether a name is what a template may become: each `%{…}` is any text.
pub(super) fn fits(template: &str, name: &str) -> bool {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((start, end)) =
        rest.find("%{").and_then(|start| Some((start, start + rest[start..].find('}')?)))
    {
        pieces.push(&rest[..start]);
        rest = &rest[end + 1..];
    }
    let Some((first, middle)) = pieces.split_first() else { return template == name };
    let Some(mut name) = name.strip_prefix(first) else { return false };
    for piece in middle {
        let Some(at) = name.find(piece) else { return false };
        name = &name[at + piece.len()..];
    }
    name.ends_with(rest)
}
