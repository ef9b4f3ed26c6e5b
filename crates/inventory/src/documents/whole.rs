//! Values as documents hold them, without anything that JSON readers pass over in silence.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value in which no name occurs twice (one of the two would be lost) and no number is without a
/// finite value (it would turn into nothing).
#[derive(Debug)]
pub struct Whole(pub Value);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom(format!("{value} is no number that can be compared")))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Whole(value)) = seq.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = entries.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom(format!("{name:?} occurs twice")));
            }
            let Whole(value) = entries.next_value()?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_lost() {
        let read = |text: &str| serde_json::from_str::<Whole>(text).map(|Whole(value)| value);
        let text = r#"{"a":[1,-2,3.5,"x",null,true,{"b":{}}],"c":18446744073709551615}"#;
        assert_eq!(read(text).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        let twice = read("{\"a\":1,\n \"b\":{\"zone\":1,\"zone\":2}}").unwrap_err();
        assert_eq!((twice.line(), twice.column()), (2, 21));
        assert!(twice.to_string().starts_with("\"zone\" occurs twice"));
        for bad in ["1e999", "NaN", "-Infinity", "{\"a\":1,\"\\u0061\":2}"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let yaml = |text: &str| serde_saphyr::from_str::<Whole>(text).map(|Whole(value)| value);
        assert_eq!(
            yaml("a: [1, 2.5, yes, ~, 'x']\n").unwrap(),
            json!({"a": [1, 2.5, true, null, "x"]})
        );
        for bad in ["a: 1\na: 2\n", "a: .nan\n", "a: .inf\n", "a: 1e999\n"] {
            assert!(yaml(bad).is_err(), "{bad}");
        }
    }
}
