//! Keeps registrations as they come.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use groundrule_core::source::Source;
use rusqlite::params;
use serde_json::{Map, Value, json};

use super::file::File;
use super::kind;
use crate::receiving::Kept;
use crate::source::{Registration, SourceError};

/// Writes registrations into a file.
pub(crate) struct Recorder(Mutex<File>);

impl Recorder {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// When it cannot be written to, or is something else.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let file = File::open(path)?;
        // It has registrations from now on, though none may have come yet.
        let begin =
            "INSERT INTO loads VALUES (?1, '', 'registrations', '', 1, 1) ON CONFLICT DO NOTHING";
        file.connection.execute(begin, [kind(Source::Registrations)]).map_err(|error| {
            SourceError::new(file.failed(&error).to_string(), "name another file")
        })?;
        Ok(Self(Mutex::new(file)))
    }

    /// Keeps a registration, unless a newer one of its node is there; returns when it is on the
    /// disk.
    ///
    /// # Errors
    /// When it is not.
    pub fn record(&self, node: &NodeName, registration: &Registration) -> Answer<Kept> {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let put = "INSERT INTO documents (kind, node, at, document) VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET at = excluded.at, document = excluded.document, fault = NULL
            WHERE at IS NULL OR excluded.at IS NULL OR at <= excluded.at";
        let document = document(node, registration);
        let row = params![kind(Source::Registrations), node.as_str(), registration.seen, document];
        let kept = file.connection.execute(put, row).map_err(|error| file.failed(&error))?;
        Ok(if kept > 0 { Kept::Yes } else { Kept::Older })
    }
}

/// A registration as a file of an estate directory has it.
pub(super) fn document(node: &NodeName, registration: &Registration) -> String {
    let mut document = Map::new();
    document.insert("fqdn".to_owned(), json!(node.as_str()));
    let Registration { seen, facts, classes, agents } = registration;
    let fields = [
        ("lastseen", seen.map(Value::from)),
        ("facts", facts.clone().map(Value::Object)),
        ("classes", classes.clone().map(Value::from)),
        ("agentlist", agents.clone().map(Value::from)),
    ];
    for (name, value) in fields {
        document.extend(value.map(|value| (name.to_owned(), value)));
    }
    Value::Object(document).to_string()
}
