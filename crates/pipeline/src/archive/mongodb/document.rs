//! Events as documents.
//!
//! A document is the event itself; what the archive needs beside it stands below `_groundrule`. An
//! event of which BSON would lose something has its text there, too.

use bytes::Bytes;
use groundrule_core::event::{Event, EventId};
use mongodb::bson::{Bson, Document, doc};
use serde_json::{Map, Value};

use crate::archive::Entry;

/// Where the archive's own fields are.
const OWN: &str = "_groundrule";
/// MongoDB takes 100 levels, with ours around.
const DEPTH: usize = 90;

/// The document of an entry that came as the `order`-th.
pub(super) fn of(entry: &Entry, order: i64) -> Document {
    let event = &entry.event;
    let tags = event.tags().into_iter().map(|(name, value)| tag(&name, &value));
    let mut own = doc! {
        "order": order,
        "hash": entry.hash.cast_signed(),
        "time": event.time().unwrap_or_default(),
        "tags": tags.collect::<Vec<String>>(),
    };
    let mut document = doc! { "_id": identity(entry) };
    let value = event.value();
    let plain = !value.contains_key("_id") && !value.contains_key(OWN);
    match plain.then(|| fields(&value, DEPTH)).flatten() {
        Some(fields) => document.extend(fields),
        None => {
            own.insert("raw", String::from_utf8_lossy(event.raw()).into_owned());
            document.extend(doc! {
                "subject": event.subject(), "name": event.name(), "type": event.kind().name(),
            });
        }
    }
    document.insert(OWN, own);
    document
}

/// The event of a document.
pub(super) fn event(mut document: Document) -> Option<Bytes> {
    let own = document.remove(OWN);
    if let Some(Bson::Document(own)) = &own
        && let Ok(raw) = own.get_str("raw")
    {
        return Some(Bytes::copy_from_slice(raw.as_bytes()));
    }
    document.remove("_id");
    serde_json::to_vec(&json(Bson::Document(document))).ok().map(Bytes::from)
}

/// Grows as the identities do; of one that came with its identity, the altered ones are others.
fn identity(entry: &Entry) -> String {
    let id = entry.event.eventid().and_then(EventId::parse).unwrap_or(EventId([0; 12]));
    if entry.named { format!("{id}-{:016x}", entry.hash) } else { id.to_string() }
}

/// A tag with its value as one word that is no other's.
pub(super) fn tag(name: &str, value: &str) -> String {
    Value::from(vec![name, value]).to_string()
}

/// The fields as BSON has them; none if it would lose something.
fn fields(object: &Map<String, Value>, depth: usize) -> Option<Document> {
    let depth = depth.checked_sub(1)?;
    let mut document = Document::new();
    for (name, value) in object {
        // A name with a dollar may come back as the kind of value that it stands for.
        if name.contains('\0') || name.starts_with('$') {
            return None;
        }
        document.insert(name, bson(value, depth)?);
    }
    Some(document)
}

fn bson(value: &Value, depth: usize) -> Option<Bson> {
    Some(match value {
        Value::Null => Bson::Null,
        Value::Bool(is) => Bson::Boolean(*is),
        Value::String(text) => Bson::String(text.clone()),
        Value::Number(number) if number.is_f64() => Bson::Double(number.as_f64()?),
        Value::Number(number) => Bson::Int64(number.as_i64()?),
        Value::Array(all) => {
            let depth = depth.checked_sub(1)?;
            Bson::Array(all.iter().map(|value| bson(value, depth)).collect::<Option<_>>()?)
        }
        Value::Object(object) => Bson::Document(fields(object, depth)?),
    })
}

fn json(value: Bson) -> Value {
    match value {
        Bson::Null => Value::Null,
        Bson::Boolean(is) => Value::Bool(is),
        Bson::String(text) => Value::String(text),
        Bson::Int32(number) => Value::from(number),
        Bson::Int64(number) => Value::from(number),
        Bson::Double(number) => Value::from(number),
        Bson::Array(all) => all.into_iter().map(json).collect(),
        Bson::Document(document) => {
            Value::Object(document.into_iter().map(|(name, value)| (name, json(value))).collect())
        }
        // Nothing that was written here.
        other => Value::String(other.to_string()),
    }
}

/// The event of a document, read.
pub(super) fn read(document: Document) -> Option<Event> {
    Event::read(event(document)?).ok()
}
