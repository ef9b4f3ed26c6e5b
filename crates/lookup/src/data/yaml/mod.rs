//! YAML as Ruby's Psych reads it: the first document, YAML 1.1's scalars, merge keys, aliases.

mod build;
mod scalar;

use super::{Document, Limits};
use crate::Fault;

pub use scalar::plain;

/// How to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Options {
    /// Most values, and how deep.
    pub limits: Limits,
    /// What becomes of dates and times that are not quoted.
    pub times: Times,
    /// What becomes of `!ruby/object:…`.
    pub objects: Objects,
}

/// What becomes of dates and times that are not quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Times {
    /// A fault, as in Ruby since 3.1.
    #[default]
    Refuse,
    /// [`Value::Time`](super::Value::Time), with the text that stands there.
    Keep,
}

/// What becomes of Ruby's own objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Objects {
    /// A fault.
    #[default]
    Refuse,
    /// The hash of what is in it: files of facts that Puppet wrote.
    Hash,
}

/// Reads the first document of a text. A text without one holds `Null`.
///
/// # Errors
///
/// With line and column, where the text is no YAML, or more than the limits allow, or holds what no data can be.
pub fn read(text: &str, options: &Options) -> Result<Document, Fault> {
    build::Builder::new(text.strip_prefix('\u{feff}').unwrap_or(text), options).document()
}

#[cfg(test)]
mod tests;
