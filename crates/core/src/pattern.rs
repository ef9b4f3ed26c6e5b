//! Text as policies write it: a plain string, or a regular expression between slashes.

use std::fmt;

use regex::{Regex, RegexBuilder};

/// A plain string, or `/…/` (`/…/i` ignores case), which is searched anywhere in the value.
#[derive(Clone, Debug)]
pub enum Pattern {
    /// Equal to this text.
    Plain(String),
    /// Matched by this expression.
    Regex {
        /// As it was written, slashes included.
        written: String,
        /// Compiled once.
        regex: Regex,
    },
}

/// A regular expression that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression {written} cannot be used: {why}")]
pub struct PatternError {
    /// As it was written.
    pub written: String,
    /// What the expression engine says, in one line.
    pub why: String,
}

impl Pattern {
    /// Reads a string of a policy.
    ///
    /// # Errors
    /// When it is written as a regular expression and is none.
    pub fn parse(written: &str) -> Result<Self, PatternError> {
        match Self::expression(written) {
            Some((source, ignore_case)) => Self::regex(written, source, ignore_case),
            None => Ok(Self::Plain(written.to_owned())),
        }
    }

    /// Reads a string that is a regular expression whether or not it stands between slashes.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse_regex(written: &str) -> Result<Self, PatternError> {
        let (source, ignore_case) = Self::expression(written).unwrap_or((written, false));
        Self::regex(written, source, ignore_case)
    }

    /// Whether a string is written as a regular expression.
    #[must_use]
    pub fn is_expression(written: &str) -> bool {
        Self::expression(written).is_some()
    }

    fn expression(written: &str) -> Option<(&str, bool)> {
        let inner = written.strip_prefix('/')?;
        inner
            .strip_suffix("/i")
            .map(|source| (source, true))
            .or_else(|| inner.strip_suffix('/').map(|source| (source, false)))
    }

    fn regex(written: &str, source: &str, ignore_case: bool) -> Result<Self, PatternError> {
        RegexBuilder::new(source)
            .case_insensitive(ignore_case)
            .build()
            .map(|regex| Self::Regex { written: written.to_owned(), regex })
            .map_err(|error| PatternError { written: written.to_owned(), why: one_line(&error) })
    }

    /// The same pattern with its plain text rewritten; a regular expression stays as it is.
    #[must_use]
    pub fn map_plain(self, rewrite: impl FnOnce(&str) -> String) -> Self {
        match self {
            Self::Plain(text) => Self::Plain(rewrite(&text)),
            regex @ Self::Regex { .. } => regex,
        }
    }

    /// Whether the text is this string, or is matched by this expression.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        match self {
            Self::Plain(plain) => plain == text,
            Self::Regex { regex, .. } => regex.is_match(text),
        }
    }

    /// As it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Plain(written) | Self::Regex { written, .. } => written,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The engine draws a picture over several lines; its last line says what is wrong.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default().trim();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_make_an_expression() {
        let matches = |written, text| Pattern::parse(written).unwrap().matches(text);
        assert!(matches("web", "web") && !matches("web", "web1"));
        assert!(matches("/^web/", "web1") && !matches("/^web/", "Web1"));
        assert!(matches("/^web/i", "Web1"));
        assert!(matches("/", "/") && !matches("/", "a/b"));
        assert!(Pattern::parse_regex("^dc").unwrap().matches("dc1"));
    }

    #[test]
    fn a_bad_expression_says_why_in_one_line() {
        let error = Pattern::parse("/(/").unwrap_err();
        assert_eq!(error.to_string(), "the regular expression /(/ cannot be used: unclosed group");
    }
}
