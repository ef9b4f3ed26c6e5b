//! Looks events up in a collection.

use bytes::Bytes;
use futures::TryStreamExt as _;
use groundrule_core::event::{Event, EventId};
use groundrule_database::mongodb::Place;
use mongodb::Collection;
use mongodb::bson::{Bson, Document, doc};

use super::{ORDER, document};
use crate::archive::{ArchiveError, Query};

/// The events of an identity.
pub(super) async fn get(
    place: &Place,
    events: &Collection<Document>,
    id: EventId,
) -> Result<Vec<Bytes>, ArchiveError> {
    // The identity itself, and those with a hash behind it: `.` is next to `-`.
    let filter = doc! { "_id": { "$gte": id.to_string(), "$lt": format!("{id}.") } };
    let find = events.find(filter).sort(doc! { ORDER: 1 });
    let found: Vec<Document> = place.within(async { find.await?.try_collect().await }).await?;
    Ok(found.into_iter().filter_map(document::event).collect())
}

/// Hands out what matches, in the order of arrival, until told to stop.
pub(super) async fn list(
    place: &Place,
    events: &Collection<Document>,
    query: &Query,
    each: &mut (dyn for<'e> FnMut(&'e Event) -> bool + Send),
) -> Result<(), ArchiveError> {
    let mut filter = filter(query);
    if let Some(limit) = query.limit {
        let Some(before) = limit.checked_sub(1) else { return Ok(()) };
        if let Some(first) = nth_newest(place, events, &filter, before as u64).await? {
            filter.insert(ORDER, doc! { "$gte": first });
        }
    }
    let find = events.find(filter).sort(doc! { ORDER: 1 });
    let mut found = place.within(find.into_future()).await?;
    while let Some(document) = place.within(found.try_next()).await? {
        if let Some(event) = document::read(document)
            && !each(&event)
        {
            break;
        }
    }
    Ok(())
}

/// The place in the order of the event that has so many after it.
async fn nth_newest(
    place: &Place,
    events: &Collection<Document>,
    filter: &Document,
    before: u64,
) -> Result<Option<Bson>, ArchiveError> {
    let find = events.find_one(filter.clone()).sort(doc! { ORDER: -1 }).skip(before);
    let found = place.within(find.projection(doc! { ORDER: 1 }).into_future()).await?;
    let own = found.and_then(|document| document.get_document("_groundrule").ok().cloned());
    Ok(own.and_then(|own| own.get("order").cloned()))
}

fn filter(query: &Query) -> Document {
    let mut filter = Document::new();
    for (field, value) in [("subject", &query.subject), ("name", &query.name)] {
        if let Some(value) = value {
            filter.insert(field, value);
        }
    }
    if let Some(kind) = query.kind {
        filter.insert("type", kind.name());
    }
    let bounds = [("$gte", query.since), ("$lt", query.until)];
    let bounds: Document =
        bounds.into_iter().filter_map(|(is, at)| Some((is.to_owned(), at?.into()))).collect();
    if !bounds.is_empty() {
        filter.insert("_groundrule.time", bounds);
    }
    if !query.tags.is_empty() {
        let tags = query.tags.iter().map(|(name, value)| document::tag(name, value));
        filter.insert("_groundrule.tags", doc! { "$all": tags.collect::<Vec<String>>() });
    }
    filter
}
