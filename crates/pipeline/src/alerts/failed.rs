//! What failed, and is not the consequence of something else.

use std::collections::BTreeMap;

use groundrule_core::event::Severity;

use crate::part::PartError;
use crate::status::{Identity, Query, StatusStore};

/// What failed.
#[derive(Debug, Default)]
pub(super) struct Failed {
    /// Every problem, and whether it is a failure that stands for itself.
    problems: BTreeMap<Identity, bool>,
}

impl Failed {
    /// As the store says.
    pub(super) async fn read(store: &dyn StatusStore) -> Result<Self, PartError> {
        let query = Query { problems: true, ..Query::default() };
        let rows = store.rows(&query).await?;
        let stands = |row: &crate::status::Row| {
            row.severity == Severity::Critical && row.suppressed.is_empty()
        };
        let problems = rows.into_iter().map(|row| {
            let stands = stands(&row);
            (row.identity, stands)
        });
        Ok(Self { problems: problems.collect() })
    }

    /// Whether it is no good.
    pub(super) fn is_problem(&self, of: &Identity) -> bool {
        self.problems.contains_key(of)
    }

    /// It stands for itself from now on, or not any more.
    pub(super) fn set(&mut self, of: &Identity, stands: bool) {
        if let Some(known) = self.problems.get_mut(of) {
            *known = stands;
        }
    }

    /// Every failure that stands for itself, but for one.
    pub(super) fn but(&self, of: Option<&Identity>) -> Vec<Identity> {
        let stand = self.problems.iter().filter(|(known, stands)| **stands && Some(*known) != of);
        stand.map(|(identity, _)| identity.clone()).collect()
    }
}
