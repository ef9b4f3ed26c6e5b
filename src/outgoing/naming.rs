//! What addresses, directories and this host are called.

use std::fs;
use std::path::{Path, PathBuf};

/// The same address wherever it is used: a path in it begins at the root.
pub fn from_the_root(url: &str) -> String {
    match url.split_once(':') {
        Some((scheme @ ("file" | "unix" | "sqlite"), path)) if !path.starts_with('/') => {
            let (path, query) = path
                .split_once('?')
                .map_or((path, ""), |(path, _)| (path, &url[url.find('?').unwrap_or(url.len())..]));
            format!("{scheme}:{}{query}", absolute(Path::new(path)).display())
        }
        _ => url.to_owned(),
    }
}

/// A name for a directory: what can be read of a text, and a hash of all of it.
pub fn slug(text: &str) -> String {
    let hash = groundrule_core::verdict::Violation::new(Vec::new(), text, "").fingerprint("");
    let last = text.lines().last().unwrap_or_default();
    let words: String =
        last.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).take(40).collect();
    format!("{}-{}", words.trim_matches('-'), &hash[..12])
}

/// An address without its query.
pub fn shown(url: &str) -> &str {
    url.split('?').next().unwrap_or(url)
}

/// A path from the root, without links where it is there.
pub fn absolute(path: &Path) -> PathBuf {
    fs::canonicalize(path)
        .or_else(|_| std::path::absolute(path))
        .unwrap_or_else(|_| path.to_owned())
}

/// The name of this host.
pub fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .map(|name| name.trim().to_lowercase())
        .ok()
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".to_owned())
}
