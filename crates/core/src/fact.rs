//! Facts: JSON values by name, with structures below.

use std::fmt;

use serde_json::{Map, Value};

/// The name of a fact as a policy writes it: looked up whole first, then piece by piece along its
/// dots; letters in any case.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FactName(String);

impl FactName {
    /// Takes a name as it is written.
    #[must_use]
    pub fn new(written: &str) -> Self {
        Self(written.trim().to_owned())
    }

    /// The name as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The pieces between the dots, for instance `os`, `release`, `major`.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }

    /// The value that a document holds under this name. A `null` is no value.
    #[must_use]
    pub fn find<'a>(&self, facts: &'a Map<String, Value>) -> Option<&'a Value> {
        let found = member(facts, &self.0).or_else(|| {
            let (first, rest) = self.0.split_once('.')?;
            inside(member(facts, first)?, rest)
        })?;
        (!found.is_null()).then_some(found)
    }
}

impl fmt::Display for FactName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What stands below a value along a dotted path of names and list positions.
#[must_use]
pub fn inside<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, piece| match value {
        Value::Object(map) => member(map, piece),
        Value::Array(list) => list.get(piece.parse::<usize>().ok()?),
        _ => None,
    })
}

fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| key.to_lowercase() == name.to_lowercase())
            .map(|(_, value)| value)
    })
}

/// A value as text: strings as they are, everything else as compact JSON.
#[must_use]
pub fn text_of(value: &Value) -> std::borrow::Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_name_first_then_along_the_dots() {
        let facts = json!({
            "Role": "web", "a.b": 1, "a": {"b": 2, "c": [10, {"d": 3}]}, "gone": null
        });
        let facts = facts.as_object().unwrap();
        for (name, value) in [
            ("role", Some(json!("web"))),
            ("a.b", Some(json!(1))),
            ("A.C.0", Some(json!(10))),
            ("a.c.1.d", Some(json!(3))),
            ("a.c.2", None),
            ("a.x", None),
            ("gone", None),
        ] {
            assert_eq!(FactName::new(name).find(facts).cloned(), value, "{name}");
        }
    }
}
