//! The paths that figures have in Graphite.

use std::fmt::Write as _;
use std::net::IpAddr;

use xxhash_rust::xxh3::xxh3_64;

/// No element of a path is longer: carbon makes files and folders of them.
const LONGEST_ELEMENT: usize = 200;
/// No path is longer.
const LONGEST_PATH: usize = 1000;

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MappingError {
    /// A placeholder that does not exist.
    #[error(
        "unknown placeholder {{{0}}}: there are {{subject}}, {{subject:reversed}}, {{name}} and {{metric}}"
    )]
    Unknown(String),
    /// A brace without its other half.
    #[error("{0:?} has a brace without its other half: write placeholders as {{name}}")]
    Brace(String),
    /// A letter that paths do not have.
    #[error("{1:?} in {0:?} cannot stand in a path: write letters, digits, _, - and dots")]
    Letter(String, char),
    /// Nothing stands between two dots, or before the first or after the last one.
    #[error("{0:?} has an empty element: remove the dot that is too many")]
    Empty(String),
    /// All figures of an event would have the same path.
    #[error("{0:?} has no {{metric}}: the figures of an event would overwrite each other")]
    NoMetric(String),
}

/// How paths are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Subject,
    SubjectReversed,
    Name,
    Metric,
}

/// The placeholders by name.
const PLACEHOLDERS: [(&str, Piece); 4] = [
    ("subject", Piece::Subject),
    ("subject:reversed", Piece::SubjectReversed),
    ("name", Piece::Name),
    ("metric", Piece::Metric),
];

impl Default for Mapping {
    fn default() -> Self {
        let dot = || Piece::Text(".".to_owned());
        Self(vec![Piece::Subject, dot(), Piece::Name, dot(), Piece::Metric])
    }
}

impl Mapping {
    /// Reads a template, such as `{subject}.{name}.{metric}`, which is the default.
    ///
    /// `{subject}` is one element (`web1_example_net`), `{subject:reversed}` one for each part,
    /// the last one first (`net.example.web1`; addresses keep their order). Dots in names and
    /// metrics part elements. Every other letter than A-Z, a-z, 0-9, _ and - becomes _.
    ///
    /// # Errors
    /// When no paths can be made with it.
    pub fn parse(template: &str) -> Result<Self, MappingError> {
        let pieces = pieces(template)?;
        if !pieces.contains(&Piece::Metric) {
            return Err(MappingError::NoMetric(template.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The same with elements before, such as `monitoring.groundrule`.
    ///
    /// # Errors
    /// When that cannot stand in a path.
    pub fn prefixed(mut self, prefix: &str) -> Result<Self, MappingError> {
        let mut pieces = pieces(prefix)?;
        pieces.push(Piece::Text(".".to_owned()));
        pieces.append(&mut self.0);
        Ok(Self(pieces))
    }

    /// The path of a figure.
    #[must_use]
    pub fn path(&self, subject: &str, name: &str, metric: &str) -> String {
        let mut path = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => path.push_str(text),
                Piece::Subject => add(&mut path, [subject]),
                Piece::SubjectReversed if subject.parse::<IpAddr>().is_ok() => {
                    elements(&mut path, subject.split('.'));
                }
                Piece::SubjectReversed => elements(&mut path, subject.rsplit('.')),
                Piece::Name => elements(&mut path, name.split('.')),
                Piece::Metric => elements(&mut path, metric.split('.')),
            }
        }
        bounded(path)
    }
}

/// Parts of a name as elements; those without a letter are left out.
fn elements<'p>(path: &mut String, parts: impl Iterator<Item = &'p str>) {
    add(path, parts.filter(|part| !part.is_empty()));
}

fn add<'p>(path: &mut String, parts: impl IntoIterator<Item = &'p str>) {
    let before = path.len();
    for part in parts {
        if path.len() > before {
            path.push('.');
        }
        path.extend(part.chars().map(|c| if allowed(c) { c } else { '_' }));
    }
    if path.len() == before {
        path.push('_');
    }
}

fn allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

/// A path that is not too long: what is cut off is told apart by its hash.
fn bounded(path: String) -> String {
    let short = path.len() <= LONGEST_PATH;
    if short && path.split('.').all(|element| element.len() <= LONGEST_ELEMENT) {
        return path;
    }
    let mut made = String::with_capacity(LONGEST_PATH);
    for (at, element) in path.split('.').enumerate() {
        if at > 0 {
            made.push('.');
        }
        if element.len() > LONGEST_ELEMENT {
            cut(&mut made, element, LONGEST_ELEMENT);
        } else {
            made.push_str(element);
        }
    }
    if made.len() <= LONGEST_PATH {
        return made;
    }
    let mut path = String::with_capacity(LONGEST_PATH);
    // The last element that is kept is short enough to take the hash in.
    let kept = made[..LONGEST_PATH - LONGEST_ELEMENT].rfind('.').unwrap_or(0);
    path.push_str(&made[..kept]);
    path.push('.');
    cut(&mut path, &made[kept + 1..], LONGEST_ELEMENT);
    path
}

/// Adds the beginning of a text and the hash of all of it as one element of a length.
fn cut(path: &mut String, text: &str, length: usize) {
    let beginning = text[..(length - 17).min(text.len())].chars();
    path.extend(beginning.map(|c| if c == '.' { '_' } else { c }));
    // Writing to memory does not fail.
    let _ = write!(path, "_{:016x}", xxh3_64(text.as_bytes()));
}

fn pieces(template: &str) -> Result<Vec<Piece>, MappingError> {
    let whole = || template.to_owned();
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find(['{', '}']) {
        let (text, after) = rest.split_at(open);
        literal(&mut pieces, template, text)?;
        let inside = after.strip_prefix('{').ok_or_else(|| MappingError::Brace(whole()))?;
        let (placeholder, after) =
            inside.split_once('}').ok_or_else(|| MappingError::Brace(whole()))?;
        let known = PLACEHOLDERS.into_iter().find(|(name, _)| *name == placeholder);
        let (_, piece) = known.ok_or_else(|| MappingError::Unknown(placeholder.to_owned()))?;
        pieces.push(piece);
        rest = after;
    }
    literal(&mut pieces, template, rest)?;
    // What a placeholder stands for is never empty.
    let filled: String = pieces
        .iter()
        .map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "x" })
        .collect();
    if filled.split('.').any(str::is_empty) {
        return Err(MappingError::Empty(whole()));
    }
    Ok(pieces)
}

fn literal(pieces: &mut Vec<Piece>, template: &str, text: &str) -> Result<(), MappingError> {
    if let Some(c) = text.chars().find(|c| !allowed(*c) && *c != '.') {
        return Err(MappingError::Letter(template.to_owned(), c));
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn paths() {
        let path = |template: &str, subject: &str, name: &str, metric: &str| {
            Mapping::parse(template).unwrap().path(subject, name, metric)
        };
        let default = "{subject}.{name}.{metric}";
        let reversed = "{subject:reversed}.x-{name}.{metric}_y";
        assert_eq!(Mapping::parse(default).unwrap(), Mapping::default());
        for (template, subject, name, metric, wanted) in [
            (default, "web1.example.net", "load", "load1", "web1_example_net.load.load1"),
            (default, "a", "policy.zones", "checks.failed", "a.policy.zones.checks.failed"),
            (default, "../../etc", "..", "/x y;é", "______etc._._x_y__"),
            (reversed, "web1.example.net", "load", "1", "net.example.web1.x-load.1_y"),
            (reversed, "10.0.0.1", "..load..", "1", "10.0.0.1.x-load.1_y"),
            (reversed, "::1", "load", "1", "__1.x-load.1_y"),
        ] {
            assert_eq!(path(template, subject, name, metric), wanted);
        }
        let prefixed = Mapping::default().prefixed("a.b").unwrap();
        assert_eq!(prefixed.path("s", "n", "m"), "a.b.s.n.m");
    }

    #[test]
    fn templates_that_make_no_paths() {
        for (template, told) in [
            ("{metrics}", "unknown placeholder {metrics}: there are {subject},"),
            ("{metric", "has a brace without its other half"),
            ("a}.{metric}", "has a brace without its other half"),
            ("a b.{metric}", "' ' in \"a b.{metric}\" cannot stand in a path"),
            ("a..{metric}", "has an empty element"),
            ("{metric}.", "has an empty element"),
            ("{subject}.{name}", "has no {metric}"),
            ("", "has an empty element"),
        ] {
            let error = Mapping::parse(template).unwrap_err().to_string();
            assert!(error.contains(told), "{template}: {error}");
        }
        assert!(Mapping::default().prefixed("{x").is_err());
    }

    #[test]
    fn what_is_cut_off_is_told_apart() {
        let long = "x".repeat(5000);
        let many = "y.".repeat(5000);
        let mapping = Mapping::default();
        let paths = [("1", &long), ("2", &long), ("1", &many), ("2", &many)]
            .map(|(end, name)| mapping.path("s", &format!("{name}{end}"), "m"));
        for (at, path) in paths.iter().enumerate() {
            assert!(!paths[..at].contains(path), "{path}");
        }
    }

    proptest! {
        /// Whatever an event has, its path is one that carbon keeps below its directory.
        #[test]
        fn no_path_is_invalid(
            subject in "\\PC{1,300}|[a./\\n;\\x00]{1,40}|(a\\.){400,600}",
            name in "\\PC{1,300}|[a./\\n;\\x00]{1,40}",
            metric in "\\PC{0,300}|[a./\\n;\\x00]{0,40}",
            template in prop::sample::select(vec![
                "{subject}.{name}.{metric}", "{subject:reversed}.{name}.{metric}", "{metric}{name}"
            ]),
        ) {
            let path = Mapping::parse(template).unwrap().path(&subject, &name, &metric);
            prop_assert!(path.len() <= LONGEST_PATH, "{}", path.len());
            for element in path.split('.') {
                prop_assert!(!element.is_empty() && element.len() <= LONGEST_ELEMENT, "{path}");
                prop_assert!(element.chars().all(allowed), "{path}");
            }
        }
    }
}
