//! Watches as the store has them now, and what becomes of them until that is written.

use std::collections::HashMap;

use groundrule_core::event::Draft;

use super::failed::Failed;
use super::job::Job;
use super::watch::Watch;
use crate::part::PartError;
use crate::status::{Identity, Note, StatusStore};

/// Watches as the store has them now, and what becomes of them until that is written.
#[derive(Default)]
pub(super) struct Round {
    watched: HashMap<Identity, Watched>,
    /// Notifications in the order in which they are to be sent.
    pub(super) jobs: Vec<Job>,
    /// What is said of whom.
    pub(super) says: Vec<(Identity, Draft)>,
    /// What failed; none if nobody asked yet.
    pub(super) failed: Option<Failed>,
}

/// A watch and the note that it was read from.
#[derive(Default)]
struct Watched {
    version: i64,
    text: String,
    watch: Option<Watch>,
    is_marked: bool,
}

/// What became of a watch.
pub(super) struct Become {
    /// The note to be written; none if it is as it was.
    pub(super) note: Option<Note>,
    pub(super) of: Identity,
    pub(super) version: i64,
    pub(super) watch: Watch,
    /// Whether its row was marked as suppressed or flapping, or as neither.
    pub(super) is_marked: bool,
}

impl Round {
    /// Reads all of them at once.
    pub(super) async fn read(store: &dyn StatusStore, of: &[Identity]) -> Result<Self, PartError> {
        let mut watched: HashMap<Identity, Watched> =
            of.iter().map(|of| (of.clone(), Watched::default())).collect();
        for Note { of, text, version, .. } in store.notes(of).await? {
            let watch = serde_json::from_str(&text).ok();
            watched.insert(of, Watched { version, text, watch, is_marked: false });
        }
        Ok(Self { watched, ..Self::default() })
    }

    /// A watch as it is now.
    pub(super) fn watch(&self, of: &Identity) -> Option<&Watch> {
        self.watched.get(of)?.watch.as_ref()
    }

    /// The same, to be changed and kept.
    pub(super) fn take(&mut self, of: &Identity) -> Option<Watch> {
        self.watched.get_mut(of)?.watch.take()
    }

    pub(super) fn keep(&mut self, of: &Identity, watch: Watch) {
        self.watched.entry(of.clone()).or_default().watch = Some(watch);
    }

    /// Its row is marked as suppressed or flapping, or as neither.
    pub(super) fn mark(&mut self, of: &Identity) {
        self.watched.entry(of.clone()).or_default().is_marked = true;
    }

    /// What became of all watches.
    pub(super) fn become_of(&mut self) -> impl Iterator<Item = Become> {
        std::mem::take(&mut self.watched).into_iter().filter_map(|(of, watched)| {
            let Watched { version, text, watch, is_marked } = watched;
            let watch = watch?;
            let note = note(&of, version, &watch);
            let note = (note.text != text).then_some(note);
            Some(Become { note, of, version, watch, is_marked })
        })
    }
}

/// A watch as the store keeps it.
pub(super) fn note(of: &Identity, version: i64, watch: &Watch) -> Note {
    // It has only texts as keys.
    let text = serde_json::to_string(watch).unwrap_or_default();
    let (open, heard) = (watch.is_open(), watch.heard());
    Note { of: of.clone(), text, version, open, heard }
}
