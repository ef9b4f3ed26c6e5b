//! What is wrong with data, where, and what to do about it.

use std::fmt;
use std::ops::Deref;
use std::path::{Path, PathBuf};

/// A fault of data, of configuration, or of what was asked. What is in it is read as if it were [`Details`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<Details>);

/// What a [`Fault`] tells. Shown as `FILE:LINE:COLUMN: key 'KEY': WHAT: HELP`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// The file, where it is about one.
    pub file: Option<PathBuf>,
    /// Line from 1, where it is known.
    pub line: Option<u64>,
    /// Column from 1, where it is known.
    pub column: Option<u64>,
    /// The key that was looked up or read, where there is one.
    pub key: Option<String>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl Fault {
    /// A fault that is not about a file yet.
    #[must_use]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self(Box::new(Details {
            file: None,
            line: None,
            column: None,
            key: None,
            what: what.into(),
            help: help.into(),
        }))
    }

    /// The same at a place in a file; 0 is none.
    #[must_use]
    pub fn at(mut self, line: u64, column: u64) -> Self {
        self.0.line = Some(line).filter(|n| *n > 0);
        self.0.column = Some(column).filter(|n| *n > 0 && line > 0);
        self
    }

    /// The same about a file, unless it names one already.
    #[must_use]
    pub fn of(mut self, file: &Path) -> Self {
        if self.file.is_none() {
            self.0.file = Some(file.to_owned());
        }
        self
    }

    /// What is wrong and where, without what to do.
    #[must_use]
    pub fn headline(&self) -> String {
        let mut short = self.clone();
        short.0.help = String::new();
        short.to_string()
    }

    /// The same about a key, unless it names one already.
    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        if self.key.is_none() {
            self.0.key = Some(key.to_owned());
        }
        self
    }
}

impl Deref for Fault {
    type Target = Details;

    fn deref(&self) -> &Details {
        &self.0
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}", file.display())?;
            for number in [self.line, self.column].into_iter().flatten() {
                write!(f, ":{number}")?;
            }
            f.write_str(": ")?;
        } else if let Some(line) = self.line {
            write!(f, "line {line}")?;
            if let Some(column) = self.column {
                write!(f, ", column {column}")?;
            }
            f.write_str(": ")?;
        }
        if let Some(key) = &self.key {
            write!(f, "key '{key}': ")?;
        }
        f.write_str(&self.what)?;
        if !self.help.is_empty() {
            write!(f, ": {}", self.help)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}
