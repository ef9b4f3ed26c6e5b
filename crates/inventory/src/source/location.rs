//! Addresses of sources.

use std::fmt;
use std::path::Path;

use super::{KINDS, Kind, SourceError};

/// The address of a source, checked: `scheme:rest`. It holds no password, so that it can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Location {
    scheme: String,
    rest: String,
}

impl Location {
    /// Reads an address.
    ///
    /// # Errors
    /// When it has no scheme, an unknown one, nothing behind it, or a password in it.
    pub fn parse(written: &str) -> Result<Self, SourceError> {
        let written = written.trim();
        let kinds = || {
            let docs: Vec<_> = KINDS.iter().map(|kind| kind.doc).collect();
            format!("write one of these: {}", docs.join("; "))
        };
        let Some((scheme, rest)) = written.split_once(':') else {
            return Err(SourceError::new(
                format!("{written:?} is no address of a source"),
                kinds(),
            ));
        };
        let scheme = scheme.to_ascii_lowercase();
        if let Some((before, user, behind)) = credentials(rest) {
            let what = if user.contains(':') { "a password" } else { "a user" };
            return Err(SourceError::new(
                format!(
                    "the address {scheme}:{before}{behind} is written with {what}, where everybody sees it"
                ),
                match find(&scheme) {
                    Some(kind) if !kind.variables.is_empty() => format!(
                        "set {v}_USER and {v}_PASSWORD, or user and password_file in groundrule.toml",
                        v = kind.variables
                    ),
                    _ => "leave it out".to_owned(),
                },
            ));
        }
        if find(&scheme).is_none() {
            return Err(SourceError::new(format!("{scheme:?} is no kind of source"), kinds()));
        }
        let location = Self { scheme, rest: rest.to_owned() };
        if let Some(kind) = find(&location.scheme)
            && rest.trim_matches('/').is_empty()
            && !kind.may_be_bare()
        {
            let help = format!("write {}", kind.doc);
            return Err(SourceError::new(format!("nothing stands behind {written:?}"), help));
        }
        Ok(location)
    }

    /// The address of an estate directory.
    #[must_use]
    pub fn directory(path: &Path) -> Self {
        Self { scheme: "estate".to_owned(), rest: path.display().to_string() }
    }

    /// Before the colon, in lower case.
    #[must_use]
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Behind the colon: `//host:port/path`, or a path.
    #[must_use]
    pub fn rest(&self) -> &str {
        &self.rest
    }

    /// Its row of [`KINDS`].
    #[must_use]
    pub fn kind(&self) -> &'static Kind {
        find(&self.scheme).unwrap_or(&KINDS[0])
    }
}

impl Kind {
    /// Whether its address may be the scheme alone, such as `mco:`.
    fn may_be_bare(&self) -> bool {
        self.doc.starts_with(&format!("{}:[", self.schemes[0]))
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.scheme, self.rest)
    }
}

fn find(scheme: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.schemes.contains(&scheme))
}

/// What stands before, in and behind `user:password@`, where an address has it; also where a second
/// scheme stands before the slashes.
fn credentials(rest: &str) -> Option<(&str, &str, &str)> {
    let start = rest.find("//")? + 2;
    let end = rest[start..].find(['/', '?', '#']).map_or(rest.len(), |end| start + end);
    let at = start + rest[start..end].rfind('@')?;
    Some((&rest[..start], &rest[start..at], &rest[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for written in ["estate:estates/lab", "estate:/srv/estate"] {
            assert_eq!(Location::parse(written).unwrap().to_string(), written);
        }
        assert_eq!(Location::parse("Estate:x").unwrap().scheme(), "estate");
    }

    #[test]
    fn what_is_none_says_what_to_write() {
        for (written, what) in [
            ("lab", r#""lab" is no address of a source"#),
            ("nosuch://host", r#""nosuch" is no kind of source"#),
            ("estate:", r#"nothing stands behind "estate:""#),
        ] {
            let error = Location::parse(written).unwrap_err();
            assert_eq!(error.what, what);
            assert!(error.help.contains("estate:DIR"), "{}", error.help);
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for written in
            ["bolt://neo4j:hunter2@host:7687", "x:http://a:hunter2@h/p", "bolt://a:hunter2@"]
        {
            let error = Location::parse(written).unwrap_err();
            assert!(error.what.contains("with a password"), "{}", error.what);
            assert!(!format!("{error:?}").contains("hunter2"));
        }
    }
}
