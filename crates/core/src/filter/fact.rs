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
        let operator = match self.operator {
            Operator::Equal | Operator::Matches => "=",
            Operator::NotEqual => "!=",
            Operator::Less => "<",
            Operator::AtMost => "<=",
            Operator::Greater => ">",
            Operator::AtLeast => ">=",
        };
        write!(f, "{}{operator}{}", self.name, self.wanted)
    }
}
