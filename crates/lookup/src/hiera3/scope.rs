//! The variables that a lookup is made with.

use std::sync::Arc;

use groundrule_core::redaction::Redaction;

use crate::Fault;
use crate::data::{Map, Value};
use crate::hidden::Hidden;
use crate::interpolate::{self, Segment};

/// The variables of one machine.
#[derive(Clone, Debug, Default)]
pub struct Scope {
    variables: Map,
    hidden: Hidden,
}

impl Scope {
    /// With these variables.
    #[must_use]
    pub fn new(variables: Map) -> Self {
        Self { variables, hidden: Hidden::default() }
    }

    /// Says which variables were never read: whoever asks for one of them gets a fault, not an empty
    /// text.
    #[must_use]
    pub fn without(mut self, hidden: Arc<Redaction>) -> Self {
        self.hidden = Hidden::by(hidden);
        self
    }

    /// Sets one.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.variables.insert(name.into(), value.into());
    }

    /// All of them.
    #[must_use]
    pub fn variables(&self) -> &Map {
        &self.variables
    }

    /// One by its name. `::x` is the variable `x` as well, as it is inside of Puppet.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.variables.get(name).or_else(|| self.variables.get(name.strip_prefix("::")?))
    }

    /// What a dotted name stands for; none where there is no such variable.
    ///
    /// # Errors
    ///
    /// Where the name cannot be read, asks for a part of what has no such parts, or was never read.
    pub fn dig(&self, name: &str) -> Result<Option<&Value>, Fault> {
        let value = self.found(name)?;
        self.hidden.check(name, value)?;
        Ok(value)
    }

    fn found(&self, name: &str) -> Result<Option<&Value>, Fault> {
        if !name.contains(['.', '"', '\''])
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && !name.is_empty()
        {
            return Ok(self.get(name));
        }
        let segments = interpolate::split(name)?;
        let mut found = match segments.first() {
            Some(Segment::Name(first)) => self.get(first),
            Some(Segment::Index(_, text)) => {
                return Err(Fault::new(
                    format!("the variable '{text}' is a number"),
                    "name a variable; a number is a place in a list",
                ));
            }
            None => None,
        };
        for segment in segments.iter().skip(1) {
            let Some(value) = found else { return Ok(None) };
            found = segment.of(value)?;
        }
        Ok(found)
    }
}

impl FromIterator<(Value, Value)> for Scope {
    fn from_iter<I: IntoIterator<Item = (Value, Value)>>(variables: I) -> Self {
        Self::new(variables.into_iter().collect())
    }
}
