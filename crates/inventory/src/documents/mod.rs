//! Reading everything of an estate that is no catalog.

pub mod checks;
pub mod discovery;
pub mod facts;
pub mod registrations;
pub mod relationships;
mod whole;

use jiff::Timestamp;
use serde_json::Value;

/// A time as it occurs in documents: seconds since 1970 as a number or its text (fractions are
/// cut), RFC 3339, or the forms in which MongoDB exports numbers and dates.
#[must_use]
pub fn time(value: &Value) -> Option<Timestamp> {
    match value {
        Value::Number(number) => {
            let seconds = number.as_f64()?;
            seconds.is_finite().then_some(())?;
            #[expect(clippy::cast_possible_truncation, reason = "out of range is refused below")]
            Timestamp::from_second(seconds as i64).ok()
        }
        Value::String(text) => match text.trim().parse::<f64>() {
            Ok(number) => time(&Value::from(number)),
            Err(_) => text.trim().parse().ok(),
        },
        Value::Object(map) => {
            let typed = ["$numberLong", "$numberInt", "$numberDouble", "$date"];
            let (key, inner) = map.iter().find(|(key, _)| typed.contains(&key.as_str()))?;
            match (key.as_str(), inner) {
                ("$date", Value::Number(milliseconds)) => {
                    Timestamp::from_millisecond(milliseconds.as_i64()?).ok()
                }
                ("$date", Value::Object(long)) => {
                    let milliseconds = long.get("$numberLong")?.as_str()?.parse().ok()?;
                    Timestamp::from_millisecond(milliseconds).ok()
                }
                _ => time(inner),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_in_every_form() {
        let second = Some(1_790_000_000);
        for (value, expected) in [
            (json!(1_790_000_000), second),
            (json!(1_790_000_000.75), second),
            (json!("1790000000"), second),
            (json!("2026-09-21T14:13:20Z"), second),
            (json!({"$numberLong": "1790000000"}), second),
            (json!({"$date": 1_790_000_000_000_i64}), second),
            (json!({"$date": {"$numberLong": "1790000000000"}}), second),
            (json!({"$date": "2026-09-21T14:13:20Z"}), second),
            (json!("soon"), None),
            (json!(true), None),
        ] {
            assert_eq!(time(&value).map(Timestamp::as_second), expected, "{value}");
        }
    }
}
