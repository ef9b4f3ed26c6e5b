//! Hears alerts, and tells those of which somebody should know.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::{Event, Kind};

use super::causes::Causes;
use super::notifier::{Notifier, NotifierSetting};
use super::outbox::Outbox;
use super::rules::AlertRules;
use super::shared::{Known, Pending};
use super::teller::{Matter, Teller};
use super::watch::Watch;
use super::{AlertState, ORIGIN};
use crate::actions::{Book, Crew, Means};
use crate::part::{Clock, Part, PartError};
use crate::status::{Identity, StatusStore};

/// How many notifications may wait: more alerts are not taken in before there is room.
const WAITING: usize = 10_000;

/// After which time something good is forgotten, in seconds.
const FORGOTTEN: f64 = 86_400.0;

/// After which time it is looked what other processes did, in seconds.
const SHARED: f64 = 10.0;

/// What the part is made of.
pub struct AlertsSetup {
    /// When somebody is notified.
    pub rules: AlertRules,
    /// Who, and how.
    pub notifiers: Vec<NotifierSetting>,
    /// What that needs.
    pub means: Means,
    /// What is so, and what was told of it: processes that share it tell everything once.
    pub store: Arc<dyn StatusStore>,
    /// What is the consequence of what.
    pub causes: Arc<dyn Causes>,
    /// What is still to be sent.
    pub state: AlertState,
    /// The time.
    pub clock: Clock,
}

/// The part that notifies.
pub struct AlertsPart {
    pub(super) teller: Teller,
    pub(super) book: Book,
    pub(super) outbox: Outbox,
    /// Those of which there is something to tell sooner or later, as the store had them lately.
    pub(super) watches: HashMap<Identity, Known>,
    /// What was decided, as long as it is not certain that the store has it.
    pub(super) pending: Option<Pending>,
    /// Those whose rows may be marked otherwise than their watches say.
    pub(super) unsure: BTreeSet<Identity>,
    /// What failed when consequences were looked at, and when that was.
    pub(super) looked: (Vec<Identity>, f64),
    /// When problems that stay were looked at.
    pub(super) stayed: f64,
    /// When it was looked what others did.
    shared: f64,
    swept: f64,
    /// How long a notification may take.
    longest: Duration,
}

impl AlertsPart {
    /// Makes the part; what an earlier process had no time for is done now.
    ///
    /// # Errors
    /// When a notifier cannot be made, or what is remembered cannot be read, here or in the store.
    pub async fn open(setup: AlertsSetup) -> Result<Self, PartError> {
        let mut names = HashSet::new();
        for setting in &setup.notifiers {
            if !names.insert(setting.name.clone()) {
                let why = format!("two notifiers are named {:?}: rename one", setting.name);
                return Err(PartError::Refused(why));
            }
        }
        let build = |setting| Notifier::build(setting, &setup.means);
        let notifiers: Arc<[Notifier]> =
            setup.notifiers.into_iter().map(build).collect::<Result<_, _>>()?;
        let longest = notifiers.iter().map(|notifier| notifier.timeout).max();
        let (book, (marks, jobs)) = Book::open(setup.state).await?;
        let mut outbox = Outbox::new(Arc::clone(&notifiers));
        outbox.add_written(jobs);
        let now = (setup.clock)();
        let teller = Teller {
            rules: setup.rules,
            notifiers,
            store: setup.store,
            causes: setup.causes,
            clock: setup.clock,
        };
        let mut part = Self {
            teller,
            book,
            outbox,
            watches: HashMap::new(),
            pending: None,
            unsure: BTreeSet::new(),
            looked: (Vec::new(), f64::NEG_INFINITY),
            stayed: f64::NEG_INFINITY,
            shared: f64::NEG_INFINITY,
            swept: now,
            longest: longest.unwrap_or_default(),
        };
        part.hand_in(marks).await?;
        part.look_at_others(now).await?;
        Ok(part)
    }

    /// The time.
    pub(super) fn now(&self) -> f64 {
        (self.teller.clock)()
    }

    /// Those of the watches that are known here of which something is so.
    pub(super) fn those(&self, so: impl Fn(&Watch) -> bool) -> BTreeSet<Identity> {
        let those = self.watches.iter().filter(|(_, known)| so(&known.watch));
        those.map(|(of, _)| of.clone()).collect()
    }

    /// Takes over the notifications of processes that are no more.
    async fn adopt(&mut self) -> Result<(), PartError> {
        let jobs = self.book.adopt(self.outbox.next).await?;
        self.outbox.add_written(jobs);
        Ok(())
    }

    /// Does what time asks of watches.
    async fn wake(&mut self, now: f64) -> Result<(), PartError> {
        let rules = self.teller.rules;
        let asking = self.those(|watch| watch.may_wake(now, &rules));
        self.settle(asking, &Matter::Time(now)).await?;
        self.look_at_consequences(self.now()).await
    }

    /// Looks what other processes told, and what dead ones have left.
    async fn look_at_others(&mut self, now: f64) -> Result<(), PartError> {
        if (0.0..SHARED).contains(&(now - self.shared)) {
            return Ok(());
        }
        self.refresh().await?;
        self.adopt().await?;
        self.shared = now;
        Ok(())
    }

    /// Forgets what was good for long.
    async fn sweep(&mut self, now: f64) -> Result<(), PartError> {
        if (0.0..FORGOTTEN / 24.0).contains(&(now - self.swept)) {
            return Ok(());
        }
        self.teller.store.forget_notes(now - FORGOTTEN).await?;
        self.swept = now;
        Ok(())
    }

    /// Tells what can be told before the end.
    async fn last_words(&mut self, is_last: bool) -> Result<(), PartError> {
        self.make_sure().await?;
        self.wake(if is_last { f64::INFINITY } else { self.now() }).await?;
        if is_last {
            self.outbox.hurry();
        }
        self.write().await
    }

    /// Writes everything down, then sends what is to be sent.
    async fn write(&mut self) -> Result<(), PartError> {
        let now = self.now();
        self.book.write(now).await?;
        self.outbox.send(&mut self.book, now);
        Ok(())
    }

    async fn close(&mut self) -> Result<Vec<Event>, PartError> {
        self.write().await?;
        self.book.close(self.now()).await
    }
}

#[async_trait]
impl Part for AlertsPart {
    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        self.outbox.collect(&mut self.book, (self.teller.clock)());
        self.make_sure().await?;
        if self.outbox.len() >= WAITING {
            // What ends makes room until the same events come again.
            self.write().await?;
            let why = format!("{} notifications wait", self.outbox.len());
            return Err(PartError::Away(why));
        }
        let is_told = |kind| matches!(kind, Kind::Alert | Kind::Status);
        let told = events.iter().filter(|event| is_told(event.kind()) && event.origin() != ORIGIN);
        let of = |event: &Event| Identity {
            subject: event.subject().to_owned(),
            name: event.name().to_owned(),
        };
        let told: Vec<(Identity, &Event)> = told.map(|event| (of(event), event)).collect();
        let all = told.iter().map(|(of, _)| of.clone()).collect();
        self.settle(all, &Matter::Heard(&told)).await?;
        self.close().await
    }

    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        let now = self.now();
        self.outbox.collect(&mut self.book, now);
        self.make_sure().await?;
        self.look_at_others(now).await?;
        self.wake(now).await?;
        self.look_at_problems(now).await?;
        self.sweep(now).await?;
        self.close().await
    }

    async fn finish(&mut self) -> Result<Vec<Event>, PartError> {
        let until = Crew::closing();
        self.outbox.collect(&mut self.book, (self.teller.clock)());
        // Without a ledger there is no later: what waits is told now, and tried once more.
        let is_last = !self.book.is_durable();
        self.outbox.is_last = is_last;
        // What is being sent is waited for in any case.
        if let Err(error) = self.last_words(is_last).await {
            tracing::warn!(%error, "what is to be told is left to others");
        }
        let until = (!is_last).then_some(until);
        self.outbox.drain(&mut self.book, &self.teller.clock, until).await;
        self.close().await
    }

    fn patience(&self) -> Duration {
        Crew::patience(self.longest)
    }
}
