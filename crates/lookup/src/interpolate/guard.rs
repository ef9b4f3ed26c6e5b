//! Finds lookups that lead back to themselves.

use std::sync::Arc;

use crate::Fault;

/// What is being looked up now, the outermost first.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    open: Vec<Arc<str>>,
}

/// How deep lookups may lie in each other where none repeats.
const DEEPEST: usize = 100;

impl Guard {
    /// Asks for something that is only gone into where there is an expression in it.
    ///
    /// # Errors
    ///
    /// Where it is open already: the fault names the whole circle.
    pub fn check(&self, what: &str) -> Result<(), Fault> {
        let Some(start) = self.open.iter().position(|open| **open == *what) else { return Ok(()) };
        let circle = self.open[start..].join(" -> ");
        Err(Fault::new(
            format!("an interpolation leads back to itself: {circle} -> {what}"),
            "take one of them out of the circle",
        ))
    }

    /// Goes into something; [`Guard::leave`] comes out of it again.
    ///
    /// # Errors
    ///
    /// As [`Guard::check`], and where too much is open.
    pub fn enter(&mut self, what: impl Into<Arc<str>>) -> Result<(), Fault> {
        let what = what.into();
        self.check(&what)?;
        if self.open.len() >= DEEPEST {
            return Err(Fault::new(
                format!("more than {DEEPEST} interpolations in each other"),
                "write the values out",
            ));
        }
        self.open.push(what);
        Ok(())
    }

    /// Comes out of what was entered last.
    pub fn leave(&mut self) {
        self.open.pop();
    }
}
