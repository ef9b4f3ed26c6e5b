//! What the processes that share a store know in common.
//!
//! Everything is decided on watches as the store has them, and counts where the store still has
//! them so when it is written: of several processes that tell the same, one does. What is to be
//! sent is in this process's ledger by then, so that a crash in between tells it twice, and never
//! loses it.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::job::Job;
use super::part::AlertsPart;
use super::round::{Round, note};
use super::teller::Matter;
use super::watch::Watch;
use crate::part::PartError;
use crate::status::{Identity, Note};

/// How often others may be faster.
const TRIES: usize = 100;

/// A watch as the store had it lately.
pub(super) struct Known {
    version: i64,
    pub(super) watch: Watch,
}

/// What was decided, as long as it is not certain that the store has it.
pub(super) struct Pending {
    notes: Vec<Note>,
    watches: Vec<Watch>,
    /// What is in the ledger, and is done only if the store has the note.
    jobs: Vec<(i64, Job)>,
    says: Vec<(Identity, String)>,
    /// Those whose rows were marked.
    marked: HashSet<Identity>,
}

impl AlertsPart {
    /// Decides until all is written that was decided.
    pub(super) async fn settle(
        &mut self,
        mut left: BTreeSet<Identity>,
        matter: &Matter<'_>,
    ) -> Result<(), PartError> {
        for _ in 0..TRIES {
            if left.is_empty() {
                return Ok(());
            }
            self.mend().await?;
            let all: Vec<Identity> = left.iter().cloned().collect();
            let mut round = Round::read(&*self.teller.store, &all).await?;
            self.teller.decide(matter, &left, &mut round).await?;
            left = self.commit(round).await?;
        }
        Err(PartError::Away("other processes were faster each time".to_owned()))
    }

    /// Writes what was decided, and returns those of which others were faster.
    async fn commit(&mut self, mut round: Round) -> Result<BTreeSet<Identity>, PartError> {
        let now = self.now();
        let (mut notes, mut watches, mut marked) = (Vec::new(), Vec::new(), HashSet::new());
        for become_of in round.become_of() {
            if become_of.is_marked {
                marked.insert(become_of.of.clone());
            }
            match become_of.note {
                Some(note) => {
                    notes.push(note);
                    watches.push(become_of.watch);
                }
                None => self.know(become_of.of, become_of.version, become_of.watch),
            }
        }
        if notes.is_empty() {
            return Ok(BTreeSet::new());
        }
        let jobs: Vec<(i64, Job)> =
            round.jobs.into_iter().map(|job| (self.outbox.number(), job)).collect();
        for (id, job) in &jobs {
            self.book.job(*id, Some(job));
        }
        let say = |(of, draft)| (of, self.book.say(draft, now));
        let says = round.says.into_iter().map(say).collect();
        let pending = self.pending.insert(Pending { notes, watches, jobs, says, marked });
        self.book.write(now).await?;
        let won = self.teller.store.note(&pending.notes).await?;
        Ok(self.decided(&won))
    }

    /// What was decided counts where it was written, and is undone where it was not.
    fn decided(&mut self, won: &[bool]) -> BTreeSet<Identity> {
        let Some(pending) = self.pending.take() else { return BTreeSet::new() };
        let mut lost = BTreeSet::new();
        for ((note, watch), won) in pending.notes.into_iter().zip(pending.watches).zip(won) {
            if *won {
                self.know(note.of, note.version + 1, watch);
            } else {
                lost.insert(note.of);
            }
        }
        for (id, job) in pending.jobs {
            let (subject, name) = job.about.clone();
            if lost.contains(&Identity { subject, name }) {
                self.book.job::<Job>(id, None);
            } else {
                self.outbox.add(id, job);
            }
        }
        for (_, id) in pending.says.iter().filter(|(of, _)| lost.contains(of)) {
            self.book.unsay(id);
        }
        self.unsure.extend(pending.marked.into_iter().filter(|of| lost.contains(of)));
        lost
    }

    /// Finds out what is in the store of what was decided when something went wrong.
    pub(super) async fn make_sure(&mut self) -> Result<(), PartError> {
        if let Some(pending) = &self.pending {
            let of: Vec<Identity> = pending.notes.iter().map(|note| note.of.clone()).collect();
            let now = self.teller.store.notes(&of).await?;
            let now: HashMap<&Identity, &Note> = now.iter().map(|note| (&note.of, note)).collect();
            // Where others have written since it cannot be told: then it may be told twice.
            let is_there = |note: &Note| {
                now.get(&note.of).is_some_and(|now| match now.version - note.version {
                    ..=0 => false,
                    1 => now.text == note.text,
                    2.. => true,
                })
            };
            let won: Vec<bool> = pending.notes.iter().map(is_there).collect();
            self.decided(&won);
        }
        self.mend().await
    }

    /// Marks rows again where others were faster than this process, which had marked them.
    async fn mend(&mut self) -> Result<(), PartError> {
        if self.unsure.is_empty() {
            return Ok(());
        }
        let all: Vec<Identity> = self.unsure.iter().cloned().collect();
        let store = &*self.teller.store;
        let round = Round::read(store, &all).await?;
        for of in &all {
            let watch = round.watch(of);
            let path = watch.and_then(Watch::suppressed).unwrap_or_default();
            store.suppress(of, path).await?;
            store.flap(of, watch.is_some_and(Watch::is_flapping)).await?;
        }
        self.unsure.clear();
        Ok(())
    }

    fn know(&mut self, of: Identity, version: i64, watch: Watch) {
        if watch.is_open() {
            self.watches.insert(of, Known { version, watch });
        } else {
            self.watches.remove(&of);
        }
    }

    /// Reads what others have written.
    pub(super) async fn refresh(&mut self) -> Result<(), PartError> {
        let open: HashMap<Identity, i64> =
            self.teller.store.open_notes().await?.into_iter().collect();
        self.watches.retain(|of, known| open.get(of) == Some(&known.version));
        let others: Vec<Identity> =
            open.into_keys().filter(|of| !self.watches.contains_key(of)).collect();
        if others.is_empty() {
            return Ok(());
        }
        for note in self.teller.store.notes(&others).await? {
            if let Ok(watch) = serde_json::from_str(&note.text) {
                self.know(note.of, note.version, watch);
            }
        }
        Ok(())
    }

    /// Hands the watches to the store that are in the ledger of an earlier version.
    pub(super) async fn hand_in(&mut self, marks: Vec<(String, String)>) -> Result<(), PartError> {
        let read = |(key, text): &(String, String)| {
            let (subject, name) = serde_json::from_str(key).ok()?;
            let watch: Watch = serde_json::from_str(text).ok()?;
            Some(note(&Identity { subject, name }, 0, &watch))
        };
        let notes: Vec<Note> = marks.iter().filter_map(read).collect();
        if !notes.is_empty() {
            // What is there already is newer.
            self.teller.store.note(&notes).await?;
        }
        for (key, _) in &marks {
            self.book.mark::<Watch>(key, None);
        }
        Ok(())
    }
}
