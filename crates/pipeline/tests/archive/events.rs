//! Entries to be archived, and what is found again.

use bytes::Bytes;
use groundrule_core::event::{Draft, Event, EventId, Kind};
use groundrule_pipeline::archive::{Archive, Entry, Query};

/// An event as a portal hands it on: the identity grows.
pub fn entry(number: u64) -> Entry {
    entry_of(number, Draft::new(Kind::Status, "test", "web1", "load", time(number)))
}

pub fn entry_of(number: u64, draft: Draft) -> Entry {
    let event = draft.text(format!("number {number}")).event().identified(|| id(number), 0.0);
    Entry { event, hash: number, unique: false, redelivered: false, named: false }
}

pub fn time(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap()) + 0.5
}

pub fn id(number: u64) -> EventId {
    let mut id = [0; 12];
    id[4..].copy_from_slice(&number.to_be_bytes());
    EventId(id)
}

pub fn again(mut entry: Entry) -> Entry {
    entry.redelivered = true;
    entry
}

/// One that its broker has a name for, so that it always has the same identity.
pub fn unique(mut entry: Entry) -> Entry {
    entry.unique = true;
    entry
}

pub fn named(mut entry: Entry) -> Entry {
    entry.named = true;
    entry
}

pub fn raw(text: &str) -> Event {
    Event::read(Bytes::copy_from_slice(text.as_bytes())).unwrap()
}

/// What is archived: the text of each, `number 7` and so on.
pub async fn texts(archive: &dyn Archive, query: &Query) -> Vec<String> {
    let mut found = Vec::new();
    let mut each = |event: &Event| {
        found.push(event.text().to_owned());
        true
    };
    archive.list(query, &mut each).await.unwrap();
    found
}

pub async fn numbers(archive: &dyn Archive, query: &Query) -> Vec<u64> {
    let texts = texts(archive, query).await;
    texts.iter().map(|text| text.strip_prefix("number ").unwrap().parse().unwrap()).collect()
}
