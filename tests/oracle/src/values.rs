//! How fact and parameter values are looked up and compared.

use std::cmp::Ordering;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};

use crate::pattern;
use crate::policy::{Comparison, Operator};

/// An optional sign, digits, an optional fraction, an optional exponent.
static NUMBER: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$").ok());

/// The number that a text looks like.
pub fn number(text: &str) -> Option<f64> {
    let looks = NUMBER.as_ref().is_some_and(|regex| regex.is_match(text));
    if looks { text.parse().ok() } else { None }
}

/// The string form of a value: a string as it is, everything else as compact JSON.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The number that a value is or looks like.
fn value_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(_) | Value::String(_) => number(&text(value)),
        _ => None,
    }
}

/// Two values have the same key exactly when `is` would call them the same.
pub fn same_key(value: &Value) -> String {
    match value_number(value) {
        // Adding zero makes a negative zero a positive one.
        Some(number) => format!("number {}", number + 0.0),
        None => format!("text {}", text(value)),
    }
}

/// A fact by its name: as it is written first, then with dots into structures. Null is absent.
pub fn lookup<'a>(facts: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = member(facts, name) {
        return Some(value);
    }
    let mut pieces = name.split('.');
    let mut value = member(facts, pieces.next()?)?;
    for piece in pieces {
        value = match value {
            Value::Object(map) => member(map, piece)?,
            Value::Array(list) => list.get(piece.parse::<usize>().ok()?)?,
            _ => return None,
        };
    }
    if value.is_null() { None } else { Some(value) }
}

fn member<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let found = map.iter().find(|(key, _)| key.to_lowercase() == name.to_lowercase());
    found.map(|(_, value)| value).filter(|value| !value.is_null())
}

/// Tells whether a value that is there compares as wanted.
pub fn compares(value: &Value, comparison: &Comparison) -> bool {
    let wanted = comparison.value.as_str();
    let as_numbers = |good: fn(Ordering) -> bool| match (value_number(value), number(wanted)) {
        (Some(left), Some(right)) => left.partial_cmp(&right).is_some_and(good),
        _ => false,
    };
    let as_versions = |good: fn(Ordering) -> bool| good(version_order(&text(value), wanted));
    match comparison.operator {
        Operator::Is => is(value, wanted),
        Operator::IsNot => !is(value, wanted),
        Operator::Matches => pattern::regex(wanted).is_ok_and(|regex| regex.is_match(&text(value))),
        Operator::Includes => includes(value, wanted),
        Operator::OneOf => wanted.split(',').any(|one| is(value, one.trim())),
        Operator::AtLeast => as_numbers(Ordering::is_ge),
        Operator::AtMost => as_numbers(Ordering::is_le),
        Operator::MoreThan => as_numbers(Ordering::is_gt),
        Operator::LessThan => as_numbers(Ordering::is_lt),
        Operator::AtLeastVersion => as_versions(Ordering::is_ge),
        Operator::AtMostVersion => as_versions(Ordering::is_le),
        Operator::MoreThanVersion => as_versions(Ordering::is_gt),
        Operator::LessThanVersion => as_versions(Ordering::is_lt),
    }
}

fn is(value: &Value, wanted: &str) -> bool {
    if pattern::is_regex(wanted) {
        return pattern::names(wanted, &text(value));
    }
    same_key(value) == same_key(&Value::String(wanted.to_string()))
}

pub fn includes(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|element| is(element, wanted)),
        Value::String(text) if pattern::is_regex(wanted) => pattern::names(wanted, text),
        Value::String(text) => text.contains(wanted),
        _ => false,
    }
}

/// Dotted versions piece by piece: numbers as numbers, a missing piece is 0, all else as strings.
fn version_order(left: &str, right: &str) -> Ordering {
    let left: Vec<&str> = left.split('.').collect();
    let right: Vec<&str> = right.split('.').collect();
    for position in 0..left.len().max(right.len()) {
        let one = left.get(position).copied().unwrap_or("0");
        let other = right.get(position).copied().unwrap_or("0");
        let order = match (digits(one), digits(other)) {
            (Some(one), Some(other)) => one.cmp(&other),
            _ => one.cmp(other),
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

fn digits(piece: &str) -> Option<u64> {
    if piece.bytes().all(|byte| byte.is_ascii_digit()) { piece.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(value: &Value, operator: Operator, wanted: &str) -> bool {
        compares(value, &Comparison { operator, value: wanted.to_string() })
    }

    #[test]
    fn numbers_booleans_and_strings() {
        assert!(holds(&json!("8"), Operator::Is, "8.0"));
        assert!(holds(&json!(8), Operator::Is, "8e0"));
        assert!(holds(&json!(true), Operator::Is, "true"));
        assert!(holds(&json!("true"), Operator::Is, "true"));
        assert!(!holds(&json!("True"), Operator::Is, "true"));
        assert!(holds(&json!(["a", 1]), Operator::Is, "[\"a\",1]"));
        assert!(!holds(&json!("8 "), Operator::Is, "8"));
        assert!(holds(&json!("10"), Operator::MoreThan, "9"));
        assert!(!holds(&json!("ten"), Operator::MoreThan, "9"));
        assert!(!holds(&json!(10), Operator::AtLeast, "abc"));
        assert!(holds(&json!("b"), Operator::OneOf, "a , b"));
        assert!(holds(&json!("dc1"), Operator::Is, "/^DC/i"));
        assert!(!holds(&json!("dc1"), Operator::IsNot, "/^dc/"));
    }

    #[test]
    fn parts_and_elements() {
        assert!(holds(&json!(["web", 8]), Operator::Includes, "8.0"));
        assert!(holds(&json!("webserver"), Operator::Includes, "web"));
        assert!(!holds(&json!(18), Operator::Includes, "8"));
        assert!(holds(&json!(18), Operator::Matches, "/^1/"));
        assert!(holds(&json!("ABC"), Operator::Matches, "/b/i"));
    }

    #[test]
    fn versions() {
        assert!(holds(&json!("1.10"), Operator::MoreThanVersion, "1.9"));
        assert!(holds(&json!("1.2"), Operator::AtLeastVersion, "1.2.0"));
        assert!(holds(&json!("1.2rc1"), Operator::MoreThanVersion, "1.2"));
        assert!(holds(&json!(12), Operator::LessThanVersion, "12.1"));
    }

    #[test]
    fn names_as_written_come_first() {
        let facts = json!({"os.family": "flat", "OS": {"Family": "deep", "list": [null, "x"]}});
        let facts = facts.as_object().expect("an object");
        assert_eq!(lookup(facts, "os.FAMILY"), Some(&json!("flat")));
        assert_eq!(lookup(facts, "os.list.1"), Some(&json!("x")));
        assert_eq!(lookup(facts, "os.list.0"), None);
        assert_eq!(lookup(facts, "os.list.x"), None);
    }
}
