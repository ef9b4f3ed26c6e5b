//! What is in a directory of facts, and the text of its files.

use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::Remark;
use crate::data::{Limits, file};

/// How a file says facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
    Yaml,
    Program,
}

/// One file that is to be read or run.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) form: Form,
}

const HELP: &str = "its facts are missing";

/// Extensions of programs of another system, which are never run.
const FOREIGN: [&str; 4] = ["bat", "cmd", "com", "exe"];

/// The files of a directory that hold facts, those that count most first: from the last name to the
/// first. Hidden files, and what is of no form, are passed over.
pub(super) fn entries(directory: &Path) -> Result<Vec<Entry>, Remark> {
    let unreadable = |error: std::io::Error| Remark::error(directory, error.to_string(), HELP);
    let listing = match fs::read_dir(directory) {
        Ok(listing) => listing,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Remark::warning(directory, "there is no such directory of facts", ""));
        }
        Err(error) => return Err(unreadable(error)),
    };
    let mut names = Vec::<OsString>::new();
    for entry in listing {
        names.push(entry.map_err(unreadable)?.file_name());
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    let visible = names.iter().filter(|name| !name.as_encoded_bytes().starts_with(b"."));
    let paths = visible.map(|name| directory.join(name));
    Ok(paths.filter_map(|path| Some(Entry { form: form(&path)?, path })).collect())
}

fn form(path: &Path) -> Option<Form> {
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    match extension.as_str() {
        "txt" => Some(Form::Text),
        "json" => Some(Form::Json),
        "yaml" => Some(Form::Yaml),
        other if FOREIGN.contains(&other) => None,
        _ => {
            let is_program =
                |file: &Metadata| file.is_file() && file.permissions().mode() & 0o111 != 0;
            path.metadata().ok().filter(is_program).map(|_| Form::Program)
        }
    }
}

/// The text of a file.
pub(super) fn text(path: &Path) -> Result<String, Remark> {
    if let (true, Err(error)) = (path.is_symlink(), path.metadata()) {
        return Err(Remark::warning(path, format!("the link leads to no file: {error}"), ""));
    }
    match file::read(path, Limits::default().bytes) {
        Ok(Some((text, _))) => Ok(text),
        Ok(None) => Err(Remark::warning(path, "it is gone", "")),
        Err(fault) => Err(Remark::Error(fault)),
    }
}
