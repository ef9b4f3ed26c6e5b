//! Comparing a fact in a filter, as MCollective does: text, unless both sides are numbers and the
//! operator is an order.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::fact::{FactName, text_of};
use crate::number::Number;
use crate::pattern::Pattern;

/// How a filter compares a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`, `==`: the same text.
    Equal,
    /// `!=`: present and different.
    NotEqual,
    /// `<`
    Less,
    /// `<=`, `=<`
    AtMost,
    /// `>`
    Greater,
    /// `>=`, `=>`
    AtLeast,
    /// `=~`, or `=` before `/…/`: searched by a regular expression.
    Matches,
}

/// A fact, an operator and a value.
#[derive(Clone, Debug)]
pub struct FactTest {
    /// Which fact.
    pub name: FactName,
    /// How it is compared.
    pub operator: Operator,
    /// With what; an expression exactly for [`Operator::Matches`] and a `!=` before `/…/`.
    pub wanted: Pattern,
}

impl FactTest {
    /// Whether a value that is there passes: of a list one element, of a structure one key.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        Self::texts(value, |text| self.accepts_text(text))
    }

    /// Shows every text that a value is compared as, until one is the right one.
    pub fn texts(value: &Value, mut right: impl FnMut(&str) -> bool) -> bool {
        match value {
            Value::Array(list) => list.iter().any(|one| right(&text_of(one))),
            Value::Object(map) => map.keys().any(|key| right(key)),
            scalar => right(&text_of(scalar)),
        }
    }

    /// The text that a value must be, where the test asks for just that.
    #[must_use]
    pub fn wanted_text(&self) -> Option<&str> {
        match (self.operator, &self.wanted) {
            (Operator::Equal, Pattern::Plain(text)) => Some(text),
            _ => None,
        }
    }

    fn accepts_text(&self, text: &str) -> bool {
        match self.operator {
            Operator::Equal | Operator::Matches => self.wanted.matches(text),
            Operator::NotEqual => match (&self.wanted, self.order(text)) {
                (Pattern::Plain(_), Some(order)) => order != Ordering::Equal,
                _ => !self.wanted.matches(text),
            },
            Operator::Less => self.order(text) == Some(Ordering::Less),
            Operator::AtMost => matches!(self.order(text), Some(Ordering::Less | Ordering::Equal)),
            Operator::Greater => self.order(text) == Some(Ordering::Greater),
            Operator::AtLeast => {
                matches!(self.order(text), Some(Ordering::Greater | Ordering::Equal))
            }
        }
    }

    fn order(&self, text: &str) -> Option<Ordering> {
        let wanted = self.wanted.as_str();
        match (Number::parse(text), Number::parse(wanted)) {
            (Some(is), Some(wanted)) => is.partial_cmp(&wanted),
            _ => Some(text.cmp(wanted)),
        }
    }
}

impl fmt::Display for FactTest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let wanted = self.wanted.as_str();
        let expression = slashed(&self.wanted);
        let operator = match self.operator {
            Operator::Equal => "=",
            Operator::Matches if expression.is_some() => "=",
            Operator::Matches => "=~",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
        };
        let name = self.name.as_str();
        let unlike_a_word = |c: char| c.is_whitespace() || "()=<>!".contains(c);
        if name.contains(unlike_a_word) || name.starts_with('/') {
            write!(f, "fact({}).value{operator}", quoted(name))?;
        } else {
            write!(f, "{name}{operator}")?;
        }
        match (expression, wanted.chars().next()) {
            (Some(expression), _) => f.write_str(&expression),
            (None, Some(first))
                if !"/~=<>'\"".contains(first)
                    && !wanted.contains(|c: char| c.is_whitespace() || c == ')') =>
            {
                f.write_str(wanted)
            }
            _ => f.write_str(&quoted(wanted)),
        }
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// An expression that was written between slashes, with those in it escaped.
pub(super) fn slashed(pattern: &Pattern) -> Option<String> {
    let Pattern::Regex { written, .. } = pattern else {
        return None;
    };
    let inner = written.strip_prefix('/')?;
    let with = |end: &'static str| inner.strip_suffix(end).map(|inner| (inner, end));
    let (inner, end) = with("/i").or_else(|| with("/"))?;
    let mut text = String::from("/");
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => {
                text.push(letter);
                text.extend(letters.next());
            }
            '/' => text.push_str("\\/"),
            other => text.push(other),
        }
    }
    Some(text + end)
}
