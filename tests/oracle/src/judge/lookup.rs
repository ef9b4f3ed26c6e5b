//! What is looked up for a node: its zone's data, then the common one.

use serde_json::{Map, Value};

use super::world::World;
use crate::policy::{Merging, Then};
use crate::truth::Truth;
use crate::values;

/// Whether the answer for a node is as the sentence wants it.
pub fn good(world: &World, node: &str, key: &str, merging: Merging, then: &Then) -> Truth {
    let Some(found) = answer(world, node, key, merging) else { return Truth::Maybe };
    let Some(value) = found else { return Truth::No };
    let is_good = match then {
        Then::Resolves => true,
        Then::AnswerIs(how) => values::compares(&value, how),
        Then::AnswerHas(least) => match &value {
            Value::Array(list) => list.len() >= *least,
            Value::Object(map) => map.len() >= *least,
            _ => false,
        },
        Then::AnswerContains(wanted) => match &value {
            Value::Object(map) => {
                let keys = map.keys().map(|key| Value::String(key.clone())).collect();
                values::includes(&Value::Array(keys), wanted)
            }
            other => values::includes(other, wanted),
        },
        _ => return Truth::Maybe,
    };
    is_good.into()
}

/// The answer; `None` if it is not known, `Some(None)` if there is none.
fn answer(world: &World, node: &str, key: &str, merging: Merging) -> Option<Option<Value>> {
    let data = world.estate.data.as_ref()?;
    let facts = world.facts(node)?;
    let zone = facts.get("zone").and_then(Value::as_str).and_then(|zone| data.zones.get(zone));
    let mut levels = Vec::new();
    match zone {
        // What it says of any key is not known.
        Some(None) => return None,
        Some(Some(level)) => levels.push(level),
        None => {}
    }
    levels.push(&data.common);
    let (root, rest) = key.split_once('.').map_or((key, None), |(root, rest)| (root, Some(rest)));
    let values: Vec<&Value> = levels.iter().filter_map(|level| level.get(root)).collect();
    let merged = match merging {
        Merging::First => values.first().map(|first| (*first).clone()),
        Merging::Array => array(&values)?,
        Merging::Hash => hash(&values)?,
    };
    let Some(value) = merged else { return Some(None) };
    match (rest, &value) {
        (None, _) => Some(Some(value)),
        (Some(rest), Value::Object(map)) => Some(map.get(rest).cloned()),
        // A part of what has no parts.
        (Some(_), _) => None,
    }
}

/// One list without doubles. A hash of the highest level is one entry of it, one of a lower level is a fault, as with the
/// real `puppet lookup`.
fn array(values: &[&Value]) -> Option<Option<Value>> {
    if values.is_empty() {
        return Some(None);
    }
    if values.iter().skip(1).any(|value| value.is_object()) {
        return None;
    }
    let mut all = Vec::new();
    for value in values {
        let items = match value {
            Value::Array(items) => items.clone(),
            other => vec![(*other).clone()],
        };
        for item in items {
            if !all.contains(&item) {
                all.push(item);
            }
        }
    }
    Some(Some(Value::Array(all)))
}

/// One hash; only hashes can be joined.
fn hash(values: &[&Value]) -> Option<Option<Value>> {
    let mut joined: Option<Map<String, Value>> = None;
    if let [only] = values {
        return Some(Some((*only).clone()));
    }
    for value in values {
        let map = value.as_object()?;
        let mut all = map.clone();
        all.extend(joined.unwrap_or_default());
        joined = Some(all);
    }
    Some(joined.map(Value::Object))
}
