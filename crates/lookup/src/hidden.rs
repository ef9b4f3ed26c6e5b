//! Variables that were never read, because the redaction list covers them.

use std::sync::Arc;

use groundrule_core::fact::FactName;
use groundrule_core::redaction::{self, Redaction};

use crate::Fault;
use crate::data::Value;

/// What is on the redaction list: whoever asks for it gets a fault, not an empty text.
#[derive(Clone, Debug, Default)]
pub struct Hidden(Option<Arc<Redaction>>);

impl Hidden {
    /// By this list.
    pub fn by(redaction: Arc<Redaction>) -> Self {
        Self(Some(redaction))
    }

    /// Refuses what was never read, whole or in part.
    ///
    /// # Errors
    /// Where the list covers the variable, or something in it.
    pub fn check(&self, name: &str, value: Option<&Value>) -> Result<(), Fault> {
        let Some(hidden) = &self.0 else { return Ok(()) };
        let is_partial = || match value {
            Some(value @ (Value::Hash(_) | Value::Array(_))) => {
                redaction::is_partial(&value.into())
            }
            _ => false,
        };
        if hidden.covers_fact(&FactName::new(name.strip_prefix("::").unwrap_or(name)))
            || is_partial()
        {
            let what = format!("the variable {name} is on the redaction list and never read");
            return Err(Fault::new(what, "do not let data depend on secrets"));
        }
        Ok(())
    }
}
