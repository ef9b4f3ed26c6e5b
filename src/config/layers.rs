//! Layers of values, one over the other.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

use super::fault::fault;
use super::raw::Raw;
use super::{directory, pipeline, sources};
use crate::failure::Failure;

/// Values of one layer, and where each of them comes from.
#[derive(Default)]
pub struct Layers {
    pub values: Table,
    pub origins: BTreeMap<String, String>,
}

impl Layers {
    /// Lays one value over what is there.
    pub fn put(&mut self, key: &str, value: Value, origin: &str) {
        if key == "estate" {
            sources::forget(&mut self.values, &mut self.origins);
        }
        let mut value = value;
        let mut pieces = key.split('.').rev();
        let last = pieces.next().unwrap_or(key);
        let mut table = Table::from_iter([(last.to_owned(), value)]);
        for piece in pieces {
            value = Value::Table(table);
            table = Table::from_iter([(piece.to_owned(), value)]);
        }
        merge(&mut self.values, table, "", &mut |_| {});
        self.origins.insert(key.to_owned(), origin.to_owned());
    }

    /// Lays a file over what is there; relative paths in it start at its folder.
    pub fn file(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(
                format!("the configuration {name} cannot be read: {error}"),
                "name a file that is there and that you may read",
            )
        })?;
        if let Err(error) = toml::from_str::<Raw>(&text) {
            return Err(Failure::Faults(vec![fault(&name, &text, &error)]));
        }
        let mut values: Table = toml::from_str(&text).unwrap_or_default();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(Value::String(estate)) = values.get_mut("estate") {
            *estate = directory(estate).to_owned();
        }
        for key in ["estate", "features", "waivers"] {
            if let (Some(folder), Some(value)) = (folder, values.get_mut(key)) {
                below(folder, value);
            }
        }
        for (section, key) in [("cache", "directory"), ("lookup", "config")] {
            let path = values.get_mut(section).and_then(|section| section.get_mut(key));
            if let (Some(folder), Some(path)) = (folder, path) {
                below(folder, path);
            }
        }
        if let Some(folder) = folder {
            pipeline::locate(folder, &mut values);
            sources::locate(folder, &mut values);
        }
        merge(&mut self.values, values, "", &mut |key| {
            self.origins.insert(key.to_owned(), name.clone());
        });
        Ok(())
    }

    /// Every value, in dotted keys.
    pub fn listed(&self) -> Vec<(String, String, String)> {
        let mut listed = Vec::new();
        leaves(&self.values, "", &mut |key, value| {
            let origin = self.origins.get(key).cloned().unwrap_or_default();
            listed.push((key.to_owned(), value.to_string(), origin));
        });
        listed
    }
}

/// Puts paths below a folder.
pub fn below(folder: &Path, value: &mut Value) {
    match value {
        Value::String(path) => *path = folder.join(&*path).to_string_lossy().into_owned(),
        Value::Array(paths) => paths.iter_mut().for_each(|path| below(folder, path)),
        _ => {}
    }
}

/// Lays a table over another, key by key, and tells which values came.
fn merge(under: &mut Table, over: Table, prefix: &str, came: &mut impl FnMut(&str)) {
    for (key, value) in over {
        let path = format!("{prefix}{key}");
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => {
                merge(under, over, &format!("{path}."), came);
            }
            (_, value) => {
                leaves_of(&value, &path, &mut |path, _| came(path));
                under.insert(key, value);
            }
        }
    }
}

fn leaves(table: &Table, prefix: &str, each: &mut impl FnMut(&str, &Value)) {
    for (key, value) in table {
        leaves_of(value, &format!("{prefix}{key}"), each);
    }
}

fn leaves_of(value: &Value, path: &str, each: &mut dyn FnMut(&str, &Value)) {
    match value {
        Value::Table(table) => {
            for (key, value) in table {
                leaves_of(value, &format!("{path}.{key}"), each);
            }
        }
        leaf => each(path, leaf),
    }
}
