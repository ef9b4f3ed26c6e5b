//! Facts of many nodes: names and values stored once, values as JSON text.

use std::collections::HashMap;
use std::io;

use groundrule_core::fact::{FactName, inside};
use serde_json::{Map, Value};

use crate::dump::Dump;
use crate::intern::{NONE, Strings};

/// Rows of facts.
#[derive(Clone, Debug)]
pub struct Facts {
    /// Names of facts, as written.
    pub names: Strings,
    /// Values, as JSON.
    pub values: Strings,
    /// Name and value, sorted by name within a row.
    pub entries: Vec<[u32; 2]>,
    /// Where each row ends.
    pub ends: Vec<u32>,
}

impl Facts {
    pub fn new(seed: u64) -> Self {
        Self {
            names: Strings::new(seed),
            values: Strings::new(seed),
            entries: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Names and values as they are stored.
    pub fn written(facts: Map<String, Value>) -> Vec<(String, String)> {
        facts.into_iter().map(|(name, value)| (name, value.to_string())).collect()
    }

    /// Adds a row and returns its number.
    pub fn add(&mut self, facts: &[(String, String)]) -> usize {
        let start = self.entries.len();
        for (name, value) in facts {
            let name = self.names.intern(name);
            let value = self.values.intern(value);
            self.entries.push([name, value]);
        }
        self.entries[start..].sort_unstable();
        self.ends.push(u32::try_from(self.entries.len()).unwrap_or(NONE));
        self.ends.len() - 1
    }

    /// The names of all facts.
    pub fn names(&self) -> Vec<FactName> {
        self.names.iter().map(|(_, name)| FactName::new(name)).collect()
    }

    /// A row as the document that it was.
    pub fn document(&self, row: usize) -> Map<String, Value> {
        let fact = |[name, value]: &[u32; 2]| {
            let value = serde_json::from_str(self.values.get(*value)).ok()?;
            Some((self.names.get(*name).to_owned(), value))
        };
        self.row(row).iter().filter_map(fact).collect()
    }

    pub(super) fn row(&self, n: usize) -> &[[u32; 2]] {
        let start = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.entries[start as usize..self.ends[n] as usize]
    }

    /// The value of a fact in every row, in their order.
    pub fn column(&self, fact: &FactName) -> Vec<Option<Value>> {
        let written = fact.as_str();
        let whole = self.ids(written);
        let (first, below) = written.split_once('.').unwrap_or((written, ""));
        let first = if below.is_empty() { Vec::new() } else { self.ids(first) };
        let mut parsed = HashMap::new();
        let mut look = |row: &[[u32; 2]], ids: &[u32], path: Option<&str>| {
            let found = |id: &u32| row.binary_search_by_key(id, |[name, _]| *name).ok();
            let [_, value] = row[ids.iter().find_map(found)?];
            parsed
                .entry((value, path.is_some()))
                .or_insert_with(|| {
                    let value: Value = serde_json::from_str(self.values.get(value)).ok()?;
                    let value = path.map_or(Some(&value), |path| inside(&value, path)).cloned();
                    value.filter(|value| !value.is_null())
                })
                .clone()
                .map_or(Some(None), |value| Some(Some(value)))
        };
        (0..self.ends.len())
            .map(|n| {
                let row = self.row(n);
                let found = look(row, &whole, None).or_else(|| look(row, &first, Some(below)));
                found.flatten()
            })
            .collect()
    }

    /// Names that are this one: first as it is written, then in any case.
    fn ids(&self, name: &str) -> Vec<u32> {
        let exact = self.names.find(name);
        let lower = name.to_lowercase();
        let others = self
            .names
            .iter()
            .filter(|(id, other)| Some(*id) != exact && other.to_lowercase() == lower)
            .map(|(id, _)| id);
        exact.into_iter().chain(others).collect()
    }

    /// Writes or fills the arrays.
    pub fn dump(&mut self, dump: &mut impl Dump) -> io::Result<()> {
        self.names.dump(dump)?;
        self.values.dump(dump)?;
        dump.array(&mut self.entries)?;
        dump.array(&mut self.ends)
    }

    /// Whether the arrays fit together.
    pub fn is_sound(&self) -> bool {
        let last = self.ends.last().map_or(0, |end| *end as usize);
        let known = |[name, value]: &[u32; 2]| {
            (*name as usize) < self.names.len() && (*value as usize) < self.values.len()
        };
        self.names.is_sound()
            && self.values.is_sound()
            && self.ends.is_sorted()
            && last == self.entries.len()
            && self.entries.iter().all(known)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_answer_as_documents_do() {
        let documents = [
            json!({"Role": "web", "os": {"family": "Debian", "release": {"major": "12"}}, "cores": 4}),
            json!({"role": "db", "os.family": "Fake", "OS": {"Family": "RedHat"}, "list": [1, {"a": null}]}),
            json!({"gone": null, "os": null}),
        ];
        let mut facts = Facts::new(1);
        for document in &documents {
            facts.add(&Facts::written(document.as_object().unwrap().clone()));
        }
        for name in [
            "role",
            "Role",
            "os.family",
            "os.release.major",
            "cores",
            "list.0",
            "list.1.a",
            "gone",
            "os",
            "x",
        ] {
            let name = FactName::new(name);
            let expected: Vec<_> =
                documents.iter().map(|d| name.find(d.as_object().unwrap()).cloned()).collect();
            assert_eq!(facts.column(&name), expected, "{name}");
        }
        for (row, document) in documents.iter().enumerate() {
            assert_eq!(&Value::Object(facts.document(row)), document);
        }
    }
}
