//! The notes: a collection beside that of the rows.

use std::collections::HashSet;

use futures::TryStreamExt as _;
use groundrule_database::mongodb::Place;
use mongodb::bson::{Bson, Document, doc, oid::ObjectId};
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::document::key;
use super::rows::DUPLICATE;
use crate::status::{Identity, Note, StatusError};

/// How many notes are asked for or written at a time ...
const AT_ONCE: usize = 500;
/// ... and of how many bytes: a command has no more than 16 MiB.
const BYTES: usize = 4 << 20;

/// How many may write a note before it is looked at who did.
const WRITERS: i32 = 32;

/// A note as it is in the collection.
#[derive(Serialize, Deserialize)]
struct Columns {
    #[serde(rename = "_id")]
    key: String,
    subject: String,
    name: String,
    version: i64,
    open: bool,
    heard: f64,
    text: String,
}

pub(super) struct Notes {
    database: Database,
    notes: Collection<Columns>,
}

impl Notes {
    /// Those of a place.
    pub async fn at(place: &Place, database: Database) -> Result<Self, StatusError> {
        let notes = database.collection(&format!("{}.notes", place.collection));
        let index = IndexModel::builder().keys(doc! { "open": 1, "heard": 1 }).build();
        place.within(notes.create_index(index).into_future()).await?;
        Ok(Self { database, notes })
    }

    pub async fn read(&self, place: &Place, of: &[Identity]) -> Result<Vec<Note>, StatusError> {
        let mut notes = Vec::new();
        for some in of.chunks(AT_ONCE) {
            let keys: Vec<String> = some.iter().map(key).collect();
            let find = self.notes.find(doc! { "_id": { "$in": keys } });
            let found = async { find.await?.try_collect::<Vec<Columns>>().await };
            notes.extend(place.within(found).await?.into_iter().map(Note::from));
        }
        Ok(notes)
    }

    /// The versions of those that are open.
    pub async fn open(&self, place: &Place) -> Result<Vec<(Identity, i64)>, StatusError> {
        #[derive(Deserialize)]
        struct Versions {
            subject: String,
            name: String,
            version: i64,
        }
        let notes = self.notes.clone_with_type::<Versions>();
        let find = notes
            .find(doc! { "open": true })
            .projection(doc! { "subject": 1, "name": 1, "version": 1 });
        let found = async { find.await?.try_collect::<Vec<Versions>>().await };
        let found = place.within(found).await?.into_iter();
        let version =
            |row: Versions| (Identity { subject: row.subject, name: row.name }, row.version);
        Ok(found.map(version).collect())
    }

    /// Writes those that are as they were read.
    pub async fn write(&self, place: &Place, notes: &[Note]) -> Result<Vec<bool>, StatusError> {
        let (mut won, mut left) = (Vec::with_capacity(notes.len()), notes);
        while !left.is_empty() {
            let (some, more) = left.split_at(room(left));
            won.extend(self.write_some(place, some).await?);
            left = more;
        }
        Ok(won)
    }

    /// One command for all of them. It only says how many it wrote: which those were, if not all,
    /// their stamps tell. Each has those of its last writers, since others may have written it again
    /// before it is looked at.
    async fn write_some(&self, place: &Place, notes: &[Note]) -> Result<Vec<bool>, StatusError> {
        let stamp = ObjectId::new();
        let updates: Vec<Document> = notes.iter().map(|note| update(note, stamp)).collect();
        let concern = self.database.write_concern().cloned();
        let concern = concern.and_then(|concern| mongodb::bson::serialize_to_bson(&concern).ok());
        let command = doc! {
            "update": self.notes.name(),
            "updates": updates,
            "ordered": false,
            "writeConcern": concern.unwrap_or_else(|| doc! { "w": "majority" }.into()),
        };
        let told = place.within(self.database.run_command(command).into_future()).await?;
        if let Some(why) = complaint(&told) {
            return Err(StatusError::Away(format!("{}: not written: {why}", place.shown)));
        }
        let written = match told.get("n") {
            Some(Bson::Int32(n)) => i64::from(*n),
            Some(Bson::Int64(n)) => *n,
            _ => 0,
        };
        if usize::try_from(written) == Ok(notes.len()) {
            return Ok(vec![true; notes.len()]);
        }
        #[derive(Deserialize)]
        struct Key {
            #[serde(rename = "_id")]
            key: String,
        }
        let keys: Vec<String> = notes.iter().map(|note| key(&note.of)).collect();
        let stamped = self.notes.clone_with_type::<Key>();
        let find = stamped
            .find(doc! { "_id": { "$in": &keys }, "stamps": stamp })
            .projection(doc! { "_id": 1 });
        let found = async { find.await?.try_collect::<Vec<Key>>().await };
        let ours: HashSet<String> =
            place.within(found).await?.into_iter().map(|found| found.key).collect();
        Ok(keys.iter().map(|key| ours.contains(key)).collect())
    }

    pub async fn forget(&self, place: &Place, before: f64) -> Result<(), StatusError> {
        let old = doc! { "open": false, "heard": { "$lt": before } };
        place.within(self.notes.delete_many(old).into_future()).await?;
        Ok(())
    }
}

impl From<Columns> for Note {
    fn from(row: Columns) -> Self {
        let of = Identity { subject: row.subject, name: row.name };
        let Columns { text, version, open, heard, .. } = row;
        Self { of, text, version, open, heard }
    }
}

/// How many of the first notes are written at a time.
fn room(notes: &[Note]) -> usize {
    let mut bytes = 0;
    let fits = notes.iter().take(AT_ONCE).take_while(|note| {
        bytes += note.text.len() + note.of.subject.len() * 2 + note.of.name.len() * 2;
        bytes <= BYTES
    });
    fits.count().max(1)
}

/// Writes a note where it has the version that was read. One that is new is made; where another
/// process was faster its key is there already.
fn update(note: &Note, stamp: ObjectId) -> Document {
    let Note { of, text, version, open, heard } = note;
    let set = doc! {
        "subject": &of.subject,
        "name": &of.name,
        "version": version + 1,
        "open": *open,
        "heard": *heard,
        "text": text,
    };
    let stamps = doc! { "stamps": { "$each": [stamp], "$slice": -WRITERS } };
    doc! {
        "q": { "_id": key(of), "version": *version },
        "u": { "$set": set, "$push": stamps },
        "upsert": *version == 0,
    }
}

/// What a server complains of, but for notes that another process has made.
fn complaint(told: &Document) -> Option<String> {
    let errors = told.get_array("writeErrors").into_iter().flatten();
    let mut errors =
        errors.filter_map(Bson::as_document).chain(told.get_document("writeConcernError"));
    let other = errors.find(|error| error.get_i32("code").ok() != Some(DUPLICATE))?;
    Some(other.get_str("errmsg").unwrap_or("for no reason that it tells").to_owned())
}
