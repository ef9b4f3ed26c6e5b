//! Facts as text: in Facter's own form, JSON or YAML.

use std::fmt::Write as _;

use super::find;
use crate::data::{Map, Value};
use crate::render::yaml;

/// How facts are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `name => value`, as Facter does.
    #[default]
    Text,
    /// One JSON object.
    Json,
    /// One YAML mapping.
    Yaml,
}

/// Facts as text that ends with a newline: all of them, or those that are asked for. One that is
/// asked for and is not there is empty.
#[must_use]
pub fn render(facts: &Map, names: &[String], format: Format) -> String {
    let one = |name: &String| {
        (Value::from(name.as_str()), find(facts, name).cloned().unwrap_or(Value::Null))
    };
    let shown =
        if names.is_empty() { sorted(facts) } else { sorted(&names.iter().map(one).collect()) };
    match (format, names) {
        (Format::Json, _) => format!("{:#}\n", serde_json::Value::from(&Value::map(shown))),
        (Format::Yaml, _) if shown.is_empty() => "{}\n".to_owned(),
        (Format::Yaml, _) => yaml(&Value::map(shown)).trim_start_matches("---\n").to_owned(),
        (Format::Text, [_]) => shown.values().next().map(single).unwrap_or_default(),
        (Format::Text, _) => several(&shown),
    }
}

/// The same in order of the keys, to the innermost.
fn sorted(map: &Map) -> Map {
    let inner = |value: &Value| match value {
        Value::Hash(map) => Value::map(sorted(map)),
        other => other.clone(),
    };
    let mut pairs: Vec<(Value, Value)> =
        map.iter().map(|(key, value)| (key.clone(), inner(value))).collect();
    pairs.sort_by_cached_key(|(key, _)| key.to_s());
    pairs.into_iter().collect()
}

fn single(value: &Value) -> String {
    let mut text = String::new();
    top(value, &mut text);
    text.push('\n');
    text
}

fn several(facts: &Map) -> String {
    let mut text = String::new();
    for (name, value) in facts {
        text.push_str(&name.to_s());
        text.push_str(" => ");
        top(value, &mut text);
        text.push('\n');
    }
    text
}

/// A value by itself: its text is not quoted.
fn top(value: &Value, text: &mut String) {
    match value {
        Value::Null => {}
        Value::Str(string) | Value::Time(string) | Value::Symbol(string) => text.push_str(string),
        other => within(other, 0, text),
    }
}

fn within(value: &Value, depth: usize, text: &mut String) {
    let indent = "  ".repeat(depth);
    let separated = |at: usize, of: usize| if at + 1 < of { ",\n" } else { "\n" };
    match value {
        Value::Hash(object) => {
            text.push_str("{\n");
            for (at, (name, value)) in object.iter().enumerate() {
                // Writing to a text does not fail.
                let _ = write!(text, "{indent}  {} => ", name.to_s());
                within(value, depth + 1, text);
                text.push_str(separated(at, object.len()));
            }
            let _ = write!(text, "{indent}}}");
        }
        Value::Array(array) => {
            text.push_str("[\n");
            for (at, value) in array.iter().enumerate() {
                let _ = write!(text, "{indent}  ");
                within(value, depth + 1, text);
                text.push_str(separated(at, array.len()));
            }
            let _ = write!(text, "{indent}]");
        }
        other => {
            let _ = write!(text, "{}", serde_json::Value::from(other));
        }
    }
}
