//! Where events leave a place: into the archive, and along its routes.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use groundrule_core::event::{Event, Kind};

use super::asked::{SILENT, answered};
use super::portal::Portal;
use super::queue::{Queue, Receipt, Undelivered};
use super::stats::Stats;
use crate::archive::{Archive, ArchiveError, Entry};
use crate::routes::{Place, Routed, Rules};

/// The rules that count, and the queue of each of their destinations; none where a default rule
/// names a part that this pipeline does not have.
#[derive(Default)]
pub struct Table {
    /// The rules.
    pub rules: Rules,
    /// By the rules' numbers of destinations.
    pub queues: Vec<Option<Queue>>,
}

/// The way out of a place.
#[derive(Clone)]
pub struct Outlet {
    /// Which place; from nowhere nothing is routed.
    pub place: Option<Place>,
    /// What decides.
    pub table: Arc<RwLock<Arc<Table>>>,
    /// Gives identities.
    pub portal: Arc<Portal>,
    /// Where events are kept.
    pub archive: Option<Arc<dyn Archive>>,
    /// Where dead letters go, instead of into the archive.
    pub dead: Option<Queue>,
    /// What is counted.
    pub stats: Stats,
}

/// The longest pause between two attempts.
pub const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// For how long an archive that does not answer is slow, and not away.
const SLOW: Duration = Duration::from_secs(3);

impl Outlet {
    /// Archives events, however long that takes.
    ///
    /// # Errors
    /// When the archive cannot be used at all.
    pub async fn archive(&self, entries: Vec<Entry>) -> Result<(), ArchiveError> {
        let Some(archive) = self.archive.as_ref().filter(|_| !entries.is_empty()) else {
            return Ok(());
        };
        let mut pause = Duration::from_millis(50);
        loop {
            let appended = archive.append(entries.clone());
            match answered(appended, SLOW, || self.archive_is_away(SILENT)).await {
                Ok(new) => {
                    if self.stats.trouble("archive", None) {
                        tracing::info!("the archive works again");
                    }
                    self.stats.archived(new);
                    return Ok(());
                }
                Err(ArchiveError::Refused(why)) => return Err(ArchiveError::Refused(why)),
                Err(ArchiveError::Away(why)) => {
                    self.archive_is_away(&why);
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(LONGEST_PAUSE);
                }
            }
        }
    }

    fn archive_is_away(&self, why: &str) {
        if self.stats.trouble("archive", Some(why)) {
            tracing::warn!(%why, "the archive is away; nothing is acknowledged meanwhile");
        }
    }

    /// Puts events into the queues of where they go.
    ///
    /// # Errors
    /// When a destination has ended.
    ///
    /// # Panics
    /// When another thread panicked here.
    pub async fn route(&self, events: Vec<Event>) -> Result<Receipt, Undelivered> {
        let table = Arc::clone(&self.table.read().expect("nobody panics here"));
        let mut receipt = Receipt::default();
        let Some(place) = self.place else {
            return Ok(receipt);
        };
        let sorted = self.sorted(place, &table, events);
        for (events, queue) in sorted.into_iter().zip(&table.queues) {
            if let Some(queue) = queue.as_ref().filter(|_| !events.is_empty()) {
                queue.put(events, &mut receipt).await?;
            }
        }
        Ok(receipt)
    }

    /// The events of each destination.
    fn sorted(&self, place: Place, table: &Table, events: Vec<Event>) -> Vec<Vec<Event>> {
        let all = events.len();
        let mut sorted: Vec<Vec<Event>> = vec![Vec::new(); table.queues.len()];
        let mut dice = rand::rng();
        let mut routed = Routed::default();
        for event in events {
            table.rules.route(place, &event, &mut dice, &mut routed);
            if routed.dropped {
                self.stats.dropped();
            }
            for problem in routed.problems.drain(..) {
                tracing::warn!(%problem, "a rule could not be applied");
            }
            routed.deliveries.retain(|delivery| table.queues[delivery.to].is_some());
            let last = routed.deliveries.pop();
            for delivery in routed.deliveries.drain(..) {
                let queued = delivery.altered.unwrap_or_else(|| event.clone());
                push(&mut sorted[delivery.to], queued, all);
            }
            if let Some(delivery) = last {
                push(&mut sorted[delivery.to], delivery.altered.unwrap_or(event), all);
            }
        }
        sorted
    }

    /// Keeps a dead letter of what a destination refuses for good; no if there is no place for it,
    /// as for what the place for dead letters itself refuses.
    ///
    /// # Errors
    /// As [`Outlet::emit`].
    pub async fn bury(&self, letter: Entry) -> Result<bool, Stopped> {
        if self.dead.is_none() && self.archive.is_none() {
            return Ok(false);
        }
        let (reason, eventid) = (letter.event.text(), letter.event.eventid());
        tracing::warn!(reason, eventid, "dead letter");
        self.stats.dead(1);
        match &self.dead {
            Some(queue) => {
                let mut receipt = Receipt::default();
                queue.put(vec![letter.event], &mut receipt).await?;
                receipt.wait().await?;
            }
            None => self.archive(vec![letter]).await?,
        }
        Ok(true)
    }

    /// Has what a part said archived and delivered: only then may it be asked again.
    ///
    /// # Errors
    /// As [`Outlet::emit`].
    pub async fn say(&self, said: Vec<Event>) -> Result<(), Stopped> {
        self.emit(said).await?.wait().await?;
        Ok(())
    }

    /// Archives and routes what a part has to say. Alerts are not archived: they repeat an event
    /// that is.
    ///
    /// # Errors
    /// When a destination has ended, or the archive cannot be used.
    pub async fn emit(&self, events: Vec<Event>) -> Result<Receipt, Stopped> {
        if events.is_empty() {
            return Ok(Receipt::default());
        }
        let entries: Vec<_> = events.into_iter().map(|event| self.portal.own(event)).collect();
        let events = entries.iter().map(|entry| entry.event.clone()).collect();
        let kept = entries.into_iter().filter(|entry| entry.event.kind() != Kind::Alert).collect();
        self.archive(kept).await?;
        Ok(self.route(events).await?)
    }
}

/// Appends to what has room for so many, once it has any.
fn push(to: &mut Vec<Event>, event: Event, all: usize) {
    if to.is_empty() {
        to.reserve_exact(all);
    }
    to.push(event);
}

/// Why a pipeline cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// A destination ended.
    #[error(transparent)]
    Undelivered(#[from] Undelivered),
    /// The archive cannot be used.
    #[error("the archive cannot be used: {0}")]
    Archive(#[from] ArchiveError),
    /// A source cannot be used.
    #[error("{0}")]
    Source(#[from] groundrule_core::delivery::CarryError),
    /// Something in it crashed.
    #[error("a part of it crashed: {0}")]
    Crashed(#[from] tokio::task::JoinError),
    /// There was no time left to deliver everything.
    #[error("not everything could be delivered in time: {0}")]
    Late(String),
}
