//! Puppet's data types, as far as data can have them: what `--type` asks for, and what `convert_to`
//! makes of an answer.

mod check;
mod convert;
mod lexer;
mod parse;

use regex::Regex;

use crate::data::Value;

pub use convert::convert;
pub use parse::parse;

/// A type of data.
#[derive(Clone, Debug)]
pub enum Type {
    /// Anything, undefined included.
    Any,
    /// Anything that a data file can say.
    Data,
    /// Text, numbers, true and false.
    Scalar,
    /// Nothing.
    Undef,
    /// All but nothing, and of the inner type.
    NotUndef(Box<Type>),
    /// Nothing, or of the inner type.
    Optional(Box<Type>),
    /// True or false; or one of them only.
    Boolean(Option<bool>),
    /// A whole number, with its bounds.
    Integer(Bounds<i128>),
    /// A number with a fraction, with its bounds.
    Float(Bounds<f64>),
    /// A number.
    Numeric,
    /// Text, with its length.
    String(Bounds<i128>),
    /// One of these texts.
    Enum(Vec<String>, Case),
    /// Text that one of these expressions matches.
    Pattern(Vec<Regex>),
    /// A list, with the type of its elements and its length.
    Array(Box<Type>, Bounds<i128>),
    /// A list, with a type for each place and its length.
    Tuple(Vec<Type>, Bounds<i128>),
    /// A hash, with the types of keys and values and its size.
    Hash(Box<Type>, Box<Type>, Bounds<i128>),
    /// A hash with these keys.
    Struct(Vec<Member>),
    /// A list or a hash, with its size.
    Collection(Bounds<i128>),
    /// One of these.
    Variant(Vec<Type>),
    /// A secret of the inner type.
    Sensitive(Box<Type>),
}

/// Whether case counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Case {
    /// "a" is not "A".
    Sensitive,
    /// "a" is "A".
    Insensitive,
}

/// From the least to the most, both included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds<T> {
    least: Option<T>,
    most: Option<T>,
}

impl<T> Default for Bounds<T> {
    fn default() -> Self {
        Self { least: None, most: None }
    }
}

impl<T: PartialOrd + Copy> Bounds<T> {
    fn hold(self, value: T) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }
}

/// A key of a struct.
#[derive(Clone, Debug)]
pub struct Member {
    name: String,
    /// Whether the key may be missing.
    optional: bool,
    value: Type,
}

/// The name of what a value is, for an error: `Integer`, `Array`.
fn name(value: &Value) -> &'static str {
    match value {
        Value::Null => "Undef",
        Value::Bool(_) => "Boolean",
        Value::Int(_) => "Integer",
        Value::Float(_) => "Float",
        Value::Str(_) => "String",
        Value::Symbol(_) => "Symbol",
        Value::Time(_) => "Timestamp",
        Value::Array(_) => "Array",
        Value::Hash(_) => "Hash",
    }
}

#[cfg(test)]
mod tests;
