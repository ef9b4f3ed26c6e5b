//! Hears alerts, and tells those of which somebody should know.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::event::{Event, Kind, Severity};

use super::causes::Causes;
use super::failed::Failed;
use super::job::{self, Job};
use super::notifier::{Notifier, NotifierSetting, wait};
use super::rules::AlertRules;
use super::said::Said;
use super::watch::{News, Reason, Watch};
use super::{AlertState, ORIGIN};
use crate::actions::{ActionError, Book, Crew, Ending, Means};
use crate::part::{Clock, Part, PartError};
use crate::status::{Identity, Query, StatusStore};

/// How many notifications may wait: more alerts are not taken in before there is room.
const WAITING: usize = 10_000;

/// After which time something good is forgotten, in seconds.
const FORGOTTEN: f64 = 86_400.0;

/// After which time consequences are looked at again although nothing else failed or was repaired,
/// in seconds: dependencies may be others then.
const LOOKED_AT: f64 = 60.0;

/// What the part is made of.
pub struct AlertsSetup {
    /// When somebody is notified.
    pub rules: AlertRules,
    /// Who, and how.
    pub notifiers: Vec<NotifierSetting>,
    /// What that needs.
    pub means: Means,
    /// What is so.
    pub store: Arc<dyn StatusStore>,
    /// What is the consequence of what.
    pub causes: Arc<dyn Causes>,
    /// What is remembered.
    pub state: AlertState,
    /// The time.
    pub clock: Clock,
}

/// The part that notifies.
pub struct AlertsPart {
    pub(super) rules: AlertRules,
    notifiers: Vec<Notifier>,
    pub(super) store: Arc<dyn StatusStore>,
    causes: Arc<dyn Causes>,
    clock: Clock,
    book: Book,
    pub(super) watches: HashMap<Identity, Watch>,
    /// Those of which time alone can make something.
    waiting: BTreeSet<Identity>,
    /// Those that are not written down yet.
    pub(super) changed: BTreeSet<Identity>,
    jobs: BTreeMap<i64, Job>,
    next: i64,
    running: HashSet<i64>,
    crew: Crew,
    /// What failed when consequences were looked at, and when that was.
    looked: (Vec<Identity>, f64),
    /// When problems that stay were looked at.
    pub(super) stayed: f64,
    swept: f64,
    /// Whether nothing is tried again.
    is_last: bool,
}

impl AlertsPart {
    /// Makes the part; what an earlier process had no time for is done now.
    ///
    /// # Errors
    /// When a notifier cannot be made, or what is remembered cannot be read.
    pub async fn open(setup: AlertsSetup) -> Result<Self, PartError> {
        let mut names = HashSet::new();
        for setting in &setup.notifiers {
            if !names.insert(setting.name.clone()) {
                let why = format!("two notifiers are named {:?}: rename one", setting.name);
                return Err(PartError::Refused(why));
            }
        }
        let build = |setting| Notifier::build(setting, &setup.means);
        let notifiers = setup.notifiers.into_iter().map(build).collect::<Result<_, _>>()?;
        let (book, (marks, jobs)) = Book::open(setup.state).await?;
        let watches: HashMap<Identity, Watch> = marks
            .into_iter()
            .filter_map(|(key, watch)| Some((identity(&key)?, serde_json::from_str(&watch).ok()?)))
            .collect();
        let jobs: BTreeMap<i64, Job> = jobs
            .into_iter()
            .filter_map(|(id, job)| Some((id, serde_json::from_str(&job).ok()?)))
            .collect();
        let waiting = watches.iter().filter(|(_, watch)| watch.waits());
        Ok(Self {
            rules: setup.rules,
            notifiers,
            store: setup.store,
            causes: setup.causes,
            swept: (setup.clock)(),
            clock: setup.clock,
            book,
            waiting: waiting.map(|(identity, _)| identity.clone()).collect(),
            watches,
            changed: BTreeSet::new(),
            next: jobs.keys().next_back().map_or(1, |last| last + 1),
            jobs,
            running: HashSet::new(),
            crew: Crew::default(),
            looked: (Vec::new(), f64::NEG_INFINITY),
            stayed: f64::NEG_INFINITY,
            is_last: false,
        })
    }

    /// Hears an event. Nothing is changed if it fails: the event comes again.
    async fn hear(&mut self, event: &Event, failed: &mut Option<Failed>) -> Result<(), PartError> {
        let of = Identity { subject: event.subject().to_owned(), name: event.name().to_owned() };
        let now = (self.clock)();
        let (severity, time) = (event.severity(), event.time().unwrap_or(now));
        let mut watch = match self.watches.get(&of) {
            Some(watch) => watch.clone(),
            None if severity == Severity::Ok => return Ok(()),
            None => Watch::default(),
        };
        let Said { id, order, is_first } = Said::of(event, time);
        if !watch.is_news(order, &id) {
            return Ok(());
        }
        // It was cleared, and is there again.
        if is_first && watch.is_newest(order) && watch.severity() != Severity::Ok {
            watch.clear();
        }
        let was_flapping = watch.is_flapping();
        let wish = watch.hear(News { severity, time, order, id: &id }, now, &self.rules);
        if watch.is_flapping() != was_flapping {
            self.store.flap(&of, watch.is_flapping()).await?;
        }
        self.follow(&of, watch, event, wish, failed).await
    }

    /// Does what a watch wishes for, and keeps it.
    pub(super) async fn follow(
        &mut self,
        of: &Identity,
        mut watch: Watch,
        event: &Event,
        wish: Option<Reason>,
        failed: &mut Option<Failed>,
    ) -> Result<(), PartError> {
        let now = (self.clock)();
        if let Some(reason) = wish {
            let is_end = watch.severity() == Severity::Ok && reason != Reason::Flapping;
            if reason == Reason::Repeated && self.is_acknowledged(of).await? {
                // Somebody knows.
            } else if is_end {
                self.tell(of, &mut watch, event, reason, now).await?;
            } else {
                if failed.is_none() {
                    *failed = Some(Failed::read(&*self.store).await?);
                }
                let failures = failed.get_or_insert_default();
                match failures.cause(&*self.causes, of) {
                    Some(path) => {
                        self.store.suppress(of, &path).await?;
                        failures.set(of, false);
                        if watch.suppress(path.clone()) {
                            self.book.say(job::suppressed(event, &path, now), now);
                        }
                    }
                    None => {
                        self.tell(of, &mut watch, event, reason, now).await?;
                    }
                }
            }
        }
        let is_told_later = watch.waits() || watch.severity() != Severity::Ok;
        watch.event = is_told_later.then(|| job::kept(event));
        self.keep(of, watch);
        Ok(())
    }

    async fn is_acknowledged(&self, of: &Identity) -> Result<bool, PartError> {
        let (subject, name) = (Some(of.subject.clone()), Some(of.name.clone()));
        let query = Query { subject, name, problems: true };
        let rows = self.store.rows(&query).await?;
        Ok(rows.iter().any(|row| row.acknowledged.is_some()))
    }

    /// Tells everybody who should know.
    pub(super) async fn tell(
        &mut self,
        of: &Identity,
        watch: &mut Watch,
        event: &Event,
        reason: Reason,
        now: f64,
    ) -> Result<(), PartError> {
        if watch.suppressed().is_some() {
            self.store.suppress(of, &[]).await?;
        }
        let severity = watch.severity();
        let raw = job::notification(event, reason, &self.rules);
        for notifier in &self.notifiers {
            let wanted = if severity == Severity::Ok || reason == Reason::Flapping {
                watch.was_any_of(&notifier.severities)
            } else {
                notifier.severities.contains(&severity)
            };
            if !wanted {
                continue;
            }
            let job = Job {
                notifier: notifier.name.clone(),
                event: raw.clone(),
                about: (of.subject.clone(), of.name.clone()),
                attempts: 0,
                due: now,
            };
            self.book.job(self.next, Some(&job));
            self.jobs.insert(self.next, job);
            self.next += 1;
        }
        watch.tell(reason, now);
        Ok(())
    }

    pub(super) fn keep(&mut self, of: &Identity, watch: Watch) {
        if watch.waits() {
            self.waiting.insert(of.clone());
        } else {
            self.waiting.remove(of);
        }
        self.changed.insert(of.clone());
        self.watches.insert(of.clone(), watch);
    }

    /// Does what time asks of watches.
    async fn wake(&mut self, now: f64) -> Result<(), PartError> {
        let mut failed = None;
        for of in self.waiting.clone() {
            let Some(mut watch) = self.watches.get(&of).cloned() else { continue };
            let Some(wish) = watch.wake(now, &self.rules) else { continue };
            let Some(event) = watch.event.as_deref().and_then(job::read) else { continue };
            if wish == Reason::Settled {
                self.store.flap(&of, false).await?;
            }
            self.follow(&of, watch, &event, Some(wish), &mut failed).await?;
        }
        self.look_at_consequences().await
    }

    /// Tells what is still there although its cause is gone.
    async fn look_at_consequences(&mut self) -> Result<(), PartError> {
        let now = (self.clock)();
        let watches = &self.watches;
        let is_silent = |of: &&Identity| {
            watches
                .get(of)
                .is_some_and(|watch| watch.suppressed().is_some() && !watch.is_flapping())
        };
        let silent: Vec<Identity> = self.waiting.iter().filter(is_silent).cloned().collect();
        if silent.is_empty() {
            return Ok(());
        }
        let mut failed = Failed::read(&*self.store).await?;
        let all = failed.all().to_vec();
        if all == self.looked.0 && (0.0..LOOKED_AT).contains(&(now - self.looked.1)) {
            return Ok(());
        }
        let mut orphans = Vec::new();
        for of in silent {
            // What is no problem any more will be heard of.
            if !failed.is_problem(&of) {
                continue;
            }
            match failed.cause(&*self.causes, &of) {
                Some(path) => self.explain(&of, path).await?,
                None => orphans.push(of),
            }
        }
        // One of them may be the cause of others.
        for of in &orphans {
            let critical =
                self.watches.get(of).is_some_and(|watch| watch.severity() == Severity::Critical);
            failed.set(of, critical);
        }
        let mut failed = Some(failed);
        for of in orphans {
            let Some(watch) = self.watches.get(&of).cloned() else { continue };
            let Some(event) = watch.event.as_deref().and_then(job::read) else { continue };
            self.follow(&of, watch, &event, Some(Reason::Delayed), &mut failed).await?;
        }
        self.looked = (all, now);
        Ok(())
    }

    /// It is silent still, maybe because of something else than before.
    async fn explain(&mut self, of: &Identity, path: Vec<String>) -> Result<(), PartError> {
        let Some(watch) = self.watches.get_mut(of) else { return Ok(()) };
        if watch.suppressed() != Some(&path) {
            self.store.suppress(of, &path).await?;
            watch.suppress(path);
            self.changed.insert(of.clone());
        }
        Ok(())
    }

    /// Forgets what was good for long.
    fn sweep(&mut self) {
        let now = (self.clock)();
        if (0.0..FORGOTTEN / 24.0).contains(&(now - self.swept)) {
            return;
        }
        self.swept = now;
        let old = self.watches.extract_if(|_, watch| watch.is_forgettable(now, FORGOTTEN));
        let old: Vec<Identity> = old.map(|(identity, _)| identity).collect();
        self.changed.extend(old);
    }

    /// Starts the notifications whose time has come, those about the same one after the other.
    fn send(&mut self, now: f64) {
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
            self.ended(id, &Err(ActionError::refused(why)));
        }
    }

    fn ended(&mut self, id: i64, ending: &Ending) {
        self.running.remove(&id);
        let now = (self.clock)();
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
                self.book.job(id, Some(&job));
                self.jobs.insert(id, job);
                return;
            }
            Err(ActionError { reason, outcome, .. }) => {
                tracing::error!(notifier = job.notifier, error = reason, "a notification failed");
                job.failed(reason, outcome, now)
            }
        };
        self.book.job::<Job>(id, None);
        self.book.say(said, now);
    }

    fn collect(&mut self) {
        while let Some((id, ending)) = self.crew.ended() {
            self.ended(id, &ending);
        }
    }

    /// Writes everything down, then sends what is to be sent.
    async fn write(&mut self) -> Result<(), PartError> {
        for of in std::mem::take(&mut self.changed) {
            self.book.mark(&key(&of), self.watches.get(&of));
        }
        self.book.write((self.clock)()).await?;
        self.send((self.clock)());
        Ok(())
    }

    async fn close(&mut self) -> Result<Vec<Event>, PartError> {
        self.write().await?;
        self.book.close((self.clock)()).await
    }

    /// Waits for what is being sent, and what comes after that.
    async fn drain(&mut self) {
        while let Some((id, ending)) = self.crew.next().await {
            self.ended(id, &ending);
            self.send((self.clock)());
        }
    }
}

fn key(of: &Identity) -> String {
    serde_json::Value::from(vec![&*of.subject, &*of.name]).to_string()
}

fn identity(key: &str) -> Option<Identity> {
    let (subject, name) = serde_json::from_str(key).ok()?;
    Some(Identity { subject, name })
}

#[async_trait]
impl Part for AlertsPart {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        self.collect();
        if self.jobs.len() >= WAITING {
            // What ends makes room until the same events come again.
            self.write().await?;
            return Err(PartError::Away(format!("{} notifications wait", self.jobs.len())));
        }
        let mut failed = None;
        let is_told = |kind| matches!(kind, Kind::Alert | Kind::Status);
        for event in events.iter().filter(|event| is_told(event.kind()) && event.origin() != ORIGIN)
        {
            self.hear(event, &mut failed).await?;
        }
        self.close().await
    }

    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        self.collect();
        self.wake((self.clock)()).await?;
        self.look_at_problems((self.clock)()).await?;
        self.sweep();
        self.close().await
    }

    async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        self.collect();
        // Without a ledger there is no later: what waits is told now, and tried once more.
        self.is_last = !self.book.is_durable();
        let now = if self.is_last { f64::INFINITY } else { (self.clock)() };
        self.wake(now).await?;
        if self.is_last {
            self.jobs.values_mut().for_each(|job| job.due = 0.0);
        }
        self.write().await?;
        self.drain().await;
        self.close().await
    }
}
