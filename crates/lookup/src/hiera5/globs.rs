//! Files that a pattern matches, in the order in which Ruby finds them.

use std::path::{Path, PathBuf};

use glob::{MatchOptions, glob_with};

use crate::Fault;

/// How many files a pattern may match.
const MOST: usize = 10_000;

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The files in `directory` that a pattern matches: those of each alternative in order of name.
pub(super) fn files(directory: &Path, pattern: &str) -> Result<Vec<PathBuf>, Fault> {
    let base = glob::Pattern::escape(&directory.to_string_lossy());
    let mut files = Vec::new();
    for one in alternatives(pattern) {
        let whole = if one.starts_with('/') { one } else { format!("{base}/{one}") };
        let paths = glob_with(&whole, OPTIONS).map_err(|error| {
            Fault::new(format!("the pattern {pattern} cannot be read: {error}"), "correct it")
        })?;
        for path in paths {
            let path = path.map_err(|error| {
                Fault::new(format!("{error}"), "see to it that it can be read").of(error.path())
            })?;
            if files.len() >= MOST {
                let what = format!("the pattern {pattern} matches more than {MOST} files");
                return Err(Fault::new(what, "write a narrower pattern"));
            }
            if !path.is_dir() {
                files.push(path);
            }
        }
    }
    Ok(files)
}

/// `a{b,c}d` is `abd` and `acd`.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some((start, end)) = braces(pattern) else { return vec![pattern.to_owned()] };
    let (before, inner, after) = (&pattern[..start], &pattern[start + 1..end], &pattern[end + 1..]);
    let mut all = Vec::new();
    for one in outer_commas(inner) {
        all.extend(alternatives(&format!("{before}{one}{after}")).into_iter().take(MOST));
        all.truncate(MOST);
    }
    all
}

/// The first brace that is closed, and where.
fn braces(pattern: &str) -> Option<(usize, usize)> {
    let start = pattern.find('{')?;
    let mut depth = 0_usize;
    for (at, c) in pattern[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((start, start + at)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn outer_commas(inner: &str) -> Vec<&str> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(&inner[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&inner[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::{alternatives, files};

    #[test]
    fn braces_are_alternatives() {
        assert_eq!(alternatives("a{b,c{d,e}}f"), ["abf", "acdf", "acef"]);
        assert_eq!(alternatives("a{b"), ["a{b"]);
        assert_eq!(alternatives("{a,b}{c,}"), ["ac", "a", "bc", "b"]);
    }

    #[test]
    fn files_are_found_in_order() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        std::fs::create_dir_all(at("b/c")).unwrap();
        for name in ["z.yaml", "a.yaml", ".h.yaml", "b/x.yaml", "b/c/y.yaml", "n.txt"] {
            std::fs::write(at(name), "").unwrap();
        }
        let found = |pattern: &str| -> Vec<String> {
            let found = files(directory.path(), pattern).unwrap();
            found
                .iter()
                .map(|path| path.strip_prefix(directory.path()).unwrap().display().to_string())
                .collect()
        };
        assert_eq!(found("*.yaml"), ["a.yaml", "z.yaml"]);
        assert_eq!(found("**/*.yaml"), ["a.yaml", "b/c/y.yaml", "b/x.yaml", "z.yaml"]);
        assert_eq!(found("{z,a}.yaml"), ["z.yaml", "a.yaml"]);
        assert_eq!(found("*"), ["a.yaml", "n.txt", "z.yaml"]);
    }
}
