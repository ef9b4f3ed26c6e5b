//! Finds lookups that lead back to themselves.

use crate::Fault;

/// What is being looked up now, the outermost first.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    open: Vec<String>,
}

/// How deep lookups may lie in each other where none repeats.
const DEEPEST: usize = 100;

impl Guard {
    /// Goes into something; [`Guard::leave`] comes out of it again.
    ///
    /// # Errors
    ///
    /// Where it is open already: the fault names the whole circle. Where too much is open.
    pub fn enter(&mut self, what: &str) -> Result<(), Fault> {
        if let Some(start) = self.open.iter().position(|open| open == what) {
            let circle = self.open[start..].join(" -> ");
            return Err(Fault::new(
                format!("an interpolation leads back to itself: {circle} -> {what}"),
                "take one of them out of the circle",
            ));
        }
        if self.open.len() >= DEEPEST {
            return Err(Fault::new(
                format!("more than {DEEPEST} interpolations in each other"),
                "write the values out",
            ));
        }
        self.open.push(what.to_owned());
        Ok(())
    }

    /// Comes out of what was entered last.
    pub fn leave(&mut self) {
        self.open.pop();
    }
}
