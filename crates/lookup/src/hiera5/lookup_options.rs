//! `lookup_options`: how keys are merged and converted.

use std::cell::RefCell;
use std::rc::Rc;

use hashbrown::HashMap;
use regex::Regex;

use crate::Fault;
use crate::data::{Map, Value};

use super::Merge;
use super::types::{Type, parse};

/// What `lookup_options` say of all keys.
#[derive(Debug, Default)]
pub(super) struct Options {
    by_key: Map,
    by_pattern: Vec<(Regex, Value)>,
    /// What was found for keys that were asked for.
    entries: RefCell<HashMap<String, Rc<Entry>>>,
}

/// For how many keys that is kept.
const MOST: usize = 10_000;

/// What they say of one key.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) merge: Option<Merge>,
    /// A type, and the arguments of its `new`.
    pub(super) convert: Option<(Type, Vec<Value>)>,
}

impl Options {
    /// Sorts keys and patterns; `compile` makes an expression of a pattern.
    pub(super) fn read(
        merged: Option<&Value>,
        mut compile: impl FnMut(&str) -> Result<Regex, Fault>,
    ) -> Result<Self, Fault> {
        let mut options = Self::default();
        for (key, value) in merged.and_then(Value::as_hash).into_iter().flatten() {
            match key.as_str() {
                Some(pattern) if pattern.starts_with('^') => {
                    options.by_pattern.push((compile(pattern)?, value.clone()));
                }
                _ => {
                    options.by_key.insert(key.clone(), value.clone());
                }
            }
        }
        Ok(options)
    }

    /// What is said of a key: under its name, or the first pattern that matches it.
    pub(super) fn entry(&self, root: &str) -> Result<Rc<Entry>, Fault> {
        if let Some(known) = self.entries.borrow().get(root) {
            return Ok(Rc::clone(known));
        }
        let named = self.by_key.get(root).filter(|value| !value.is_null());
        let matched = || self.by_pattern.iter().find(|(pattern, _)| pattern.is_match(root));
        let entry = match named.or_else(|| matched().map(|(_, value)| value)) {
            None => Entry::default(),
            Some(value) => {
                let of_key = |fault: Fault| fault.key(&format!("lookup_options.{root}"));
                Entry::read(value).map_err(of_key)?
            }
        };
        let entry = Rc::new(entry);
        let mut entries = self.entries.borrow_mut();
        if entries.len() < MOST {
            entries.insert(root.to_owned(), Rc::clone(&entry));
        }
        Ok(entry)
    }
}

impl Entry {
    fn read(value: &Value) -> Result<Self, Fault> {
        let Some(map) = value.as_hash() else {
            let what = format!("it is {} instead of a hash", value.kind_in_words());
            return Err(Fault::new(what, "write `merge:` or `convert_to:` under it"));
        };
        let merge =
            map.get("merge").filter(|value| !value.is_null()).map(Merge::read).transpose()?;
        let convert = match map.get("convert_to") {
            None | Some(Value::Null) => None,
            Some(Value::Array(words)) => match words.split_first() {
                Some((Value::Str(name), arguments)) => Some((parse(name)?, arguments.to_vec())),
                _ => {
                    return Err(Fault::new(
                        "convert_to names no type",
                        "write a type, then its arguments",
                    ));
                }
            },
            Some(Value::Str(name)) => Some((parse(name)?, Vec::new())),
            Some(_) => return Err(Fault::new("convert_to names no type", "write a type")),
        };
        Ok(Self { merge, convert })
    }
}

/// Refuses what is no hash, and keys that are not of the module that they come from.
pub(super) fn check(value: &Value, module: Option<&str>) -> Result<(), Fault> {
    let Some(map) = value.as_hash() else {
        let what = format!("lookup_options is {} instead of a hash", value.kind_in_words());
        return Err(Fault::new(what, "write keys or patterns with what is said of them"));
    };
    let Some(module) = module else { return Ok(()) };
    let prefix = format!("{module}::");
    for key in map.keys() {
        let key = key.to_s();
        if !key.strip_prefix('^').unwrap_or(&key).starts_with(&prefix) {
            let what = format!("lookup_options of the module {module} speaks of {key}");
            return Err(Fault::new(what, format!("its keys and patterns begin with {prefix}")));
        }
    }
    Ok(())
}
