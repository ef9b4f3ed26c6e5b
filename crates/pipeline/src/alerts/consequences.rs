//! Looks at what is silent because of something else.

use std::collections::BTreeSet;

use groundrule_core::event::Severity;

use super::failed::Failed;
use super::job;
use super::part::AlertsPart;
use super::round::Round;
use super::teller::{Matter, Teller};
use super::watch::{Reason, Watch};
use crate::part::PartError;
use crate::status::Identity;

/// After which time consequences are looked at again although nothing else failed or was repaired,
/// in seconds: dependencies may be others then.
const LOOKED_AT: f64 = 60.0;

impl AlertsPart {
    /// Tells what is still there although its cause is gone.
    pub(super) async fn look_at_consequences(&mut self, now: f64) -> Result<(), PartError> {
        let silent = self.those(Watch::is_silent);
        if silent.is_empty() {
            return Ok(());
        }
        let failed = Failed::read(&*self.teller.store).await?;
        let all = failed.all().to_vec();
        if all == self.looked.0 && (0.0..LOOKED_AT).contains(&(now - self.looked.1)) {
            return Ok(());
        }
        // What is no problem any more will be heard of.
        let silent = silent.into_iter().filter(|of| failed.is_problem(of)).collect();
        self.settle(silent, &Matter::Causes).await?;
        self.looked = (all, now);
        Ok(())
    }
}

impl Teller {
    pub(super) async fn look_at_causes(
        &self,
        round: &mut Round,
        all: &BTreeSet<Identity>,
    ) -> Result<(), PartError> {
        let mut orphans = Vec::new();
        for of in all {
            if !round.watch(of).is_some_and(Watch::is_silent) {
                continue;
            }
            match self.failures(round).await?.cause(&*self.causes, of) {
                Some(path) => self.explain(round, of, path).await?,
                None => orphans.push(of),
            }
        }
        // One of them may be the cause of others.
        for of in &orphans {
            let severity = round.watch(of).map(Watch::severity);
            self.failures(round).await?.set(of, severity == Some(Severity::Critical));
        }
        for of in orphans {
            let Some(watch) = round.take(of) else { continue };
            match watch.event.as_deref().and_then(job::read) {
                Some(event) => {
                    self.follow(round, of, watch, &event, Some(Reason::Delayed)).await?;
                }
                None => round.keep(of, watch),
            }
        }
        Ok(())
    }

    /// It is silent still, maybe because of something else than before.
    async fn explain(
        &self,
        round: &mut Round,
        of: &Identity,
        path: Vec<String>,
    ) -> Result<(), PartError> {
        let Some(mut watch) = round.take(of) else { return Ok(()) };
        if watch.suppressed() != Some(&path) {
            self.suppress(round, of, &path).await?;
            watch.suppress(path);
        }
        round.keep(of, watch);
        Ok(())
    }
}
