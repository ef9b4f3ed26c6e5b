//! From extlookup's CSV files to data of Hiera's.

use super::Config;
use crate::Fault;
use crate::data::{Limits, Value};
use crate::render;

/// A file's data in another format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// As YAML.
    pub yaml: String,
    /// As JSON, indented.
    pub json: String,
}

impl Converted {
    /// Reads a CSV file's text.
    ///
    /// # Errors
    ///
    /// With the line, where it cannot be read.
    pub fn of(text: &str) -> Result<Self, Fault> {
        let root = super::read_csv(text, &Limits::default())?.root;
        // A key without a value has none in extlookup either: the search goes on.
        let kept = root.as_hash().into_iter().flatten().filter(|(_, value)| !value.is_null());
        let root = Value::map(kept.map(|(key, value)| (key.clone(), value.clone())).collect());
        let json = serde_json::to_string_pretty(&serde_json::Value::from(&root))
            .unwrap_or_default()
            + "\n";
        Ok(Self { yaml: render::yaml(&root), json })
    }
}

/// A `hiera.yaml` with the levels of an `extlookup.yaml`, for data in `datadir`.
#[must_use]
pub fn hiera_config(config: &Config, backend: &str, datadir: &str) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let levels: String =
        config.precedence.iter().map(|level| format!("  - {}\n", quoted(level))).collect();
    format!(
        "---\n:backends:\n  - {backend}\n:hierarchy:\n{levels}:{backend}:\n  :datadir: {}\n",
        quoted(datadir)
    )
}
