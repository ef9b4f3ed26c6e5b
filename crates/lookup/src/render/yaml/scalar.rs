//! What Psych asks for a scalar.

use super::analysis::Analysis;
use crate::data::{Value, yaml};

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// A scalar and what is asked for it.
pub(super) struct Scalar {
    pub(super) text: String,
    pub(super) wanted: Style,
    /// A tag that is written in any case.
    pub(super) tag: Option<&'static str>,
    /// Whether it must not be quoted without a tag: it would be a text then.
    pub(super) is_typed: bool,
    pub(super) analysis: Analysis,
}

impl Scalar {
    pub(super) fn of(value: &Value) -> Self {
        let (text, wanted, tag, is_typed) = match value {
            Value::Null => (String::new(), Style::Plain, None, true),
            Value::Str(text) => {
                let tag = (&**text == "<<").then_some("!!str");
                (text.to_string(), style(text), tag, false)
            }
            Value::Symbol(name) => (format!(":{name}"), Style::Plain, None, true),
            Value::Float(number) if number.is_nan() => {
                (".nan".to_owned(), Style::Plain, None, true)
            }
            Value::Float(number) if number.is_infinite() => {
                (if *number > 0.0 { ".inf" } else { "-.inf" }.to_owned(), Style::Plain, None, true)
            }
            other => (other.to_s(), Style::Plain, None, true),
        };
        let analysis = Analysis::of(&text);
        Self { text, wanted, tag, is_typed, analysis }
    }
}

/// The style that Psych asks for a text.
fn style(text: &str) -> Style {
    if has_inner_break(text) {
        return Style::Literal;
    }
    match text {
        "<<" => return Style::Single,
        "y" | "n" => return Style::Double,
        _ => {}
    }
    if has_odd_line(text) {
        return Style::Double;
    }
    if yaml::plain(text).as_str().is_none() || is_nearly_octal(text) {
        return Style::Single;
    }
    Style::Plain
}

/// A line feed that is followed by more than one other.
fn has_inner_break(text: &str) -> bool {
    text.match_indices('\n').any(|(at, _)| !matches!(&text[at + 1..], "" | "\n"))
}

/// A line that begins with what is no part of a word, and has no double quote after that.
fn has_odd_line(text: &str) -> bool {
    let mut start = 0;
    loop {
        let rest = &text[start..];
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return false };
        let is_word = first.is_alphanumeric() || first == '_';
        // `[^"]*$` may go over line ends: it is enough to get to one of them without a quote.
        let after = chars.as_str();
        let line = after.split('\n').next().unwrap_or(after);
        if !is_word && !line.contains('"') {
            return true;
        }
        match rest.find('\n') {
            Some(end) => start += end + 1,
            None => return false,
        }
    }
}

/// `0…8…`, which other readers take for a number.
fn is_nearly_octal(text: &str) -> bool {
    text.strip_prefix('0').is_some_and(|rest| {
        rest.trim_start_matches(|c: char| ('0'..='7').contains(&c)).starts_with(['8', '9'])
    })
}
