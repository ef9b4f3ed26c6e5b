//! How the values of several levels become one: `first`, `unique`, `hash`, `deep`.

use crate::Fault;
use crate::data::{Map, Value};
use crate::merge::{Deep, flat_with, flatten, native, unique};

/// A merge behaviour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Merge {
    /// The highest answer only.
    #[default]
    First,
    /// All answers in one list, each value once.
    Unique,
    /// Hashes in one, the higher level's keys count.
    Hash,
    /// Hashes in each other, and lists.
    Deep(Deep),
}

impl Merge {
    /// Reads a behaviour as `lookup_options` has it: a name, or a hash with `strategy`.
    ///
    /// # Errors
    /// What is not known.
    pub fn read(value: &Value) -> Result<Self, Fault> {
        let help = "there are first, unique, hash and deep";
        let no_options = Map::default();
        let (name, options) = match value {
            Value::Str(name) => (&**name, &no_options),
            Value::Hash(map) => match map.get("strategy") {
                Some(Value::Str(name)) => (&**name, &**map),
                _ => return Err(Fault::new("merge has no strategy", help)),
            },
            other => return Err(Fault::new(format!("merge is {}", other.kind_in_words()), help)),
        };
        let mut merge = match name {
            "first" | "default" => Self::First,
            "unique" => Self::Unique,
            "hash" => Self::Hash,
            "deep" => Self::Deep(Deep::default()),
            _ => return Err(Fault::new(format!("there is no merge behaviour {name}"), help)),
        };
        for (option, value) in
            options.iter().filter(|(option, _)| option.as_str() != Some("strategy"))
        {
            merge.set(&option.to_s(), value)?;
        }
        Ok(merge)
    }

    fn set(&mut self, option: &str, value: &Value) -> Result<(), Fault> {
        let Self::Deep(deep) = self else {
            return Err(Fault::new(format!("only deep has the option {option}"), "take it out"));
        };
        match (option, value) {
            ("knockout_prefix", Value::Str(prefix)) => {
                deep.knockout_prefix = Some(prefix.to_string());
            }
            ("knockout_prefix", Value::Null) => deep.knockout_prefix = None,
            ("sort_merged_arrays", Value::Bool(yes)) => deep.sort_merged_arrays = *yes,
            ("merge_hash_arrays", Value::Bool(yes)) => deep.merge_hash_arrays = *yes,
            ("merge_debug", Value::Bool(_)) => {}
            _ => {
                let what =
                    format!("the option {option} of merge is not known, or has a wrong value");
                return Err(Fault::new(
                    what,
                    "deep has knockout_prefix, sort_merged_arrays, merge_hash_arrays",
                ));
            }
        }
        Ok(())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Unique => "unique",
            Self::Hash => "hash",
            Self::Deep(_) => "deep",
        }
    }

    /// What becomes of the only value of a level that can have only one.
    pub(super) fn alone(&self, value: Value) -> Value {
        match (self, value) {
            (Self::Unique, Value::Array(items)) => Value::list(unique(items.to_vec())),
            (_, value) => value,
        }
    }

    /// What becomes of the first value of several.
    pub(super) fn begin(&self, value: Value) -> Value {
        match self {
            Self::Unique => Value::list(flatten(std::slice::from_ref(&value))),
            _ => value,
        }
    }

    /// Joins what is known with the value of a lower level.
    pub(super) fn join(&self, higher: Value, lower: Value) -> Result<Value, Fault> {
        match self {
            Self::First => Ok(higher),
            Self::Unique => {
                for value in [&higher, &lower] {
                    if matches!(value, Value::Hash(_) | Value::Null | Value::Symbol(_)) {
                        return Err(unfit("unique", "texts, numbers and lists", value));
                    }
                }
                Ok(Value::list(unique(flat_with(higher, &lower))))
            }
            Self::Hash => match (&higher, &lower) {
                (Value::Hash(upper), Value::Hash(below)) => {
                    for key in upper.keys().chain(below.keys()) {
                        if key.as_str().is_none() {
                            return Err(unfit("hash", "hashes whose keys are texts", key));
                        }
                    }
                    Ok(Value::map(native(below, upper)))
                }
                (Value::Hash(_), other) | (other, _) => Err(unfit("hash", "hashes", other)),
            },
            Self::Deep(deep) => deep.merge(&higher, lower),
        }
    }
}

fn unfit(merge: &str, wanted: &str, value: &Value) -> Fault {
    let what = format!(
        "merge behaviour {merge} wants {wanted}, and a level has {}",
        value.kind_in_words()
    );
    Fault::new(what, "change the data, or the merge behaviour")
}
