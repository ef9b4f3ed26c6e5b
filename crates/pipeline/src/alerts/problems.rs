//! Looks at problems that stay: those that are told again, and those that were cleared.

use std::collections::{BTreeSet, HashMap};

use groundrule_core::event::Severity;

use super::job;
use super::part::AlertsPart;
use super::round::Round;
use super::teller::{Matter, Teller};
use super::watch::{Reason, Watch};
use crate::part::PartError;
use crate::status::{Identity, Query};

/// After which time problems are looked at again, in seconds, unless they are told again sooner.
const LOOKED_AT: f64 = 10.0;

impl AlertsPart {
    /// Tells again what stays, and the end of what somebody has cleared.
    pub(super) async fn look_at_problems(&mut self, now: f64) -> Result<(), PartError> {
        let rules = self.teller.rules;
        let repeat = rules.repeat.as_secs_f64();
        let every = if repeat > 0.0 { repeat.min(LOOKED_AT) } else { LOOKED_AT };
        if (0.0..every).contains(&(now - self.stayed)) {
            return Ok(());
        }
        self.stayed = now;
        let problems = self.those(|watch| watch.severity() != Severity::Ok);
        if problems.is_empty() {
            return Ok(());
        }
        let problem = Query { problems: true, ..Query::default() };
        let rows = self.teller.store.rows(&problem).await?;
        let rows = rows.into_iter().map(|row| (row.identity, row.acknowledged.is_some()));
        let is_known: HashMap<Identity, bool> = rows.collect();
        let asks = |watch: &Watch, is_known: Option<&bool>| match is_known {
            Some(is_known) => !watch.is_stored() || !is_known && watch.may_be_due(now, &rules),
            None => watch.is_stored() || watch.may_be_due(now, &rules),
        };
        let asks = |of: &Identity| {
            self.watches.get(of).is_some_and(|known| asks(&known.watch, is_known.get(of)))
        };
        let asking: BTreeSet<Identity> = problems.into_iter().filter(asks).collect();
        self.settle(asking, &Matter::Stay(&is_known, now)).await
    }
}

impl Teller {
    /// Looks at a problem that stays. Whether somebody knows of it is none where no row says that
    /// it is one.
    pub(super) async fn look_at_problem(
        &self,
        round: &mut Round,
        of: &Identity,
        is_known: Option<bool>,
        now: f64,
    ) -> Result<(), PartError> {
        let Some(mut watch) = round.take(of) else { return Ok(()) };
        if watch.severity() == Severity::Ok {
            round.keep(of, watch);
            return Ok(());
        }
        let is_due = watch.is_due_again(now, &self.rules);
        if is_known.is_some() {
            watch.see();
        } else if watch.is_stored() {
            // If there is a row it is well, which will be heard of.
            if !self.is_there(of).await? {
                self.end(round, of, &mut watch, now).await?;
            }
            round.keep(of, watch);
            return Ok(());
        }
        // Where there is no row: alerts may come from others than the status.
        let event = match is_due && is_known != Some(true) {
            true => watch.event.as_deref().and_then(job::read),
            false => None,
        };
        match event {
            Some(event) => self.follow(round, of, watch, &event, Some(Reason::Repeated)).await,
            None => {
                round.keep(of, watch);
                Ok(())
            }
        }
    }

    async fn is_there(&self, of: &Identity) -> Result<bool, PartError> {
        let (subject, name) = (Some(of.subject.clone()), Some(of.name.clone()));
        Ok(!self.store.rows(&Query { subject, name, problems: false }).await?.is_empty())
    }

    /// It was cleared: its end is told, and what comes next begins anew.
    async fn end(
        &self,
        round: &mut Round,
        of: &Identity,
        watch: &mut Watch,
        now: f64,
    ) -> Result<(), PartError> {
        if watch.is_owed() {
            watch.end();
            let event = job::cleared(of, now);
            self.tell(round, of, watch, &event, Reason::Resolved, now).await?;
        }
        watch.clear();
        Ok(())
    }
}
