//! Which policies are run: paths, lines, tags, names.

use std::path::PathBuf;
use std::str::FromStr;

use cucumber::gherkin::tagexpr::TagOperation;
use cucumber::tag::Ext as _;
use regex::Regex;

use super::Policy;

/// A path on the command line: `PATH`, `PATH:LINE` or `PATH:LINE:LINE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathSpec {
    /// A file or a directory.
    pub path: PathBuf,
    /// Lines that it is restricted to.
    pub lines: Vec<usize>,
}

impl PathSpec {
    /// Splits numbers off the end.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let (mut path, mut lines) = (text, Vec::new());
        while let Some((before, line)) = path.rsplit_once(':')
            && let Ok(line) = line.parse()
            && !before.is_empty()
        {
            lines.insert(0, line);
            path = before;
        }
        Self { path: PathBuf::from(path), lines }
    }
}

/// A tag expression: `@gate and not @slow`.
#[derive(Clone, Debug)]
pub struct TagExpression(TagOperation);

impl FromStr for TagExpression {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.contains('~') || text.contains(',') {
            return Err(format!(
                "{text:?} is in the old style: write \"not @x\" for ~@x, and \"@a or @b\" for @a,@b"
            ));
        }
        text.trim()
            .parse()
            .map(Self)
            .map_err(|_| format!("{text:?} is no tag expression: write for instance \"@gate and not (@slow or @draft)\""))
    }
}

/// A regular expression for names of scenarios.
#[derive(Clone, Debug)]
pub struct NamePattern(Regex);

impl FromStr for NamePattern {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pattern = groundrule_core::pattern::Pattern::parse_regex(text)
            .map_err(|error| error.to_string())?;
        match pattern {
            groundrule_core::pattern::Pattern::Regex { regex, .. } => Ok(Self(regex)),
            groundrule_core::pattern::Pattern::Plain(_) => {
                Err(format!("{text:?} is no regular expression"))
            }
        }
    }
}

/// What the command line selects, beyond paths.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// All of these hold.
    pub tags: Vec<TagExpression>,
    /// One of these matches; none: any name.
    pub names: Vec<NamePattern>,
}

impl Selection {
    /// Whether a policy is selected.
    #[must_use]
    pub fn includes(&self, policy: &Policy) -> bool {
        let tags: Vec<_> = policy.tags.iter().map(|tag| tag.trim_start_matches('@')).collect();
        let named =
            self.names.is_empty() || self.names.iter().any(|name| name.0.is_match(&policy.name));
        named && self.tags.iter().all(|expression| expression.0.eval(&tags))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_lines() {
        for (text, path, lines) in [
            ("features/", "features/", vec![]),
            ("a.feature:7", "a.feature", vec![7]),
            ("a.feature:7:12", "a.feature", vec![7, 12]),
            ("C:x", "C:x", vec![]),
            (":7", ":7", vec![]),
        ] {
            assert_eq!(PathSpec::parse(text), PathSpec { path: path.into(), lines }, "{text}");
        }
    }

    #[test]
    fn tag_expressions() {
        assert!("@gate and not (@slow or @id:x)".parse::<TagExpression>().is_ok());
        for bad in ["~@slow", "@a,@b", "gate and", "", "@a not @b"] {
            assert!(bad.parse::<TagExpression>().is_err(), "{bad}");
        }
    }
}
