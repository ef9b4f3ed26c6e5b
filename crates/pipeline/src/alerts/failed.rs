//! What failed, and is not the consequence of something else.

use std::collections::BTreeSet;

use groundrule_core::event::Severity;

use super::causes::Causes;
use crate::part::PartError;
use crate::status::{Identity, Query, StatusStore};

/// What failed.
#[derive(Debug, Default)]
pub(super) struct Failed {
    /// Everything that is no good.
    problems: BTreeSet<Identity>,
    /// Failures that stand for themselves, sorted.
    stand: Vec<Identity>,
}

impl Failed {
    /// As the store says.
    pub(super) async fn read(store: &dyn StatusStore) -> Result<Self, PartError> {
        let query = Query { problems: true, ..Query::default() };
        let mut failed = Self::default();
        for row in store.rows(&query).await? {
            if row.severity == Severity::Critical && row.suppressed.is_empty() {
                failed.stand.push(row.identity.clone());
            }
            failed.problems.insert(row.identity);
        }
        failed.stand.sort_unstable();
        Ok(failed)
    }

    /// Whether it is no good.
    pub(super) fn is_problem(&self, of: &Identity) -> bool {
        self.problems.contains(of)
    }

    /// It stands for itself from now on, or not any more.
    pub(super) fn set(&mut self, of: &Identity, stands: bool) {
        match self.stand.binary_search(of) {
            Ok(at) if !stands => drop(self.stand.remove(at)),
            Err(at) if stands && self.is_problem(of) => self.stand.insert(at, of.clone()),
            _ => {}
        }
    }

    /// Every failure that stands for itself.
    pub(super) fn all(&self) -> &[Identity] {
        &self.stand
    }

    /// How it is the consequence of one of the others.
    pub(super) fn cause(&mut self, causes: &dyn Causes, of: &Identity) -> Option<Vec<String>> {
        // There can be many, so that they are not copied to leave one out.
        let own = self.stand.binary_search(of).ok().map(|at| (at, self.stand.remove(at)));
        let cause = causes.cause(&self.stand, of);
        if let Some((at, own)) = own {
            self.stand.insert(at, own);
        }
        cause
    }
}
