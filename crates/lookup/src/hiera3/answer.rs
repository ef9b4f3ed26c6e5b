//! Lookups.

use std::path::Path;

use super::View;
use super::config::Behavior;
use super::view::Found;
use crate::Fault;
use crate::data::{Map, Value};
use crate::interpolate::{self, Guard, Segment};
use crate::merge;

/// How the levels' values become one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Resolution {
    /// The first level's that has one.
    #[default]
    Priority,
    /// All levels' texts and lists as one list, each value once.
    Array,
    /// All levels' hashes as one hash.
    Hash,
}

/// An answer and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The value.
    pub value: Value,
    /// Backend and level of each value that went into it, by number, the highest first.
    pub from: Vec<(usize, usize)>,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin<'a> {
    /// The backend's name.
    pub backend: &'static str,
    /// The level's name, as this machine has it.
    pub level: String,
    /// The file.
    pub file: &'a Path,
    /// Line from 1 of the key, or 0.
    pub line: u64,
}

impl View<'_> {
    /// Looks a key up; none where no level has it. A dotted key goes into what is found.
    ///
    /// # Errors
    ///
    /// Where the key cannot be read, or a file that has to be, or a value is not what the resolution needs; with file, line and key.
    pub fn lookup(&self, key: &str, resolution: Resolution) -> Result<Option<Answer>, Fault> {
        self.find(key, resolution, None).map_err(|fault| fault.key(key))
    }

    /// The same, with a value for where no level has the key: a text whose expressions are resolved.
    ///
    /// # Errors
    ///
    /// As [`View::lookup`].
    pub fn lookup_or(
        &self,
        key: &str,
        default: Option<&str>,
        resolution: Resolution,
    ) -> Result<Value, Fault> {
        match (self.lookup(key, resolution)?, default) {
            (Some(answer), _) => Ok(answer.value),
            (None, None) => Ok(Value::Null),
            (None, Some(default)) => {
                match self.text(default, &mut Guard::default()).map_err(|fault| fault.key(key))? {
                    // An alias of nothing: the text is given back as it is.
                    Value::Null => Ok(default.into()),
                    value => Ok(value),
                }
            }
        }
    }

    /// Where a part of an answer comes from.
    #[must_use]
    pub fn origin(&self, key: &str, (backend, level): (usize, usize)) -> Option<Origin<'_>> {
        let found = self.data(backend, level, None).ok().flatten()?;
        let name = if level < self.hiera.config.hierarchy.len() {
            self.name(level, None).ok().flatten()?.to_string()
        } else {
            "the class that asks".to_owned()
        };
        let first = interpolate::split(key).ok()?.into_iter().next()?;
        Some(Origin {
            backend: self.hiera.config.backends[backend].name,
            level: name,
            file: &found.file,
            line: found.document.place(first.text()).0,
        })
    }

    pub(super) fn find(
        &self,
        key: &str,
        resolution: Resolution,
        mut guard: Option<&mut Guard>,
    ) -> Result<Option<Answer>, Fault> {
        let segments;
        let (first, below): (&str, &[Segment]) = if key.contains(['.', '"', '\'']) {
            segments = interpolate::split(key)?;
            (segments[0].text(), &segments[1..])
        } else {
            (key, &[])
        };
        if !below.is_empty() && resolution != Resolution::Priority {
            return Err(Fault::new(
                "a dotted key cannot be looked up as an array or a hash",
                "look up its first part that way, or quote a key that has a dot in its name",
            ));
        }
        let mut all = Collected::new(resolution);
        for backend in 0..self.hiera.config.backends.len() {
            let Some(value) =
                self.in_backend(backend, first, resolution, &mut all.from, guard.as_deref_mut())?
            else {
                continue;
            };
            let value = match dig(value, below)? {
                Some(value) => value,
                None => {
                    all.from.clear();
                    continue;
                }
            };
            if resolution == Resolution::Priority {
                return Ok(Some(Answer { value, from: all.from }));
            }
            all.take(value, &self.hiera.config.behavior)?;
        }
        all.answer()
    }

    /// What one backend answers, over all of its levels.
    fn in_backend(
        &self,
        backend: usize,
        key: &str,
        resolution: Resolution,
        from: &mut Vec<(usize, usize)>,
        mut guard: Option<&mut Guard>,
    ) -> Result<Option<Value>, Fault> {
        let config = &self.hiera.config;
        self.note(|| format!("Looking up {key} in {} backend", config.backends[backend].title));
        let mut answer: Option<Value> = None;
        for level in 0..self.levels(backend) {
            let Some(found) = self.data(backend, level, guard.as_deref_mut())? else { continue };
            let at = |fault: Fault| placed(fault, found, key);
            let Some(value) = found.document.hash().map_err(at)?.and_then(|map| map.get(key))
            else {
                continue;
            };
            self.note(|| match self.name(level, None) {
                Ok(Some(name)) => format!("Found {key} in {name}"),
                _ => format!("Found {key} in {}", found.file.display()),
            });
            from.push((backend, level));
            let expanded = self.expanded(value, guard.as_deref_mut()).map_err(at)?;
            let value = expanded.unwrap_or_else(|| value.clone());
            answer = Some(match (resolution, value, answer) {
                (Resolution::Priority, value, _) => return Ok(Some(value)),
                (Resolution::Array, value @ (Value::Array(_) | Value::Str(_)), None) => {
                    Value::list(vec![value])
                }
                (
                    Resolution::Array,
                    value @ (Value::Array(_) | Value::Str(_)),
                    Some(Value::Array(mut held)),
                ) => {
                    std::sync::Arc::make_mut(&mut held).push(value);
                    Value::Array(held)
                }
                (Resolution::Hash, value @ Value::Hash(_), None) => value,
                (Resolution::Hash, Value::Hash(below), Some(Value::Hash(above))) => {
                    joined(&below, above, &config.behavior).map_err(at)?
                }
                (_, value, _) => return Err(at(mismatch(resolution, &value))),
            });
        }
        Ok(answer)
    }
}

/// What is gathered over several backends.
struct Collected {
    resolution: Resolution,
    from: Vec<(usize, usize)>,
    values: Vec<Value>,
    hash: Option<Value>,
}

impl Collected {
    fn new(resolution: Resolution) -> Self {
        Self { resolution, from: Vec::new(), values: Vec::new(), hash: None }
    }

    fn take(&mut self, value: Value, behavior: &Behavior) -> Result<(), Fault> {
        match (self.resolution, value, self.hash.take()) {
            (Resolution::Hash, Value::Hash(below), Some(Value::Hash(above))) => {
                self.hash = Some(joined(&below, above, behavior)?);
            }
            (Resolution::Hash, value, _) => self.hash = Some(value),
            (_, value, _) => self.values.push(value),
        }
        Ok(())
    }

    fn answer(self) -> Result<Option<Answer>, Fault> {
        if self.from.is_empty() {
            return Ok(None);
        }
        let value = match self.hash {
            Some(hash) => hash,
            None => {
                let mut flat = merge::unique(merge::flatten(&self.values));
                flat.retain(|value| !value.is_null());
                Value::list(flat)
            }
        };
        Ok(Some(Answer { value, from: self.from }))
    }
}

/// The hash of a lower level with that of the levels above it.
fn joined(
    below: &std::sync::Arc<Map>,
    above: std::sync::Arc<Map>,
    behavior: &Behavior,
) -> Result<Value, Fault> {
    match behavior {
        Behavior::Native => Ok(Value::map(merge::native(below, &above))),
        Behavior::Deep(deep) => {
            deep.merge(&Value::Hash(above), Value::Hash(std::sync::Arc::clone(below)))
        }
    }
}

fn dig(value: Value, segments: &[Segment]) -> Result<Option<Value>, Fault> {
    let mut value = value;
    for segment in segments {
        match segment.of(&value)? {
            Some(inner) => value = inner.clone(),
            None => return Ok(None),
        }
    }
    Ok(Some(value))
}

fn mismatch(resolution: Resolution, value: &Value) -> Fault {
    let wanted = if resolution == Resolution::Hash { "Hash" } else { "Array" };
    Fault::new(
        format!("Hiera type mismatch: expected {wanted} and got {}", value.class()),
        "look it up in another way, or correct the value there",
    )
}

/// A fault about a key at the line where its value stands, unless the fault tells a place of its own.
fn placed(fault: Fault, found: &Found, key: &str) -> Fault {
    if fault.file.is_some() {
        return fault;
    }
    let (line, column) = found.document.place(key);
    let fault = if fault.line.is_none() { fault.at(line, column) } else { fault };
    fault.of(&found.file).key(key)
}
