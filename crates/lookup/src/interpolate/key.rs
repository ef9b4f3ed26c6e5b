//! Dotted keys.

use crate::Fault;
use crate::data::Value;

/// A part of a dotted key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A key of a hash.
    Name(String),
    /// A place in a list, from 0; with the text that it was written as.
    Index(usize, String),
}

impl Segment {
    /// As it was written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Name(text) | Self::Index(_, text) => text,
        }
    }

    /// What it names in a value; none where there is nothing of that name.
    ///
    /// # Errors
    ///
    /// Where a number is asked of what is no list, or a name of what is no hash.
    pub fn of<'a>(&self, value: &'a Value) -> Result<Option<&'a Value>, Fault> {
        match (self, value) {
            (_, Value::Null) => Ok(None),
            (Self::Index(index, _), Value::Array(items)) => Ok(items.get(*index)),
            (Self::Name(name), Value::Hash(map)) => Ok(map.get(name.as_str())),
            (_, other) => {
                let wanted = if matches!(self, Self::Index(..)) { "a list" } else { "a hash" };
                Err(Fault::new(
                    format!(
                        "'{}' is asked of {}, not of {wanted}",
                        self.text(),
                        other.kind_in_words()
                    ),
                    "correct the key, or quote the part of it that has a dot in its name",
                ))
            }
        }
    }
}

impl From<&str> for Segment {
    fn from(text: &str) -> Self {
        match text.parse() {
            Ok(index) if text.bytes().all(|b| b.is_ascii_digit()) => {
                Self::Index(index, text.to_owned())
            }
            _ => Self::Name(text.to_owned()),
        }
    }
}

/// Splits a key at its dots; what is quoted is not split.
///
/// # Errors
///
/// Where a part is empty, or a quote is not closed, or stands beside something else.
pub fn split(key: &str) -> Result<Vec<Segment>, Fault> {
    let fault = || {
        Fault::new(
            format!("syntax error in the key '{key}'"),
            "write parts with dots between them, and quote a part that has a dot or a quote in its name",
        )
    };
    let mut segments = Vec::new();
    let mut rest = key;
    loop {
        let end = match rest.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let close = rest[1..].find(quote).ok_or_else(fault)? + 1;
                segments.push(rest[1..close].into());
                close + 1
            }
            _ => {
                let end = rest.find(['.', '"', '\'']).unwrap_or(rest.len());
                segments.push(rest[..end].into());
                end
            }
        };
        if segments.last().is_some_and(|segment: &Segment| segment.text().is_empty()) {
            return Err(fault());
        }
        rest = &rest[end..];
        if rest.is_empty() {
            return Ok(segments);
        }
        rest = rest.strip_prefix('.').ok_or_else(fault)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_split() {
        let texts = |key: &str| {
            split(key).map(|all| all.iter().map(Segment::text).collect::<Vec<_>>().join("|"))
        };
        for (key, expected) in [
            ("a", "a"),
            ("a.b.0", "a|b|0"),
            ("'a.b'.c", "a.b|c"),
            ("a.\"b'c\"", "a|b'c"),
            ("a::b", "a::b"),
            ("a b", "a b"),
        ] {
            assert_eq!(texts(key).as_deref(), Ok(expected), "{key}");
        }
        for key in ["", ".", ".a", "a.", "a..b", "'a", "'a'b", "a'b'", "''", "'"] {
            assert!(split(key).is_err(), "{key}");
        }
    }
}
