//! Between JSON and BSON.

use groundrule_core::redaction::REMOVED;
use mongodb::bson::{Bson, Document};
use serde_json::{Map, Value};

/// Stands in the database for what was taken from a structure: the name that is used in memory has
/// a byte that BSON has not.
const TAKEN: &str = "$groundrule-redacted";

/// A value as it stands in files.
pub(super) fn json(value: Bson) -> Value {
    match value {
        Bson::Null | Bson::Undefined => Value::Null,
        Bson::Boolean(is) => Value::Bool(is),
        Bson::String(text) | Bson::Symbol(text) => Value::String(text),
        Bson::Int32(number) => Value::from(number),
        Bson::Int64(number) => Value::from(number),
        Bson::Double(number) if number.is_finite() => Value::from(number),
        Bson::Array(all) => all.into_iter().map(json).collect(),
        Bson::Document(document) => Value::Object(object(document)),
        Bson::DateTime(time) => serde_json::json!({ "$date": time.timestamp_millis() }),
        Bson::ObjectId(id) => Value::String(id.to_hex()),
        other => Value::String(other.to_string()),
    }
}

/// An object, likewise.
pub(super) fn object(document: Document) -> Map<String, Value> {
    let name = |name: String| if name == TAKEN { REMOVED.to_owned() } else { name };
    document.into_iter().map(|(key, value)| (name(key), json(value))).collect()
}

/// A value for the database.
///
/// # Errors
/// With the name in it that BSON cannot hold.
pub(super) fn bson(value: &Value) -> Result<Bson, String> {
    Ok(match value {
        Value::Null => Bson::Null,
        Value::Bool(is) => Bson::Boolean(*is),
        Value::String(text) => Bson::String(text.clone()),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(number), _) => Bson::Int64(number),
            // Too large for BSON's whole numbers; texts of numbers compare as numbers.
            (None, Some(number)) => Bson::String(number.to_string()),
            (None, None) => Bson::Double(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::Array(all) => Bson::Array(all.iter().map(bson).collect::<Result<_, _>>()?),
        Value::Object(object) => Bson::Document(document(object)?),
    })
}

/// An object, likewise.
pub(super) fn document(object: &Map<String, Value>) -> Result<Document, String> {
    let mut document = Document::new();
    for (name, value) in object {
        let name = if name == REMOVED { TAKEN } else { name };
        if name.contains('\0') {
            return Err(name.to_owned());
        }
        document.insert(name, bson(value)?);
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_goes_in_comes_out() {
        let facts = json!({
            "a.b": {"$c": [1, 2.5, null, true, "x", -7]}, "": {}, "ä": [],
            "taken": {REMOVED: null}, "long": 9_007_199_254_740_993_i64,
        });
        assert_eq!(json(bson(&facts).unwrap()), facts);
        assert_eq!(json(bson(&json!(u64::MAX)).unwrap()), json!("18446744073709551615"));
        assert_eq!(bson(&json!({"x": {"a\0b": 1}})).unwrap_err(), "a\0b");
    }
}
