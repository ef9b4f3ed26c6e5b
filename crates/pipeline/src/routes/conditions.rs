//! The conditions of all rules, each read once however many rules have it.

use std::collections::HashMap;
use std::sync::Arc;

use super::check::Wrong;
use super::condition::Condition;

/// Conditions by their text.
#[derive(Debug, Default)]
pub(super) struct Conditions(HashMap<String, Arc<Condition>>);

impl Conditions {
    /// The condition of this text.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn get(&mut self, text: &str) -> Result<Arc<Condition>, Vec<Wrong>> {
        if let Some(condition) = self.0.get(text) {
            return Ok(Arc::clone(condition));
        }
        let condition = Arc::new(Condition::parse(text)?);
        self.0.insert(text.to_owned(), Arc::clone(&condition));
        Ok(condition)
    }
}
