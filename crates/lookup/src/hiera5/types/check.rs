//! Whether a value is of a type.

use super::{Case, Type, name};
use crate::Fault;
use crate::data::Value;

impl Type {
    /// Whether a value is of this type.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Any | Self::Data => true,
            Self::Scalar => {
                matches!(
                    value,
                    Value::Bool(_)
                        | Value::Int(_)
                        | Value::Float(_)
                        | Value::Str(_)
                        | Value::Time(_)
                )
            }
            Self::Undef => value.is_null(),
            Self::NotUndef(inner) => !value.is_null() && inner.holds(value),
            Self::Optional(inner) => value.is_null() || inner.holds(value),
            Self::Boolean(only) => {
                matches!(value, Value::Bool(is) if only.is_none_or(|only| only == *is))
            }
            Self::Integer(bounds) => matches!(value, Value::Int(number) if bounds.hold(*number)),
            Self::Float(bounds) => matches!(value, Value::Float(number) if bounds.hold(*number)),
            Self::Numeric => matches!(value, Value::Int(_) | Value::Float(_)),
            Self::String(bounds) => {
                matches!(value, Value::Str(text) if bounds.hold(text.chars().count() as i128))
            }
            Self::Enum(texts, case) => value.as_str().is_some_and(|text| match case {
                Case::Sensitive => texts.iter().any(|one| one == text),
                Case::Insensitive => {
                    texts.iter().any(|one| one.to_lowercase() == text.to_lowercase())
                }
            }),
            Self::Pattern(expressions) => {
                value.as_str().is_some_and(|text| expressions.iter().any(|one| one.is_match(text)))
            }
            Self::Array(inner, bounds) => value.as_array().is_some_and(|items| {
                bounds.hold(items.len() as i128) && items.iter().all(|item| inner.holds(item))
            }),
            Self::Tuple(types, bounds) => value.as_array().is_some_and(|items| {
                // Beyond the last, its type counts.
                let of = |at: usize| types.get(at).or(types.last());
                let fits = |(at, item): (usize, &Value)| of(at).is_none_or(|kind| kind.holds(item));
                bounds.hold(items.len() as i128) && items.iter().enumerate().all(fits)
            }),
            Self::Hash(key, inner, bounds) => value.as_hash().is_some_and(|map| {
                bounds.hold(map.len() as i128)
                    && map.iter().all(|(name, value)| key.holds(name) && inner.holds(value))
            }),
            Self::Struct(members) => value.as_hash().is_some_and(|map| {
                let fits = |member: &super::Member| match map.get(member.name.as_str()) {
                    Some(value) => member.value.holds(value),
                    None => member.optional,
                };
                let is_member =
                    |key: &Value| members.iter().any(|one| Some(one.name.as_str()) == key.as_str());
                members.iter().all(fits) && map.keys().all(is_member)
            }),
            Self::Collection(bounds) => match value {
                Value::Array(items) => bounds.hold(items.len() as i128),
                Value::Hash(map) => bounds.hold(map.len() as i128),
                _ => false,
            },
            Self::Variant(types) => types.iter().any(|one| one.holds(value)),
            // No file holds a secret: it is made by a conversion.
            Self::Sensitive(_) => false,
        }
    }

    /// Fails where a value is not of this type, which is written as `source`.
    ///
    /// # Errors
    /// What is expected and what was found; never the value.
    pub fn check(&self, source: &str, value: &Value) -> Result<(), Fault> {
        if self.holds(value) {
            return Ok(());
        }
        let what =
            format!("the answer has the wrong type: {source} is expected, this is {}", name(value));
        Err(Fault::new(what, "change the data, or the type"))
    }
}
