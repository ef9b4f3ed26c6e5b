//! Data in Puppet's manifests: classes that hold nothing but variables with literal values.
//!
//! ```puppet
//! class data::common {
//!   $ntpservers = ["ntp1.example.net", "ntp2.example.net"]
//!   $contact    = "root@${domain}"
//! }
//! ```
//!
//! A variable inside of a text is one of the class that was set above, or one of the machine: `${domain}` is read as `%{domain}`. What else a
//! manifest can say is refused at its place, because what it comes to depends on the rest of the catalog.

mod lexer;
mod literal;
mod parameters;
mod parser;

pub use parameters::parameters;

use crate::Fault;
use crate::data::{Document, Format, Limits, Map, Value};

/// How manifests are read: a hash of the file's classes, which [`class`] takes one of.
pub const FORMAT: Format = Format::Other("puppet", read);

/// The file of a class below a directory of modules; none for what is no name of a class.
#[must_use]
pub fn file_of(class: &str) -> Option<String> {
    let parts: Vec<&str> = class.split("::").collect();
    let good = |part: &&str| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !parts.iter().all(good) {
        return None;
    }
    let (module, inside) = parts.split_first()?;
    let inside = if inside.is_empty() { "init".to_owned() } else { inside.join("/") };
    Some(format!("{module}/manifests/{inside}.pp"))
}

/// Reads a manifest. Each class is a hash of its variables, and a list of their places.
///
/// # Errors
///
/// With line and column, where something else than classes with literal variables stands there.
pub fn read(text: &str, limits: &Limits) -> Result<Document, Fault> {
    let classes = parser::Parser::new(lexer::tokens(text)?, limits).classes()?;
    let nodes = classes.iter().map(|class| class.nodes).sum();
    let mut root = Map::default();
    for class in classes {
        let places = class.places.iter().map(|(line, column)| {
            Value::list(vec![Value::Int((*line).into()), Value::Int((*column).into())])
        });
        let entry = Value::list(vec![Value::map(class.variables), Value::list(places.collect())]);
        root.insert(class.name.into(), entry);
    }
    Ok(Document::new(Value::map(root), Vec::new(), nodes))
}

/// The variables of one class of a manifest that was read; none where it has no such class.
#[must_use]
pub fn class(document: &Document, name: &str) -> Option<Document> {
    let Some([root, places]) = document.root.as_hash()?.get(name)?.as_array() else { return None };
    let number = |value: Option<&Value>| match value {
        Some(Value::Int(number)) => u64::try_from(*number).unwrap_or(0),
        _ => 0,
    };
    let place = |value: &Value| {
        let pair = value.as_array().unwrap_or_default();
        (number(pair.first()), number(pair.get(1)))
    };
    let places = places.as_array()?.iter().map(place).collect();
    Some(Document::new(root.clone(), places, document.nodes))
}

#[cfg(test)]
mod tests;
