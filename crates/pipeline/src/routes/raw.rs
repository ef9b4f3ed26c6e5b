//! A rule file as it is written, with where everything stands.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::Spanned;

use super::fault::meant;

/// The keys of a rule file.
pub(super) const KEYS: [&str; 7] = ["name", "types", "when", "to", "sample", "set", "drop"];

/// Line and column from 1; 0 where it is not known.
pub(super) type At = (u64, u64);

/// A value and where it stands.
pub(super) type Placed<T> = (At, T);

/// What a rule file says.
#[derive(Debug, Default)]
pub(super) struct RawRule {
    pub name: Option<Placed<Value>>,
    pub types: Option<Placed<List>>,
    pub when: Option<Placed<Value>>,
    pub to: Option<Placed<List>>,
    pub sample: Option<Placed<Value>>,
    pub set: Option<Placed<Value>>,
    pub drop: Option<Placed<Value>>,
    /// What is wrong with the keys, and what to do.
    pub unknown: Vec<(At, String, String)>,
}

/// One value, or a list of values.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Whether it is one value.
    pub single: bool,
    pub items: Vec<Placed<Value>>,
}

fn placed<T>(spanned: Spanned<T>) -> Placed<T> {
    ((spanned.referenced.line(), spanned.referenced.column()), spanned.value)
}

impl<'de> Deserialize<'de> for RawRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rule;
        impl<'de> Visitor<'de> for Rule {
            type Value = RawRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("one rule, as keys and values")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawRule, A::Error> {
                let mut rule = RawRule::default();
                while let Some(key) = map.next_key::<Spanned<String>>()? {
                    let (at, key) = placed(key);
                    let field = match &*key {
                        "name" => &mut rule.name,
                        "when" => &mut rule.when,
                        "sample" => &mut rule.sample,
                        "set" => &mut rule.set,
                        "drop" => &mut rule.drop,
                        "types" => {
                            rule.types = Some(placed(map.next_value()?));
                            continue;
                        }
                        "to" => {
                            rule.to = Some(placed(map.next_value()?));
                            continue;
                        }
                        other => {
                            map.next_value::<serde::de::IgnoredAny>()?;
                            let help =
                                format!("a rule has {}{}", KEYS.join(", "), meant(KEYS, other));
                            rule.unknown.push((at, format!("unknown key {other:?}"), help));
                            continue;
                        }
                    };
                    *field = Some(placed(map.next_value()?));
                }
                Ok(rule)
            }
        }
        deserializer.deserialize_map(Rule)
    }
}

impl<'de> Deserialize<'de> for List {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = List;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<List, E> {
                Ok(List { single: true, items: vec![((0, 0), Value::from(text))] })
            }

            fn visit_bool<E>(self, value: bool) -> Result<List, E> {
                Ok(List { single: true, items: vec![((0, 0), Value::from(value))] })
            }

            fn visit_i64<E>(self, value: i64) -> Result<List, E> {
                Ok(List { single: true, items: vec![((0, 0), Value::from(value))] })
            }

            fn visit_u64<E>(self, value: u64) -> Result<List, E> {
                Ok(List { single: true, items: vec![((0, 0), Value::from(value))] })
            }

            fn visit_f64<E>(self, value: f64) -> Result<List, E> {
                Ok(List { single: true, items: vec![((0, 0), Value::from(value))] })
            }

            fn visit_unit<E>(self) -> Result<List, E> {
                Ok(List::default())
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element::<Spanned<Value>>()? {
                    items.push(placed(item));
                }
                Ok(List { single: false, items })
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<List, A::Error> {
                let mut members = Map::new();
                while let Some((key, value)) = map.next_entry()? {
                    members.insert(key, value);
                }
                Ok(List { single: true, items: vec![((0, 0), Value::Object(members))] })
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}
