//! How a rule compares a value: `is`, `is at least`, `matches`, `includes` and their kin.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::fact::text_of;
use crate::number::Number;
use crate::pattern::{Pattern, PatternError};
use crate::version;

/// The relation that a sentence asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal: numbers as numbers, everything else as text.
    Is,
    /// Present and not equal.
    IsNot,
    /// Searched by a regular expression.
    Matches,
    /// A list has it as an element, a string as a part.
    Includes,
    /// Both are numbers, in this order.
    Number(Order),
    /// Dotted versions, in this order.
    Version(Order),
    /// Equal to one of a list that is separated by commas.
    IsOneOf,
}

/// An order between a value and the one that the rule writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// Not smaller.
    AtLeast,
    /// Not greater.
    AtMost,
    /// Greater.
    MoreThan,
    /// Smaller.
    LessThan,
}

/// Every comparison with the words that a policy uses for it; longer phrases first, so that the
/// first one that fits is the right one.
pub const PHRASES: [(&str, Comparison); 13] = [
    ("is at least version", Comparison::Version(Order::AtLeast)),
    ("is at most version", Comparison::Version(Order::AtMost)),
    ("is more than version", Comparison::Version(Order::MoreThan)),
    ("is less than version", Comparison::Version(Order::LessThan)),
    ("is at least", Comparison::Number(Order::AtLeast)),
    ("is at most", Comparison::Number(Order::AtMost)),
    ("is more than", Comparison::Number(Order::MoreThan)),
    ("is less than", Comparison::Number(Order::LessThan)),
    ("is one of", Comparison::IsOneOf),
    ("is not", Comparison::IsNot),
    ("is", Comparison::Is),
    ("matches", Comparison::Matches),
    ("includes", Comparison::Includes),
];

impl Comparison {
    /// The comparison that these words name.
    #[must_use]
    pub fn from_phrase(phrase: &str) -> Option<Self> {
        PHRASES.iter().find(|(words, _)| *words == phrase).map(|(_, comparison)| *comparison)
    }

    /// The words that name it.
    #[must_use]
    pub fn phrase(self) -> &'static str {
        PHRASES.iter().find(|(_, comparison)| *comparison == self).map_or("is", |(words, _)| words)
    }
}

impl Order {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::AtLeast => order != Ordering::Less,
            Self::AtMost => order != Ordering::Greater,
            Self::MoreThan => order == Ordering::Greater,
            Self::LessThan => order == Ordering::Less,
        }
    }
}

/// A comparison with the value that the rule writes.
#[derive(Clone, Debug)]
pub struct Expected {
    comparison: Comparison,
    written: String,
    wanted: Vec<Pattern>,
}

impl Expected {
    /// Prepares a comparison with what a policy writes behind it.
    ///
    /// # Errors
    /// When that is a regular expression that cannot be used.
    pub fn new(comparison: Comparison, written: &str) -> Result<Self, PatternError> {
        let wanted = match comparison {
            Comparison::Matches => vec![Pattern::parse_regex(written)?],
            Comparison::IsOneOf => written
                .split(',')
                .map(|one| Pattern::parse(one.trim()))
                .collect::<Result<_, _>>()?,
            _ => vec![Pattern::parse(written)?],
        };
        Ok(Self { comparison, written: written.to_owned(), wanted })
    }

    /// What a value should do, in words: `should be at least "8"`, `should match "/^a/"`.
    #[must_use]
    pub fn should(&self) -> String {
        let words = match self.comparison {
            Comparison::Is => "should be",
            Comparison::IsNot => "should not be",
            Comparison::Matches => "should match",
            Comparison::Includes => "should include",
            Comparison::Number(Order::AtLeast) => "should be at least",
            Comparison::Number(Order::AtMost) => "should be at most",
            Comparison::Number(Order::MoreThan) => "should be more than",
            Comparison::Number(Order::LessThan) => "should be less than",
            Comparison::Version(Order::AtLeast) => "should be at least version",
            Comparison::Version(Order::AtMost) => "should be at most version",
            Comparison::Version(Order::MoreThan) => "should be more than version",
            Comparison::Version(Order::LessThan) => "should be less than version",
            Comparison::IsOneOf => "should be one of",
        };
        format!("{words} {:?}", self.written)
    }

    /// Whether a value that is there compares as wanted.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        let any = |value: &Value| self.wanted.iter().any(|wanted| equal(value, wanted));
        match self.comparison {
            Comparison::Is | Comparison::IsOneOf => any(value),
            Comparison::IsNot => !any(value),
            Comparison::Matches => self.wanted.iter().any(|p| p.matches(&text_of(value))),
            Comparison::Includes => match value {
                Value::Array(list) => list.iter().any(any),
                Value::String(text) => self.wanted.iter().any(|wanted| match wanted {
                    Pattern::Plain(part) => text.contains(part.as_str()),
                    regex @ Pattern::Regex { .. } => regex.matches(text),
                }),
                _ => false,
            },
            Comparison::Number(order) => match (number_of(value), Number::parse(&self.written)) {
                (Some(is), Some(wanted)) => is.partial_cmp(&wanted).is_some_and(|o| order.holds(o)),
                _ => false,
            },
            Comparison::Version(order) => {
                order.holds(version::compare(&text_of(value), &self.written))
            }
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.comparison.phrase(), self.written)
    }
}

fn number_of(value: &Value) -> Option<Number> {
    match value {
        Value::Number(_) | Value::String(_) => Number::parse(&text_of(value)),
        _ => None,
    }
}

fn equal(value: &Value, wanted: &Pattern) -> bool {
    match wanted {
        Pattern::Plain(text) => match (number_of(value), Number::parse(text)) {
            (Some(is), Some(wanted)) => is == wanted,
            _ => text_of(value) == text.as_str(),
        },
        regex @ Pattern::Regex { .. } => regex.matches(&text_of(value)),
    }
}

/// Text that two values share exactly when they are the same value: `8`, `"8"` and `8.0`;
/// `true` and `"true"`.
#[must_use]
pub fn key_of(value: &Value) -> String {
    match number_of(value) {
        Some(number) => number.canonical(),
        None => text_of(value).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn accepts(value: &Value, phrase: &str, written: &str) -> bool {
        let comparison = Comparison::from_phrase(phrase).unwrap();
        Expected::new(comparison, written).unwrap().accepts(value)
    }

    #[test]
    fn comparisons() {
        for (value, phrase, written, holds) in [
            (json!(8), "is", "8", true),
            (json!("8"), "is", "8.0", true),
            (json!("Debian"), "is", "debian", false),
            (json!(true), "is", "true", true),
            (json!("true"), "is", "true", true),
            (json!(true), "is", "1", false),
            (json!("dc1"), "is", "/^dc/", true),
            (json!("x"), "is not", "y", true),
            (json!("x"), "is not", "x", false),
            (json!(["a", 8]), "includes", "8", true),
            (json!(["ab"]), "includes", "a", false),
            (json!("haystack"), "includes", "stack", true),
            (json!(42), "includes", "4", false),
            (json!("10"), "is at least", "9", true),
            (json!("many"), "is at least", "1", false),
            (json!(5), "is at most", "few", false),
            (json!(5), "is less than", "5", false),
            (json!(5), "is more than", "4.5", true),
            (json!("1.10"), "is at least version", "1.9", true),
            (json!(12), "is at least version", "12.0", true),
            (json!(true), "is at most version", "true", true),
            (json!("b"), "is one of", "a, b", true),
            (json!(2), "is one of", "1,2.0", true),
            (json!(["a", "b"]), "is", r#"["a","b"]"#, true),
            (json!(42), "matches", "/^4/", true),
        ] {
            assert_eq!(accepts(&value, phrase, written), holds, "{value} {phrase} {written:?}");
        }
    }

    #[test]
    fn every_comparison_says_what_should_be() {
        for (phrase, comparison) in PHRASES {
            let should = Expected::new(comparison, "1").unwrap().should();
            let words = match phrase {
                "matches" => "should match".to_owned(),
                "includes" => "should include".to_owned(),
                "is not" => "should not be".to_owned(),
                is => is.replacen("is", "should be", 1),
            };
            assert_eq!(should, format!("{words} \"1\""));
        }
    }

    #[test]
    fn same_values_share_a_key() {
        for (a, b, same) in [
            (json!(8), json!("8.0"), true),
            (json!(true), json!("true"), true),
            (json!("A"), json!("a"), false),
            (json!([1]), json!([1]), true),
        ] {
            assert_eq!(key_of(&a) == key_of(&b), same, "{a} {b}");
        }
    }
}
