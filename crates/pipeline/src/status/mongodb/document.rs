//! Rows as documents.

use groundrule_core::event::Severity;
use mongodb::bson::{Bson, Document, deserialize_from_document, doc, serialize_to_bson};
use serde::{Deserialize, Serialize};

use crate::status::rules::{Entry, Heard, Untold};
use crate::status::{Identity, Row};

/// A row with what is needed to replace it only where nobody else has done so.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub entry: Entry,
    /// Grows with every change; 0 is not there yet.
    pub version: i64,
}

/// A document as it is in the collection.
#[derive(Serialize, Deserialize)]
struct Columns {
    subject: String,
    name: String,
    severity: i32,
    since: f64,
    last: f64,
    count: i64,
    text: String,
    origin: String,
    eventid: String,
    ttl: Option<f64>,
    acknowledged: Option<String>,
    suppressed: Vec<String>,
    flapping: bool,
    due: Option<f64>,
    heard: Option<Heard>,
    untold: Option<Untold>,
    version: i64,
}

/// Subject and name as one word that no other identity has.
pub(super) fn key(of: &Identity) -> String {
    serde_json::Value::from(vec![of.subject.as_str(), of.name.as_str()]).to_string()
}

pub(super) fn write(stored: &Stored) -> Result<Document, mongodb::bson::error::Error> {
    let Entry { row, heard, untold } = stored.entry.clone();
    let due = stored.entry.due();
    let columns = Columns {
        subject: row.identity.subject.clone(),
        name: row.identity.name.clone(),
        severity: i32::from(row.severity.number()),
        since: row.since,
        last: row.last,
        count: row.count.cast_signed(),
        text: row.text,
        origin: row.origin,
        eventid: row.eventid,
        ttl: row.ttl,
        acknowledged: row.acknowledged,
        suppressed: row.suppressed,
        flapping: row.flapping,
        due,
        heard,
        untold,
        version: stored.version,
    };
    let mut document = doc! { "_id": key(&row.identity) };
    if let Bson::Document(columns) = serialize_to_bson(&columns)? {
        document.extend(columns);
    }
    Ok(document)
}

pub(super) fn read(document: Document) -> Result<Stored, mongodb::bson::error::Error> {
    let columns: Columns = deserialize_from_document(document)?;
    let severity = u8::try_from(columns.severity).ok().and_then(Severity::of);
    let row = Row {
        identity: Identity { subject: columns.subject, name: columns.name },
        severity: severity.unwrap_or(Severity::Unknown),
        since: columns.since,
        last: columns.last,
        count: columns.count.cast_unsigned(),
        text: columns.text,
        origin: columns.origin,
        eventid: columns.eventid,
        ttl: columns.ttl,
        acknowledged: columns.acknowledged,
        suppressed: columns.suppressed,
        flapping: columns.flapping,
    };
    let entry = Entry { row, heard: columns.heard, untold: columns.untold };
    Ok(Stored { entry, version: columns.version })
}
