//! How the values of several levels become one.

mod deep;

pub use deep::{Deep, Unmergeable};

use std::sync::Arc;

use crate::data::{Map, Value};

/// Ruby's `left.merge(right)`: the keys of `left` keep their places, the values of `right` win, and nothing is looked into.
#[must_use]
pub fn native(left: &Map, right: &Map) -> Map {
    let mut merged = left.clone();
    merged.extend(right.iter().map(|(key, value)| (key.clone(), value.clone())));
    merged
}

/// Ruby's `[values].flatten`: lists inside of lists are opened, hashes are not.
#[must_use]
pub fn flatten(values: &[Value]) -> Vec<Value> {
    let mut flat = Vec::new();
    open(values, &mut flat);
    flat
}

/// Ruby's `[first, second].flatten`; a list that nobody else has is not copied.
#[must_use]
pub fn flat_with(first: Value, second: &Value) -> Vec<Value> {
    let is_flat = |items: &[Value]| !items.iter().any(|item| matches!(item, Value::Array(_)));
    let mut flat = match first {
        Value::Array(list) if is_flat(&list) => items(list),
        other => flatten(&[other]),
    };
    open(std::slice::from_ref(second), &mut flat);
    flat
}

fn open(values: &[Value], flat: &mut Vec<Value>) {
    for value in values {
        match value {
            Value::Array(items) => open(items, flat),
            other => flat.push(other.clone()),
        }
    }
}

/// Ruby's `uniq`: of equal values the first stays.
#[must_use]
pub fn unique(mut values: Vec<Value>) -> Vec<Value> {
    if values.len() < 8 {
        let mut kept = 0;
        for at in 0..values.len() {
            if !values[..kept].contains(&values[at]) {
                values.swap(kept, at);
                kept += 1;
            }
        }
        values.truncate(kept);
        return values;
    }
    let set: indexmap::IndexSet<Value, hashbrown::DefaultHashBuilder> =
        values.into_iter().collect();
    set.into_iter().collect()
}

/// A list's items, to be changed: copied only if somebody else has the list as well.
fn items(list: Arc<Vec<Value>>) -> Vec<Value> {
    Arc::unwrap_or_clone(list)
}
