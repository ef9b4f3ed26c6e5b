//! Looks at problems that stay: those that are told again, and those that were cleared.

use std::collections::HashMap;

use groundrule_core::event::Severity;

use super::failed::Failed;
use super::job;
use super::part::AlertsPart;
use super::watch::Reason;
use crate::part::PartError;
use crate::status::{Identity, Query};

/// After which time problems are looked at again, in seconds, unless they are told again sooner.
const LOOKED_AT: f64 = 10.0;

impl AlertsPart {
    /// Tells again what stays, and the end of what somebody has cleared.
    pub(super) async fn look_at_problems(&mut self, now: f64) -> Result<(), PartError> {
        let repeat = self.rules.repeat.as_secs_f64();
        let every = if repeat > 0.0 { repeat.min(LOOKED_AT) } else { LOOKED_AT };
        if (0.0..every).contains(&(now - self.stayed)) {
            return Ok(());
        }
        self.stayed = now;
        let problems = self.watches.iter().filter(|(_, watch)| watch.severity() != Severity::Ok);
        let problems: Vec<Identity> = problems.map(|(of, _)| of.clone()).collect();
        if problems.is_empty() {
            return Ok(());
        }
        let rows = self.store.rows(&Query { problems: true, ..Query::default() }).await?;
        let rows = rows.into_iter().map(|row| (row.identity, row.acknowledged.is_some()));
        let is_known: HashMap<Identity, bool> = rows.collect();
        let mut failed = None;
        for of in problems {
            let Some(watch) = self.watches.get_mut(&of) else { continue };
            let is_due = watch.is_due_again(now, &self.rules);
            let is_told = match is_known.get(&of) {
                Some(is_known) => {
                    if watch.see() {
                        self.changed.insert(of.clone());
                    }
                    !is_known
                }
                None if watch.is_stored() => {
                    // If there is a row it is well, which will be heard of.
                    if !self.is_there(&of).await? {
                        self.end(&of, now).await?;
                    }
                    false
                }
                // Alerts may come from others than the status.
                None => true,
            };
            if is_due && is_told {
                self.tell_again(&of, &mut failed).await?;
            }
        }
        Ok(())
    }

    async fn tell_again(
        &mut self,
        of: &Identity,
        failed: &mut Option<Failed>,
    ) -> Result<(), PartError> {
        let Some(watch) = self.watches.get(of).cloned() else { return Ok(()) };
        let Some(event) = watch.event.as_deref().and_then(job::read) else { return Ok(()) };
        self.follow(of, watch, &event, Some(Reason::Repeated), failed).await
    }

    async fn is_there(&self, of: &Identity) -> Result<bool, PartError> {
        let (subject, name) = (Some(of.subject.clone()), Some(of.name.clone()));
        Ok(!self.store.rows(&Query { subject, name, problems: false }).await?.is_empty())
    }

    /// It was cleared: its end is told, and what comes next begins anew.
    async fn end(&mut self, of: &Identity, now: f64) -> Result<(), PartError> {
        let Some(mut watch) = self.watches.get(of).cloned() else { return Ok(()) };
        if watch.is_owed() {
            watch.end();
            self.tell(of, &mut watch, &job::cleared(of, now), Reason::Resolved, now).await?;
        }
        watch.clear();
        self.keep(of, watch);
        Ok(())
    }
}
