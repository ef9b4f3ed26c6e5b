//! Judges features with this very program.

use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::Event;
use serde::Deserialize;

use super::process;
use super::template::Template;
use super::{Action, ActionError, Means, Outcome, Plan};

/// The options of `features`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Features {
    /// The arguments of the run, such as features and options, in which fields of the event can be.
    arguments: Vec<Template>,
}

impl Plan for Features {
    fn build(&self, means: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        if means.features.is_empty() {
            return Err(ActionError::refused("features cannot be judged from here"));
        }
        Ok(Box::new(Judge {
            program: means.features.clone(),
            arguments: self.arguments.clone(),
            environment: means.environment.clone(),
            limit,
        }))
    }
}

struct Judge {
    program: Vec<String>,
    arguments: Vec<Template>,
    environment: Vec<(String, String)>,
    limit: Duration,
}

#[async_trait]
impl Action for Judge {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        let mut words = self.program.clone();
        for argument in &self.arguments {
            words.push(argument.fill(event)?);
        }
        let ended = process::told(event, &words, &self.environment, self.limit).await?;
        ended.judged("the run of features")
    }
}
