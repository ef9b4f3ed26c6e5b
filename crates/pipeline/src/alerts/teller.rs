//! Decides what is told, and to whom.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use groundrule_core::event::{Event, Severity};

use super::causes::Causes;
use super::failed::Failed;
use super::job::{self, Job};
use super::notifier::Notifier;
use super::round::Round;
use super::rules::AlertRules;
use super::said::Said;
use super::watch::{News, Reason, Watch};
use crate::part::{Clock, PartError};
use crate::status::{self, Identity, Query, StatusStore};

/// What there is to decide on.
pub(super) enum Matter<'m> {
    /// Events came.
    Heard(&'m [(Identity, &'m Event)]),
    /// A time is over at which something was to be told.
    Time(f64),
    /// Their causes may be gone, or others.
    Causes,
    /// They stay, or are cleared: whether somebody knows of them, by what is a problem.
    Stay(&'m HashMap<Identity, bool>, f64),
}

/// Decides what is told, and to whom.
pub(super) struct Teller {
    pub(super) rules: AlertRules,
    pub(super) notifiers: Arc<[Notifier]>,
    pub(super) store: Arc<dyn StatusStore>,
    pub(super) causes: Arc<dyn Causes>,
    pub(super) clock: Clock,
}

impl Teller {
    /// Decides on everything that is asked, by what the round has read. Nothing is told before that
    /// is written; but rows are marked.
    pub(super) async fn decide(
        &self,
        matter: &Matter<'_>,
        all: &BTreeSet<Identity>,
        round: &mut Round,
    ) -> Result<(), PartError> {
        match matter {
            Matter::Heard(events) => {
                for (of, event) in events.iter().filter(|(of, _)| all.contains(of)) {
                    self.hear(round, of, event).await?;
                }
            }
            Matter::Time(now) => {
                for of in all {
                    self.wake(round, of, *now).await?;
                }
            }
            Matter::Causes => self.look_at_causes(round, all).await?,
            Matter::Stay(is_known, now) => {
                for of in all {
                    self.look_at_problem(round, of, is_known.get(of).copied(), *now).await?;
                }
            }
        }
        Ok(())
    }

    async fn hear(&self, round: &mut Round, of: &Identity, event: &Event) -> Result<(), PartError> {
        let now = (self.clock)();
        let (severity, time) = (event.severity(), event.time().unwrap_or(now));
        let mut watch = match round.take(of) {
            Some(watch) => watch,
            // Where the status says that it is good, another process may not have heard yet that it
            // was not: that will be no news.
            None if severity == Severity::Ok && event.origin() != status::ORIGIN => return Ok(()),
            None => Watch::default(),
        };
        let Said { id, order, is_first } = Said::of(event, time);
        if !watch.is_news(order, &id) {
            round.keep(of, watch);
            return Ok(());
        }
        // It was cleared, and is there again.
        if is_first && watch.is_newest(order) && watch.severity() != Severity::Ok {
            watch.clear();
        }
        let was_flapping = watch.is_flapping();
        let wish = watch.hear(News { severity, time, order, id: &id }, now, &self.rules);
        if watch.is_flapping() != was_flapping {
            self.flap(round, of, watch.is_flapping()).await?;
        }
        self.follow(round, of, watch, event, wish).await
    }

    async fn wake(&self, round: &mut Round, of: &Identity, now: f64) -> Result<(), PartError> {
        let Some(mut watch) = round.take(of) else { return Ok(()) };
        let wish = watch.wake(now, &self.rules);
        let event = watch.event.as_deref().and_then(job::read);
        let (Some(wish), Some(event)) = (wish, event) else {
            round.keep(of, watch);
            return Ok(());
        };
        if wish == Reason::Settled {
            self.flap(round, of, false).await?;
        }
        self.follow(round, of, watch, &event, Some(wish)).await
    }

    /// Does what a watch wishes for, and keeps it.
    pub(super) async fn follow(
        &self,
        round: &mut Round,
        of: &Identity,
        mut watch: Watch,
        event: &Event,
        wish: Option<Reason>,
    ) -> Result<(), PartError> {
        let now = (self.clock)();
        if let Some(reason) = wish {
            let is_end = watch.severity() == Severity::Ok && reason != Reason::Flapping;
            if reason == Reason::Repeated && self.is_acknowledged(of).await? {
                // Somebody knows.
            } else if is_end {
                self.tell(round, of, &mut watch, event, reason, now).await?;
            } else {
                let failures = self.failures(round).await?;
                match failures.cause(&*self.causes, of) {
                    Some(path) => {
                        failures.set(of, false);
                        self.suppress(round, of, &path).await?;
                        if watch.suppress(path.clone()) {
                            round.says.push((of.clone(), job::suppressed(event, &path, now)));
                        }
                    }
                    None => self.tell(round, of, &mut watch, event, reason, now).await?,
                }
            }
        }
        let is_told_later = watch.waits() || watch.severity() != Severity::Ok;
        watch.event = is_told_later.then(|| job::kept(event));
        round.keep(of, watch);
        Ok(())
    }

    /// What failed, as it is known in this round.
    pub(super) async fn failures<'r>(
        &self,
        round: &'r mut Round,
    ) -> Result<&'r mut Failed, PartError> {
        if round.failed.is_none() {
            round.failed = Some(Failed::read(&*self.store).await?);
        }
        Ok(round.failed.get_or_insert_default())
    }

    async fn is_acknowledged(&self, of: &Identity) -> Result<bool, PartError> {
        let (subject, name) = (Some(of.subject.clone()), Some(of.name.clone()));
        let query = Query { subject, name, problems: true };
        let rows = self.store.rows(&query).await?;
        Ok(rows.iter().any(|row| row.acknowledged.is_some()))
    }

    /// Tells everybody who should know.
    pub(super) async fn tell(
        &self,
        round: &mut Round,
        of: &Identity,
        watch: &mut Watch,
        event: &Event,
        reason: Reason,
        now: f64,
    ) -> Result<(), PartError> {
        if watch.suppressed().is_some() {
            self.suppress(round, of, &[]).await?;
        }
        let severity = watch.severity();
        let raw = job::notification(event, reason, &self.rules);
        for notifier in &*self.notifiers {
            let wanted = if severity == Severity::Ok || reason == Reason::Flapping {
                watch.was_any_of(&notifier.severities)
            } else {
                notifier.severities.contains(&severity)
            };
            if !wanted {
                continue;
            }
            round.jobs.push(Job {
                notifier: notifier.name.clone(),
                event: raw.clone(),
                about: (of.subject.clone(), of.name.clone()),
                attempts: 0,
                due: now,
            });
        }
        watch.tell(reason, now);
        Ok(())
    }

    /// Marks its row as the consequence of something, or of nothing.
    pub(super) async fn suppress(
        &self,
        round: &mut Round,
        of: &Identity,
        path: &[String],
    ) -> Result<(), PartError> {
        round.mark(of);
        self.store.suppress(of, path).await?;
        Ok(())
    }

    async fn flap(&self, round: &mut Round, of: &Identity, flaps: bool) -> Result<(), PartError> {
        round.mark(of);
        self.store.flap(of, flaps).await?;
        Ok(())
    }
}
