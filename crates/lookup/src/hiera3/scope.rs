//! The variables that a lookup is made with.

use crate::Fault;
use crate::data::{Map, Value};
use crate::interpolate::{self, Segment};

/// The variables of one machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scope {
    variables: Map,
}

impl Scope {
    /// With these variables.
    #[must_use]
    pub fn new(variables: Map) -> Self {
        Self { variables }
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
    /// Where the name cannot be read, or asks for a part of what has no such parts.
    pub fn dig(&self, name: &str) -> Result<Option<&Value>, Fault> {
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
        Self { variables: variables.into_iter().collect() }
    }
}
