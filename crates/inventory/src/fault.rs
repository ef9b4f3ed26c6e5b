//! What is wrong with a file, where, and what to do about it.

use groundrule_core::source::{Problem, Source};

/// A fault inside one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Line from 1, where it is known.
    pub line: Option<u64>,
    /// Column from 1, where it is known.
    pub column: Option<u64>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
    /// Whether it may be gone the next time, although the file stays as it is.
    pub passing: bool,
}

impl Fault {
    /// A fault of the file as a whole.
    #[must_use]
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { line: None, column: None, what: what.into(), help: help.into(), passing: false }
    }

    /// The same at a place.
    #[must_use]
    pub fn at(mut self, line: u64, column: u64) -> Self {
        self.line = Some(line).filter(|n| *n > 0);
        self.column = Some(column).filter(|n| *n > 0 && line > 0);
        self
    }

    /// The fault as a problem of a source; `undecides` when something is unknown because of it.
    #[must_use]
    pub fn problem(self, source: Source, file: &str, undecides: bool) -> Problem {
        Problem {
            source,
            file: file.to_owned(),
            line: self.line,
            column: self.column,
            what: self.what,
            help: self.help,
            undecides,
        }
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        let text = without_values(&error.to_string());
        let mut what = match text.rfind(" at line ") {
            Some(end) => text[..end].to_owned(),
            None => text,
        };
        let help = if error.is_eof() {
            what = "the text ends in the middle".to_owned();
            "copy it again, whole"
        } else if what.starts_with("recursion limit") {
            "it is nested too deep to be a real document: make it again"
        } else {
            "repair the file or make it again"
        };
        Self::new(what, help).at(error.line() as u64, error.column() as u64)
    }
}

impl From<serde_saphyr::Error> for Fault {
    fn from(error: serde_saphyr::Error) -> Self {
        let place = error.location();
        let text = error.without_snippet().to_string();
        let first = text.lines().next().unwrap_or_default();
        let what = first.split(" at line ").next().unwrap_or(first);
        let fault = Self::new(without_values(what), "repair the YAML or make the file again");
        match place {
            Some(place) => fault.at(place.line(), place.column()),
            None => fault,
        }
    }
}

/// A parser's complaint without the value that it quotes: that may be a secret.
fn without_values(text: &str) -> String {
    let complaints = ["invalid type: ", "invalid value: ", "unknown variant ", "duplicate field "];
    if !complaints.iter().any(|complaint| text.starts_with(complaint)) {
        return text.to_owned();
    }
    let quote = |c: char| matches!(c, '"' | '`' | '\'');
    match (text.find(quote), text.rfind(", expected ")) {
        (Some(start), Some(end)) if start < end => {
            format!("{}{}", text[..start].trim_end(), &text[end..])
        }
        _ => text.to_owned(),
    }
}

/// Where an offset into a text is: line and column from 1, in characters.
#[must_use]
pub fn position(text: &[u8], offset: usize) -> (u64, u64) {
    let before = &text[..offset.min(text.len())];
    let line = before.iter().filter(|b| **b == b'\n').count() as u64 + 1;
    let start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let column = String::from_utf8_lossy(&before[start..]).chars().count() as u64 + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn complaints_quote_no_values() {
        for (text, told) in [
            (
                "invalid type: string \"a, expected b\", expected a list",
                "invalid type: string, expected a list",
            ),
            ("invalid value: integer `5`, expected u8", "invalid value: integer, expected u8"),
            (
                "unknown variant `x`, expected one of `a`, `b`",
                "unknown variant, expected one of `a`, `b`",
            ),
            ("missing field `name`", "missing field `name`"),
        ] {
            assert_eq!(without_values(text), told);
        }
    }
}
