//! Values of data files.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::{Equivalent, IndexMap};

/// A hash: its keys keep their order, and two hashes are equal whatever the order is, as in Ruby.
pub type Map = IndexMap<Value, Value, hashbrown::DefaultHashBuilder>;

/// A value as Ruby knows it. A clone of it costs nothing: lists and hashes are shared.
#[derive(Clone, Debug)]
pub enum Value {
    /// `nil`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// Whole numbers.
    Int(i128),
    /// Numbers with a fraction; infinite and "not a number" as well.
    Float(f64),
    /// Text.
    Str(Arc<str>),
    /// A name with a colon before it.
    Symbol(Arc<str>),
    /// A date or a time, as it was written.
    Time(Arc<str>),
    /// A list.
    Array(Arc<Vec<Value>>),
    /// A hash.
    Hash(Arc<Map>),
}

impl Value {
    /// A text.
    #[must_use]
    pub fn text(text: impl Into<Arc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// A list.
    #[must_use]
    pub fn list(items: Vec<Self>) -> Self {
        Self::Array(Arc::new(items))
    }

    /// A hash.
    #[must_use]
    pub fn map(map: Map) -> Self {
        Self::Hash(Arc::new(map))
    }

    /// The text, if it is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The list, if it is one.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The hash, if it is one.
    #[must_use]
    pub fn as_hash(&self) -> Option<&Map> {
        match self {
            Self::Hash(map) => Some(map),
            _ => None,
        }
    }

    /// Whether it is `nil`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Ruby's name of its class.
    #[must_use]
    pub fn class(&self) -> &'static str {
        match self {
            Self::Null => "NilClass",
            Self::Bool(true) => "TrueClass",
            Self::Bool(false) => "FalseClass",
            Self::Int(_) => "Integer",
            Self::Float(_) => "Float",
            Self::Str(_) => "String",
            Self::Symbol(_) => "Symbol",
            Self::Time(_) => "Time",
            Self::Array(_) => "Array",
            Self::Hash(_) => "Hash",
        }
    }

    /// What it is, for an error: "a list".
    #[must_use]
    pub fn kind_in_words(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Str(_) => "a text",
            Self::Symbol(_) => "a symbol",
            Self::Time(_) => "a date",
            Self::Array(_) => "a list",
            Self::Hash(_) => "a hash",
        }
    }
}

impl PartialEq for Value {
    /// As Ruby's `eql?`: 1 is not 1.0.
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Str(a), Self::Str(b))
            | (Self::Symbol(a), Self::Symbol(b))
            | (Self::Time(a), Self::Time(b)) => a == b,
            (Self::Array(a), Self::Array(b)) => Arc::ptr_eq(a, b) || a == b,
            (Self::Hash(a), Self::Hash(b)) => Arc::ptr_eq(a, b) || a == b,
            _ => false,
        }
    }
}

impl Eq for Value {}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            // As `str` itself, so that a key is found by its text.
            Self::Str(text) => text.hash(state),
            Self::Null => 0_u8.hash(state),
            Self::Bool(yes) => (1_u8, yes).hash(state),
            Self::Int(number) => (2_u8, number).hash(state),
            Self::Float(number) => (3_u8, number.to_bits()).hash(state),
            Self::Symbol(name) => (4_u8, name).hash(state),
            Self::Time(text) => (5_u8, text).hash(state),
            Self::Array(items) => (6_u8, items).hash(state),
            // The order of keys is no part of a hash's identity: its size is what is left that is cheap.
            Self::Hash(map) => (7_u8, map.len()).hash(state),
        }
    }
}

impl Equivalent<Value> for str {
    fn equivalent(&self, key: &Value) -> bool {
        matches!(key, Value::Str(text) if &**text == self)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Str(text.into())
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Null,
            serde_json::Value::Bool(yes) => Self::Bool(yes),
            serde_json::Value::Number(number) => match number.as_i128() {
                Some(whole) => Self::Int(whole),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Array(items) => {
                Self::list(items.into_iter().map(Self::from).collect())
            }
            serde_json::Value::Object(map) => {
                Self::map(map.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
        }
    }
}

impl From<&Value> for serde_json::Value {
    /// As Ruby's JSON writes it: keys and symbols become text. What JSON has no number for becomes `null`.
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(yes) => Self::Bool(*yes),
            Value::Int(number) => match (i64::try_from(*number), u64::try_from(*number)) {
                (Ok(small), _) => small.into(),
                (_, Ok(large)) => large.into(),
                _ => Self::String(number.to_string()),
            },
            Value::Float(number) => {
                serde_json::Number::from_f64(*number).map_or(Self::Null, Self::Number)
            }
            Value::Str(text) | Value::Symbol(text) | Value::Time(text) => {
                Self::String(text.to_string())
            }
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Hash(map) => {
                Self::Object(map.iter().map(|(key, value)| (key.to_s(), value.into())).collect())
            }
        }
    }
}
