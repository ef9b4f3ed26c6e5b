//! What is wrong with rule files, and what went wrong with a rule.

use std::fmt;
use std::path::PathBuf;

/// A fault of a rule file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteFault {
    /// The file or folder.
    pub file: PathBuf,
    /// Line from 1, where it is known.
    pub line: Option<u64>,
    /// Column from 1, where it is known.
    pub column: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl RouteFault {
    /// A fault of a file as a whole.
    #[must_use]
    pub fn new(file: impl Into<PathBuf>, what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { file: file.into(), line: None, column: None, what: what.into(), help: help.into() }
    }

    /// The same at a place in the file; 0 is none.
    #[must_use]
    pub fn at(mut self, (line, column): (u64, u64)) -> Self {
        self.line = Some(line).filter(|n| *n > 0);
        self.column = Some(column).filter(|n| *n > 0 && line > 0);
        self
    }
}

impl fmt::Display for RouteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for number in [self.line, self.column].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}: {}", self.what, self.help)
    }
}

impl std::error::Error for RouteFault {}

/// Something that went wrong with a rule while events were routed; said once for each rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The rule's name.
    pub rule: String,
    /// Its file.
    pub file: PathBuf,
    /// What went wrong, with the first event with which it did.
    pub what: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule {} ({}): {}", self.rule, self.file.display(), self.what)
    }
}

/// "; did you mean x?", where one of the names differs little from what was written.
pub(super) fn meant<'n>(names: impl IntoIterator<Item = &'n str>, written: &str) -> String {
    let near = names.into_iter().map(|name| (strsim::damerau_levenshtein(name, written), name));
    match near.min() {
        Some((distance, name)) if distance <= 2 => format!("; did you mean {name}?"),
        _ => String::new(),
    }
}
