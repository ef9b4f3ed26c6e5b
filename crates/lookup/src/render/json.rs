//! As Ruby's `JSON.dump`.

use std::fmt::Write as _;

use crate::data::Value;

/// A value on one line, without blanks. Infinite numbers and such are written by their names, as Ruby writes them.
#[must_use]
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(_) | Value::Int(_) | Value::Float(_) => {
            let _ = write!(out, "{}", value.inspect());
        }
        Value::Str(text) | Value::Symbol(text) | Value::Time(text) => {
            out.push_str(&serde_json::Value::from(&**text).to_string());
        }
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Value::Hash(map) => {
            out.push('{');
            for (index, (key, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(&key.to_s().into(), out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
    }
}
