//! Changes of data files that leave everything else as it is: comments, order, quotes.
//!
//! A change is made in the text and then read back: unless the new text holds exactly the old data with that one change, it is refused.

mod json;
mod yaml;

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::Fault;
use crate::data::{Format, Limits, Map, Value};

/// A text with a key set.
///
/// # Errors
///
/// Where the text cannot be read, or the change cannot be made without another.
pub fn set(text: &str, format: Format, key: &str, value: &Value) -> Result<String, Fault> {
    let mut wanted = held(text, format)?;
    wanted.insert(key.into(), value.clone());
    let candidates = match format {
        Format::Json => json::set(text, key, value)?,
        _ => yaml::set(text, key, value)?,
    };
    right(candidates, format, &wanted)
}

/// A text with a key taken out; none where it does not have the key.
///
/// # Errors
///
/// As [`set`].
pub fn unset(text: &str, format: Format, key: &str) -> Result<Option<String>, Fault> {
    let mut wanted = held(text, format)?;
    if wanted.shift_remove(key).is_none() {
        return Ok(None);
    }
    let candidate = match format {
        Format::Json => json::unset(text, key)?,
        _ => yaml::unset(text, key)?,
    };
    right(vec![candidate], format, &wanted).map(Some)
}

fn held(text: &str, format: Format) -> Result<Map, Fault> {
    // A new JSON file has no text at all.
    if text.trim().is_empty() {
        return Ok(Map::default());
    }
    Ok(format.read(text, &Limits::default())?.hash()?.cloned().unwrap_or_default())
}

/// The first text that holds what is wanted, in that order.
fn right(candidates: Vec<String>, format: Format, wanted: &Map) -> Result<String, Fault> {
    let is_right = |text: &String| {
        held(text, format).is_ok_and(|held| held == *wanted && held.keys().eq(wanted.keys()))
    };
    candidates.into_iter().find(is_right).ok_or_else(|| {
        Fault::new(
            "the change cannot be made without changing something else",
            "edit the file by hand: a key stands twice in it, or an anchor is used elsewhere, or it is written in an unusual way",
        )
    })
}

/// Puts a text in a file's place: written beside it, with its permissions, and moved. A link stays a link.
///
/// # Errors
///
/// Where it cannot be written.
pub fn replace(path: &Path, text: &str) -> Result<(), Fault> {
    let failed = |error: std::io::Error| {
        Fault::new(format!("cannot be written: {error}"), "check the disk and the path").of(path)
    };
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    if let Ok(metadata) = fs::metadata(path) {
        file.as_file().set_permissions(metadata.permissions()).map_err(failed)?;
    } else {
        use std::os::unix::fs::PermissionsExt as _;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(failed)?;
    }
    file.as_file().sync_all().map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// What changes, as `diff -u` shows it.
#[must_use]
pub fn diff(name: &str, old: &str, new: &str) -> String {
    similar::TextDiff::from_lines(old, new).unified_diff().header(name, name).to_string()
}

#[cfg(test)]
mod tests;
