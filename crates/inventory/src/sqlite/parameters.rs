//! Parameters, which stay in the file.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use groundrule_core::ports::Answer;
use groundrule_core::source::Known;
use rusqlite::OptionalExtension as _;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::file::File;
use crate::store::{Parameters, Wanted};

/// The parameters of a resource: none where they could not be read.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub values: Option<Map<String, Value>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sensitive: Vec<String>,
}

/// Looks them up.
pub(super) struct InFile(pub Arc<Mutex<File>>);

#[async_trait]
impl Parameters for InFile {
    async fn look_up(&self, wanted: &[Wanted], parameter: &str) -> Answer<Vec<Known<Value>>> {
        let file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = |error: rusqlite::Error| file.failed(&error);
        let find = "SELECT document FROM parameters WHERE node = ?1 AND position = ?2";
        let mut find = file.connection.prepare_cached(find).map_err(failed)?;
        let mut values = Vec::with_capacity(wanted.len());
        for resource in wanted {
            let key = (resource.node.as_str(), i64::try_from(resource.position).unwrap_or(-1));
            let found: Option<String> =
                find.query_row(key, |row| row.get(0)).optional().map_err(failed)?;
            values.push(value(found.as_deref(), parameter));
        }
        Ok(values)
    }
}

fn value(document: Option<&str>, parameter: &str) -> Known<Value> {
    let Some(document) = document else { return Known::Absent };
    let Ok(Kept { values: Some(mut values), sensitive }) = serde_json::from_str(document) else {
        return Known::Unknown("a value in its resource cannot be read".into());
    };
    if sensitive.iter().any(|name| name == parameter) {
        return Known::Unknown("the parameter is sensitive and never read".into());
    }
    match values.remove(parameter) {
        None | Some(Value::Null) => Known::Absent,
        Some(value) => Known::Present(value),
    }
}
