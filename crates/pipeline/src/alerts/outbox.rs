//! Notifications that are to be sent.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use tokio::time::Instant;

use super::job::Job;
use super::notifier::{Notifier, wait};
use crate::actions::{ActionError, Book, Crew, Ending};
use crate::part::Clock;

/// Notifications that are to be sent.
pub(super) struct Outbox {
    notifiers: Arc<[Notifier]>,
    jobs: BTreeMap<i64, Job>,
    pub(super) next: i64,
    running: HashSet<i64>,
    crew: Crew,
    /// Whether nothing is tried again.
    pub(super) is_last: bool,
}

impl Outbox {
    pub(super) fn new(notifiers: Arc<[Notifier]>) -> Self {
        Self {
            notifiers,
            jobs: BTreeMap::new(),
            next: 1,
            running: HashSet::new(),
            crew: Crew::default(),
            is_last: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.jobs.len()
    }

    /// A number that no other has.
    pub(super) fn number(&mut self) -> i64 {
        self.next += 1;
        self.next - 1
    }

    /// It is to be sent, when its time has come.
    pub(super) fn add(&mut self, id: i64, job: Job) {
        self.next = self.next.max(id + 1);
        self.jobs.insert(id, job);
    }

    /// The same for those that a ledger has.
    pub(super) fn add_written(&mut self, jobs: Vec<(i64, String)>) {
        for (id, job) in jobs {
            self.next = self.next.max(id + 1);
            if let Ok(job) = serde_json::from_str(&job) {
                self.add(id, job);
            }
        }
    }

    /// Nothing waits for another time.
    pub(super) fn hurry(&mut self) {
        self.jobs.values_mut().for_each(|job| job.due = 0.0);
    }

    /// Starts the notifications whose time has come, those about the same one after the other.
    pub(super) fn send(&mut self, book: &mut Book, now: f64) {
        let mut busy = HashSet::new();
        let mut gone = Vec::new();
        for (id, job) in &self.jobs {
            if !busy.insert((&job.notifier, &job.about))
                || self.running.contains(id)
                || job.due > now
            {
                continue;
            }
            let notifier = self.notifiers.iter().find(|notifier| notifier.name == job.notifier);
            match (notifier, job.event()) {
                (Some(notifier), Some(event)) => {
                    self.running.insert(*id);
                    let (action, gate) = (notifier.action.clone(), notifier.gate.clone());
                    self.crew.start(*id, action, event, gate);
                }
                (None, _) => gone.push((*id, "there is no such notifier any more")),
                (_, None) => gone.push((*id, "what was to be told is no event")),
            }
        }
        for (id, why) in gone {
            self.ended(book, id, &Err(ActionError::refused(why)), now);
        }
    }

    fn ended(&mut self, book: &mut Book, id: i64, ending: &Ending, now: f64) {
        self.running.remove(&id);
        let Some(mut job) = self.jobs.remove(&id) else { return };
        let notifier = self.notifiers.iter().find(|notifier| notifier.name == job.notifier);
        job.attempts += 1;
        let most = notifier.map_or(0, |notifier| notifier.attempts);
        let said = match ending {
            Ok(outcome) => {
                let kind = notifier.map_or("", |notifier| notifier.kind.as_str());
                job.sent(kind, outcome, now)
            }
            Err(error) if error.again && job.attempts < most && !self.is_last => {
                tracing::warn!(notifier = job.notifier, %error, "a notification is tried again");
                job.due = now + wait(job.attempts);
                book.job(id, Some(&job));
                self.jobs.insert(id, job);
                return;
            }
            Err(ActionError { reason, outcome, .. }) => {
                tracing::error!(notifier = job.notifier, error = reason, "a notification failed");
                job.failed(reason, outcome, now)
            }
        };
        book.job::<Job>(id, None);
        book.say(said, now);
    }

    /// Notes what has ended.
    pub(super) fn collect(&mut self, book: &mut Book, now: f64) {
        while let Some((id, ending)) = self.crew.ended() {
            self.ended(book, id, &ending, now);
        }
    }

    /// Waits for what is being sent and for what comes after that. What has not begun at a time
    /// (none: without a ledger, there is no later) is left to the next process.
    pub(super) async fn drain(&mut self, book: &mut Book, clock: &Clock, until: Option<Instant>) {
        while let Some((id, ending)) = self.crew.last(until).await {
            match ending {
                Some(ending) => self.ended(book, id, &ending, clock()),
                None => drop(self.running.remove(&id)),
            }
            if until.is_none_or(|until| Instant::now() < until) {
                self.send(book, clock());
            }
        }
    }
}
