//! Runs a program with the event on its standard input.

use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::Event;
use serde::Deserialize;

use super::process;
use super::template::Template;
use super::{Action, ActionError, Means, Outcome, Plan};

/// The options of `command`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Command {
    /// The program and its arguments, in which fields of the event can be.
    run: Vec<Template>,
}

impl Plan for Command {
    fn check(&self) -> Result<(), String> {
        match self.run.first() {
            None => Err("run is empty: a program and its arguments".to_owned()),
            Some(program) if !program.is_fixed() => {
                Err("run starts with a field of the event: name a program".to_owned())
            }
            Some(_) => Ok(()),
        }
    }

    fn build(&self, means: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        Ok(Box::new(Run { words: self.run.clone(), environment: means.environment.clone(), limit }))
    }
}

/// A program with its arguments, able to run.
pub(super) struct Run {
    pub(super) words: Vec<Template>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) limit: Duration,
}

#[async_trait]
impl Action for Run {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        let words: Vec<String> =
            self.words.iter().map(|word| word.fill(event)).collect::<Result<_, _>>()?;
        let ended = process::told(event, &words, &self.environment, self.limit).await?;
        ended.judged(&words[0])
    }
}
