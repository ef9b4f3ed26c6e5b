//! Which redelivered messages are there already.

use std::collections::HashMap;

use futures::TryStreamExt as _;
use groundrule_database::mongodb::Place;
use mongodb::Collection;
use mongodb::bson::{Document, doc};

use crate::archive::{ArchiveError, Entry};

/// How many are remembered.
const MOST: usize = 1 << 20;

/// Which messages were taken for known since this process began, and how often: of two with the
/// same content none is lost.
#[derive(Default)]
pub(super) struct Seen {
    taken: HashMap<u64, u64>,
}

impl Seen {
    /// The entries that are not there. What is taken for known is noted in `taken`, and counts
    /// when the append is done.
    pub async fn new_ones<'e>(
        &self,
        place: &Place,
        events: &Collection<Document>,
        entries: &'e [Entry],
        taken: &mut Vec<u64>,
    ) -> Result<Vec<&'e Entry>, ArchiveError> {
        let again = entries.iter().filter(|entry| entry.redelivered && !entry.unique);
        let hashes: Vec<i64> = again.map(|entry| entry.hash.cast_signed()).collect();
        let mut there = counted(place, events, &hashes).await?;
        for (hash, count) in &mut there {
            *count = count.saturating_sub(self.taken.get(hash).copied().unwrap_or(0));
        }
        let mut kept = Vec::with_capacity(entries.len());
        for entry in entries {
            if !entry.redelivered || entry.unique {
                // What has an identity of its own is inserted once: its document is named by it.
                *there.entry(entry.hash).or_default() += 1;
            } else if let Some(count) = there.get_mut(&entry.hash).filter(|count| **count > 0) {
                *count -= 1;
                taken.push(entry.hash);
                continue;
            }
            kept.push(entry);
        }
        Ok(kept)
    }

    pub fn take(&mut self, hashes: Vec<u64>) {
        if self.taken.len() > MOST {
            self.taken.clear();
        }
        for hash in hashes {
            *self.taken.entry(hash).or_default() += 1;
        }
    }
}

async fn counted(
    place: &Place,
    events: &Collection<Document>,
    hashes: &[i64],
) -> Result<HashMap<u64, u64>, ArchiveError> {
    let pipeline = [
        doc! { "$match": { "_groundrule.hash": { "$in": hashes } } },
        doc! { "$group": { "_id": "$_groundrule.hash", "count": { "$sum": 1_i64 } } },
    ];
    let found: Vec<Document> =
        place.within(async { events.aggregate(pipeline).await?.try_collect().await }).await?;
    let count = |found: &Document| {
        let hash = found.get_i64("_id").ok()?.cast_unsigned();
        let count = found.get("count")?;
        let count = count.as_i64().or_else(|| count.as_i32().map(i64::from))?;
        Some((hash, count.cast_unsigned()))
    };
    Ok(found.iter().filter_map(count).collect())
}
