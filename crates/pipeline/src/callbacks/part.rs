//! Does what the rules say.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use groundrule_core::event::{Draft, Event, Kind, Severity};
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::xxh3_64;

use super::ORIGIN;
use super::job::Job;
use super::load::CallbackRules;
use crate::actions::{Book, Crew, Ending, Ledger, Means};
use crate::part::{Clock, Part, PartError};

/// How many calls run at once.
const AT_ONCE: usize = 8;

/// How many calls may wait: more events are not taken in before there is room.
const WAITING: usize = 1000;

/// Of how many events it is known that they came: the newest.
const KNOWN: usize = 10_000;

/// After which time it is looked what dead processes have left, in seconds.
const ADOPTED: f64 = 10.0;

/// The part that calls.
pub struct CallbacksPart {
    directory: PathBuf,
    means: Means,
    rules: CallbackRules,
    /// When `DIR/reload` was touched last.
    touched: Option<SystemTime>,
    clock: Clock,
    book: Book,
    jobs: BTreeMap<i64, Job>,
    /// Jobs that start once they are written down.
    fresh: Vec<i64>,
    next: i64,
    /// When it was looked what dead processes have left.
    adopted: f64,
    known: HashSet<String>,
    known_order: VecDeque<String>,
    crew: Crew,
    gate: Arc<Semaphore>,
}

impl CallbacksPart {
    /// The rules of `DIR/callbacks`; calls that an earlier process had no time for are done now.
    ///
    /// # Errors
    /// When a rule is wrong, or the ledger cannot be read.
    pub async fn open(
        directory: &Path,
        means: Means,
        ledger: Ledger,
        clock: Clock,
    ) -> Result<Self, PartError> {
        let rules = CallbackRules::load(directory, &means)
            .map_err(|faults| PartError::Refused(faults.to_string()))?;
        let (book, (marks, jobs)) = Book::open(ledger).await?;
        let mut known: Vec<(String, i64)> = marks
            .into_iter()
            .filter_map(|(key, number)| Some((key, number.parse().ok()?)))
            .collect();
        known.sort_by_key(|(_, number)| *number);
        let newest = known.last().map(|(_, number)| *number);
        let known_order: VecDeque<String> = known.into_iter().map(|(key, _)| key).collect();
        let last = jobs.last().map(|(last, _)| *last).max(newest);
        let mut part = Self {
            directory: directory.to_owned(),
            means,
            rules,
            touched: touched(directory),
            clock,
            book,
            fresh: Vec::new(),
            jobs: BTreeMap::new(),
            next: last.map_or(1, |last| last + 1),
            adopted: f64::NEG_INFINITY,
            known: known_order.iter().cloned().collect(),
            known_order,
            crew: Crew::default(),
            gate: Arc::new(Semaphore::new(AT_ONCE)),
        };
        part.add_written(jobs);
        part.adopt().await?;
        part.start();
        Ok(part)
    }

    /// Jobs that are in the ledger are to be started.
    fn add_written(&mut self, jobs: Vec<(i64, String)>) {
        for (id, job) in jobs {
            self.next = self.next.max(id + 1);
            if let Ok(job) = serde_json::from_str(&job) {
                self.jobs.insert(id, job);
                self.fresh.push(id);
            }
        }
    }

    /// Takes over the calls of processes that are no more.
    async fn adopt(&mut self) -> Result<(), PartError> {
        let now = (self.clock)();
        if !(0.0..ADOPTED).contains(&(now - self.adopted)) {
            let jobs = self.book.adopt(self.next).await?;
            self.add_written(jobs);
            self.adopted = now;
        }
        Ok(())
    }

    /// Starts what is written down.
    fn start(&mut self) {
        for id in std::mem::take(&mut self.fresh) {
            let Some(job) = self.jobs.get(&id) else { continue };
            let rule = self.rules.0.iter().find(|rule| rule.name == job.rule);
            match (rule, job.event()) {
                (Some(rule), Some(event)) => {
                    self.crew.start(id, rule.action.clone(), event, self.gate.clone());
                }
                _ => {
                    let gone =
                        crate::actions::ActionError::refused("there is no such rule any more");
                    self.ended((id, Err(gone)));
                }
            }
        }
    }

    fn ended(&mut self, (id, ending): (i64, Ending)) {
        let Some(job) = self.jobs.remove(&id) else { return };
        let now = (self.clock)();
        if let Err(error) = &ending {
            tracing::warn!(rule = job.rule, %error, "a callback failed");
        }
        self.book.job::<Job>(id, None);
        self.book.say(job.told(&ending, now), now);
    }

    fn collect(&mut self) {
        while let Some(ended) = self.crew.ended() {
            self.ended(ended);
        }
    }

    /// Writes down what there is, then starts it.
    async fn write(&mut self) -> Result<(), PartError> {
        self.book.write((self.clock)()).await?;
        self.start();
        Ok(())
    }

    async fn close(&mut self) -> Result<Vec<Event>, PartError> {
        self.write().await?;
        self.book.close((self.clock)()).await
    }

    /// Whether this event came before.
    fn is_known(&mut self, event: &Event) -> bool {
        let key = event
            .eventid()
            .map_or_else(|| format!("{:016x}", xxh3_64(event.raw())), ToOwned::to_owned);
        if !self.known.insert(key.clone()) {
            return true;
        }
        if self.known_order.len() >= KNOWN
            && let Some(oldest) = self.known_order.pop_front()
        {
            self.known.remove(&oldest);
            self.book.mark::<i64>(&oldest, None);
        }
        self.book.mark(&key, Some(&self.next));
        self.known_order.push_back(key);
        false
    }

    /// Makes jobs for an event.
    fn call(&mut self, event: &Event) {
        let mut matching = Vec::new();
        for (at, rule) in self.rules.0.iter().enumerate() {
            match rule.is_for(event) {
                Ok(true) => matching.push(at),
                Ok(false) => {}
                Err(why) => tracing::warn!(rule = rule.name, why, "a condition cannot say"),
            }
        }
        if matching.is_empty() || self.is_known(event) {
            return;
        }
        let now = (self.clock)();
        for at in matching {
            let rule = &mut self.rules.0[at];
            let Some(skipped) = rule.limits.pass(event, now) else { continue };
            let raw = String::from_utf8_lossy(event.raw()).into_owned();
            let job = Job { rule: rule.name.clone(), event: raw, skipped };
            self.book.job(self.next, Some(&job));
            self.jobs.insert(self.next, job);
            self.fresh.push(self.next);
            self.next += 1;
        }
    }

    /// Reads the rules again when `DIR/reload` was touched. Wrong ones change nothing.
    fn reload(&mut self) {
        let now = touched(&self.directory);
        if now == self.touched {
            return;
        }
        self.touched = now;
        let (severity, text) = match CallbackRules::load(&self.directory, &self.means) {
            Ok(rules) => {
                let text = format!("{} rules were read", rules.len());
                self.rules = rules;
                (Severity::Ok, text)
            }
            Err(faults) => {
                tracing::warn!(%faults, "the callbacks stay as they were");
                (Severity::Critical, format!("the callbacks stay as they were: {faults}"))
            }
        };
        let now = (self.clock)();
        let subject = self.directory.display().to_string();
        let draft = Draft::new(Kind::Archive, ORIGIN, &subject, "callbacks.reload", now);
        self.book.say(draft.severity(severity).text(text), now);
    }
}

fn touched(directory: &Path) -> Option<SystemTime> {
    std::fs::metadata(directory.join("reload")).and_then(|data| data.modified()).ok()
}

#[async_trait]
impl Part for CallbacksPart {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        for event in events.iter().filter(|event| event.origin() != ORIGIN) {
            if self.jobs.len() >= WAITING {
                self.write().await?;
                if let Some(ended) = self.crew.next().await {
                    self.ended(ended);
                }
            }
            self.call(event);
        }
        self.collect();
        self.close().await
    }

    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        self.reload();
        self.collect();
        self.adopt().await?;
        self.close().await
    }

    async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        // Each that has begun ends by its time limit. Without a ledger nothing can be left.
        let until = self.book.is_durable().then(Crew::closing);
        self.write().await?;
        while let Some((id, ending)) = self.crew.last(until).await {
            match ending {
                Some(ending) => self.ended((id, ending)),
                None => self.fresh.push(id),
            }
        }
        self.book.close((self.clock)()).await
    }

    fn patience(&self) -> Duration {
        let longest = self.rules.0.iter().map(|rule| rule.timeout).max();
        Crew::patience(longest.unwrap_or_default())
    }
}
