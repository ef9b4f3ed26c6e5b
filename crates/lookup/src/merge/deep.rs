//! Merging hashes in each other, as the gem `deep_merge` does it, with what is odd about that.

use std::sync::Arc;

use super::{items, unique};
use crate::Fault;
use crate::data::{Map, Value};

/// How to merge: the gem's options, under its names.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Deep {
    /// What becomes of values that cannot be merged: of two texts, say.
    pub unmergeable: Unmergeable,
    /// `knockout_prefix`: a value of the source that begins with it takes that value out of the destination.
    pub knockout_prefix: Option<String>,
    /// `sort_merged_arrays`.
    pub sort_merged_arrays: bool,
    /// `merge_hash_arrays`: lists of hashes are merged hash by hash.
    pub merge_hash_arrays: bool,
    /// `overwrite_arrays`: the source's list takes the place of the destination's.
    pub overwrite_arrays: bool,
    /// `extend_existing_arrays`: what is no list is put at the end of the destination's list.
    pub extend_existing_arrays: bool,
    /// `unpack_arrays`: lists are joined and split at this text first.
    pub unpack_arrays: Option<String>,
}

/// Which of two values stays that cannot be merged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Unmergeable {
    /// The source's: `deep_merge!`, which Hiera calls deeper.
    #[default]
    Overwrite,
    /// The destination's: `deep_merge`, which Hiera calls deep.
    Preserve,
}

impl Deep {
    /// Merges `source` into `destination`. Hiera's source is what higher levels hold, its destination the level below.
    ///
    /// # Errors
    ///
    /// Where options contradict each other, or a list is to be sorted whose values have no order.
    pub fn merge(&self, source: &Value, destination: Value) -> Result<Value, Fault> {
        self.check()?;
        self.join(source, destination)
    }

    /// Whether the options go together.
    ///
    /// # Errors
    ///
    /// Where they contradict each other.
    pub fn check(&self) -> Result<(), Fault> {
        if self.knockout_prefix.as_deref() == Some("") {
            return Err(Fault::new("knockout_prefix is empty", "give a prefix, `--` for example"));
        }
        if self.knockout_prefix.is_some() && !self.overwrites() {
            return Err(Fault::new(
                "knockout_prefix needs values that are overwritten",
                "use merge behavior deeper with it, not deep",
            ));
        }
        Ok(())
    }

    fn overwrites(&self) -> bool {
        self.unmergeable == Unmergeable::Overwrite
    }

    fn join(&self, source: &Value, destination: Value) -> Result<Value, Fault> {
        if source.is_null() {
            return Ok(destination);
        }
        if is_false(&destination) && self.overwrites() {
            return Ok(source.clone());
        }
        match source {
            Value::Hash(map) => self.join_hash(map, source, destination),
            Value::Array(list) if self.overwrite_arrays => Ok(Value::Array(Arc::clone(list))),
            Value::Array(list) => self.join_array(list, destination),
            _ => match destination {
                Value::Array(list) if self.extend_existing_arrays => {
                    Ok(pushed(list, source.clone()))
                }
                other => Ok(self.replaced(source.clone(), other)),
            },
        }
    }

    fn join_hash(&self, map: &Map, source: &Value, mut destination: Value) -> Result<Value, Fault> {
        for (key, value) in map {
            destination = match destination {
                Value::Hash(mut held) => {
                    self.put(Arc::make_mut(&mut held), key, value)?;
                    Value::Hash(held)
                }
                Value::Array(list) if self.extend_existing_arrays => pushed(list, source.clone()),
                other if self.overwrites() => self.replaced(source.clone(), other),
                other => other,
            };
        }
        Ok(destination)
    }

    fn put(&self, held: &mut Map, key: &Value, value: &Value) -> Result<(), Fault> {
        if let Some(place) = held.get_mut(key).filter(|value| !is_false(value)) {
            let below = std::mem::replace(place, Value::Null);
            *place = self.join(value, below)?;
            return Ok(());
        }
        // Merged with itself, because that takes double values out of its lists.
        let merged = match value {
            Value::Hash(_) if self.knockout_prefix.is_none() && !has_list(value) => value.clone(),
            Value::Array(_) | Value::Hash(_) => self.join(value, value.clone())?,
            other => self.replaced(other.clone(), other.clone()),
        };
        held.insert(key.clone(), merged);
        Ok(())
    }

    fn join_array(&self, list: &Arc<Vec<Value>>, mut destination: Value) -> Result<Value, Fault> {
        let mut source = items(Arc::clone(list));
        if let Some(separator) = &self.unpack_arrays {
            source = unpacked(&source, separator);
            if let Value::Array(below) = destination {
                destination = Value::list(unpacked(&below, separator));
            }
        }
        if let Some(prefix) = &self.knockout_prefix {
            let naked = |value: &Value| value.as_str() == Some(prefix.as_str());
            if source.iter().any(naked) {
                destination = match destination {
                    Value::Array(_) => Value::list(Vec::new()),
                    Value::Hash(_) => Value::map(Map::default()),
                    Value::Str(_) => "".into(),
                    _ => Value::Null,
                };
                source.retain(|value| !naked(value));
            }
        }
        let below = match destination {
            Value::Array(below) => below,
            other if self.overwrites() => return Ok(self.replaced(Value::list(source), other)),
            other => return Ok(other),
        };
        let mut below = items(below);
        if let Some(prefix) = &self.knockout_prefix {
            source.retain(|value| {
                let Some(bare) = value.as_str().and_then(|text| text.strip_prefix(prefix.as_str()))
                else {
                    return true;
                };
                below.retain(|held| held.as_str() != Some(bare) && held != value);
                false
            });
        }
        let hashes = |values: &[Value]| values.iter().all(|value| matches!(value, Value::Hash(_)));
        let mut merged = if self.merge_hash_arrays && hashes(&source) && hashes(&below) {
            let longer = source.get(below.len()..).map(<[Value]>::to_vec);
            let mut merged = Vec::with_capacity(source.len().max(below.len()));
            for (index, held) in below.into_iter().enumerate() {
                merged.push(match source.get(index) {
                    Some(value) => self.join(value, held)?,
                    None => held,
                });
            }
            merged.extend(longer.unwrap_or_default());
            merged
        } else {
            below.extend(source);
            unique(below)
        };
        if self.sort_merged_arrays {
            sort(&mut merged)?;
        }
        Ok(Value::list(merged))
    }

    /// What stays of two values that cannot be merged.
    fn replaced(&self, source: Value, destination: Value) -> Value {
        if !self.overwrites() {
            return destination;
        }
        let Some(prefix) = &self.knockout_prefix else { return source };
        let knocks =
            |value: &Value| value.as_str().is_some_and(|text| text.starts_with(prefix.as_str()));
        match source {
            Value::Array(list) => {
                let mut kept = items(list);
                kept.retain(|value| !knocks(value));
                Value::list(kept)
            }
            other if knocks(&other) => "".into(),
            other => other,
        }
    }
}

fn has_list(value: &Value) -> bool {
    match value {
        Value::Array(_) => true,
        Value::Hash(map) => map.values().any(has_list),
        _ => false,
    }
}

fn is_false(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false))
}

fn pushed(list: Arc<Vec<Value>>, value: Value) -> Value {
    let mut list = items(list);
    list.push(value);
    Value::list(list)
}

/// Ruby's `join(separator).split(separator)`.
fn unpacked(values: &[Value], separator: &str) -> Vec<Value> {
    let joined = super::flatten(values).iter().map(Value::to_s).collect::<Vec<_>>().join(separator);
    let mut parts: Vec<&str> = joined.split(separator).collect();
    while parts.last().is_some_and(|part| part.is_empty()) {
        parts.pop();
    }
    parts.into_iter().map(Value::from).collect()
}

/// Sorts texts by their bytes and numbers by their size.
fn sort(values: &mut [Value]) -> Result<(), Fault> {
    let texts = values.iter().all(|value| matches!(value, Value::Str(_)));
    let numbers = values.iter().all(|value| matches!(value, Value::Int(_) | Value::Float(_)));
    let lists = values.len() <= 1;
    if texts {
        values.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    } else if numbers {
        values.sort_by(|a, b| number(a).total_cmp(&number(b)));
    } else if !lists {
        return Err(Fault::new(
            "sort_merged_arrays: a list holds values of several kinds, which have no order",
            "make them all texts or all numbers",
        ));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "Ruby compares them as floats, too")]
fn number(value: &Value) -> f64 {
    match value {
        Value::Int(number) => *number as f64,
        Value::Float(number) => *number,
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::yaml;

    fn read(text: &str) -> Value {
        yaml::read(text, &yaml::Options::default()).unwrap().root
    }

    fn merged(options: &Deep, source: &str, destination: &str) -> String {
        options.merge(&read(source), read(destination)).unwrap().inspect()
    }

    // Expected values were computed with the gem, version 1.1.1.
    #[test]
    fn hashes_are_merged_as_by_the_gem() {
        let deeper = Deep::default();
        let deep = Deep { unmergeable: Unmergeable::Preserve, ..Deep::default() };
        let (high, low) =
            ("{a: 1, l: [x, x], h: {p: 1}, s: {}}", "{a: 2, l: [y, x], h: {q: 2}, s: text, z: 0}");
        assert_eq!(
            merged(&deeper, high, low),
            r#"{"a"=>1, "l"=>["y", "x"], "h"=>{"q"=>2, "p"=>1}, "s"=>"text", "z"=>0}"#
        );
        assert_eq!(
            merged(&deep, high, low),
            r#"{"a"=>2, "l"=>["y", "x"], "h"=>{"q"=>2, "p"=>1}, "s"=>"text", "z"=>0}"#
        );
        assert_eq!(merged(&deeper, "{l: [x, x], f: 1}", "{f: false}"), r#"{"f"=>1, "l"=>["x"]}"#);
    }

    #[test]
    fn values_are_knocked_out() {
        let knock = Deep { knockout_prefix: Some("--".to_owned()), ..Deep::default() };
        assert_eq!(merged(&knock, "{x: ['--1', '2']}", "{x: ['1', '3']}"), r#"{"x"=>["3", "2"]}"#);
        assert_eq!(merged(&knock, "{x: '--'}", "{x: [1, 2]}"), r#"{"x"=>""}"#);
        assert_eq!(merged(&knock, "{x: ['--', a]}", "{x: [1, 2]}"), r#"{"x"=>["a"]}"#);
        let sorted = Deep { sort_merged_arrays: true, ..Deep::default() };
        assert_eq!(merged(&sorted, "{x: [b, a]}", "{x: [c]}"), r#"{"x"=>["a", "b", "c"]}"#);
        assert!(sorted.merge(&read("{x: [b, 1]}"), read("{x: [c]}")).is_err());
        let hashes = Deep { merge_hash_arrays: true, ..Deep::default() };
        assert_eq!(
            merged(&hashes, "{x: [{y: 1}, {w: 3}]}", "{x: [{z: 2}]}"),
            r#"{"x"=>[{"z"=>2, "y"=>1}, {"w"=>3}]}"#
        );
    }
}
