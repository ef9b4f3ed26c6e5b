//! One fact, or a part of one, by name.

use crate::data::{Map, Value};
use crate::interpolate::Segment;

/// The value of `name`, as it is written or with dots that go into structures: `role.web.ports.0`.
#[must_use]
pub fn find<'a>(facts: &'a Map, name: &str) -> Option<&'a Value> {
    facts.get(name).or_else(|| {
        let mut segments = name.split('.');
        let first = facts.get(segments.next()?)?;
        // What a structure does not have is no fact, whatever it is.
        segments.try_fold(first, |value, segment| match value {
            Value::Hash(map) => {
                map.get(segment).or_else(|| map.get(&Value::Int(segment.parse().ok()?)))
            }
            other => Segment::from(segment).of(other).ok().flatten(),
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::find;
    use crate::data::Value;

    #[test]
    fn dots_go_into_structures() {
        let facts = Value::from(json!({"a.b": 1, "a": {"b": 2, "l": [3, {"c": 4}]}}));
        let of = |name| find(facts.as_hash().unwrap(), name).map(serde_json::Value::from);
        assert_eq!(of("a.b"), Some(json!(1)));
        assert_eq!(of("a.l.0"), Some(json!(3)));
        assert_eq!(of("a.l.1.c"), Some(json!(4)));
        assert_eq!(of("a.l.c"), None);
        assert_eq!(of("a.b.c"), None);
    }
}
