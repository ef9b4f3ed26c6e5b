//! What alerts and callbacks do: one file for each kind of action, and one table of them all.

mod book;
mod command;
mod crew;
mod features;
mod ledger;
mod log;
mod mail;
mod mco;
mod outcome;
mod process;
mod queue;
mod secret;
mod template;
mod webhook;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Sink};
use groundrule_core::event::Event;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

pub(crate) use book::Book;
pub(crate) use crew::{Crew, Ending};
pub use ledger::Ledger;
pub use outcome::{ActionError, Outcome};

/// How long an action may take where nothing else is said.
pub const TIMEOUT: Duration = Duration::from_secs(30);

/// Something that can be done about an event.
#[async_trait]
pub trait Action: Send + Sync {
    /// Does it.
    ///
    /// # Errors
    /// When it did not work, with all that is known of it.
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError>;
}

/// An action as it is configured: valid, and not yet able to do anything.
pub trait Plan: fmt::Debug + Send + Sync {
    /// Says what is wrong with it beyond the types of its options.
    ///
    /// # Errors
    /// When it could never work.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Makes the action of it; it will take no longer than `limit`.
    ///
    /// # Errors
    /// When it needs something that cannot be had.
    fn build(&self, means: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError>;
}

/// Makes a sink of a transport's address.
pub type Sinks = Arc<dyn Fn(&str) -> Result<Box<dyn Sink>, CarryError> + Send + Sync>;

/// What actions need of the program around them.
#[derive(Clone)]
pub struct Means {
    /// Makes a sink of a transport's address.
    pub sinks: Sinks,
    /// This program, and what comes before the arguments of a run: it judges features.
    pub features: Vec<String>,
    /// The whole environment of programs that are started, such as `PATH`, `HOME` and `LANG`.
    pub environment: Vec<(String, String)>,
}

impl fmt::Debug for Means {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Means").field("features", &self.features).finish_non_exhaustive()
    }
}

/// A kind of action.
#[derive(Debug)]
pub struct ActionKind {
    /// As it is written in a configuration.
    pub name: &'static str,
    /// What it does.
    pub about: &'static str,
    read: fn(Options) -> Result<Box<dyn Plan>, String>,
}

/// The options of an action by name.
type Options = Map<String, Value>;

/// Every kind of action.
pub const KINDS: &[ActionKind] = &[
    ActionKind {
        name: "command",
        about: "runs a program with the event on its standard input",
        read: read::<command::Command>,
    },
    ActionKind {
        name: "features",
        about: "judges features with this program",
        read: read::<features::Features>,
    },
    ActionKind {
        name: "log",
        about: "writes a line to a file or to the log",
        read: read::<log::Log>,
    },
    ActionKind { name: "mail", about: "sends a mail by SMTP", read: read::<mail::Mail> },
    ActionKind {
        name: "mco",
        about: "runs an MCollective action on machines that a filter selects",
        read: read::<mco::Mco>,
    },
    ActionKind {
        name: "queue",
        about: "sends the event to any transport",
        read: read::<queue::Queue>,
    },
    ActionKind {
        name: "webhook",
        about: "posts the event to an HTTP address",
        read: read::<webhook::Webhook>,
    },
];

/// Reads an action of a kind from its options.
///
/// # Errors
/// When there is no such kind among those that are allowed, or an option is wrong.
pub fn plan(
    kind: &str,
    allowed: &[&str],
    options: Map<String, Value>,
) -> Result<Box<dyn Plan>, String> {
    let known = KINDS.iter().filter(|each| allowed.contains(&each.name));
    let names: Vec<&str> = known.clone().map(|each| each.name).collect();
    let found = known.into_iter().find(|each| each.name == kind);
    let found = found.ok_or_else(|| format!("kind is {kind:?}: one of {}", names.join(", ")))?;
    (found.read)(options).map_err(|reason| format!("{kind}: {reason}"))
}

fn read<P: DeserializeOwned + Plan + 'static>(options: Options) -> Result<Box<dyn Plan>, String> {
    let plan: P =
        serde_json::from_value(Value::Object(options)).map_err(|error| error.to_string())?;
    plan.check()?;
    Ok(Box::new(plan))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(kind: &str, options: Value) -> String {
        let all: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        let Value::Object(options) = options else { panic!("options are an object") };
        plan(kind, &all, options).unwrap_err()
    }

    #[test]
    fn what_is_wrong_with_an_action_is_told() {
        assert_eq!(
            wrong("pager", json!({})),
            "kind is \"pager\": one of command, features, log, mail, mco, queue, webhook"
        );
        assert!(
            wrong("command", json!({"run": ["x"], "shell": true}))
                .contains("unknown field `shell`")
        );
        assert_eq!(
            wrong("command", json!({"run": []})),
            "command: run is empty: a program and its arguments"
        );
        assert!(wrong("command", json!({"run": ["x", "{host}"]})).contains("{host} is unknown"));
        assert!(wrong("command", json!({"run": ["{subject}"]})).contains("run starts with"));
        assert!(wrong("webhook", json!({"url": "ftp://x/"})).contains("http"));
        assert!(wrong("webhook", json!({"url": "http://me:secret@x/"})).contains("token_file"));
        assert!(!wrong("webhook", json!({"url": "http://me:secret@x/"})).contains("secret"));
        assert!(wrong("mco", json!({"agent": "puppet", "action": "runonce"})).contains("filter"));
        assert!(
            wrong("mail", json!({"to": ["nobody"], "from": "a@b", "server": "x"}))
                .contains("nobody")
        );
    }
}
