//! Who is notified, and how.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::event::Severity;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;

use crate::actions::{self, Action, Means};
use crate::part::PartError;

/// How a notifier can notify.
const KINDS: &[&str] = &["command", "log", "mail", "queue", "webhook"];

/// How often a notification is tried.
const ATTEMPTS: u32 = 10;

/// How many notifications of a notifier are sent at once.
const AT_ONCE: usize = 8;

/// The longest wait between two attempts, in seconds.
const LONGEST_WAIT: f64 = 300.0;

/// A notifier as it is configured: `name`, `kind` and its options; `severities`, `timeout` and
/// `attempts` if need be.
#[derive(Debug)]
pub struct NotifierSetting {
    /// Its name.
    pub name: String,
    kind: String,
    severities: Vec<Severity>,
    timeout: Duration,
    attempts: u32,
    plan: Box<dyn actions::Plan>,
}

impl<'de> Deserialize<'de> for NotifierSetting {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        Self::read(Map::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl NotifierSetting {
    fn read(mut options: Map<String, Value>) -> Result<Self, String> {
        let mut text = |key: &str| match options.remove(key) {
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(format!("{key} of a notifier is no text")),
            None => Ok(None),
        };
        let name = text("name")?.ok_or("a notifier has no name")?;
        let told = |why: String| format!("notifier {name:?}: {why}");
        let kind = text("kind")?
            .ok_or_else(|| told(format!("kind is missing: one of {}", KINDS.join(", "))))?;
        let timeout = match text("timeout")? {
            Some(text) => humantime::parse_duration(&text)
                .ok()
                .filter(|time| !time.is_zero())
                .ok_or_else(|| told(format!("timeout is {text:?}: a time such as 30s")))?,
            None => actions::TIMEOUT,
        };
        let attempts = match options.remove("attempts") {
            Some(value) => value
                .as_u64()
                .and_then(|number| u32::try_from(number).ok())
                .filter(|number| (1..=1000).contains(number))
                .ok_or_else(|| told(format!("attempts is {value}: 1 to 1000")))?,
            None => ATTEMPTS,
        };
        let severities = match options.remove("severities") {
            Some(value) => severities(&value).map_err(told)?,
            None => Severity::ALL.to_vec(),
        };
        let plan = actions::plan(&kind, KINDS, options).map_err(told)?;
        Ok(Self { name, kind, severities, timeout, attempts, plan })
    }
}

fn severities(value: &Value) -> Result<Vec<Severity>, String> {
    let severity = |value: &Value| {
        let name = value.as_str()?.to_uppercase();
        Severity::ALL.into_iter().find(|severity| severity.name() == name)
    };
    let list = value.as_array().filter(|list| !list.is_empty());
    list.and_then(|list| list.iter().map(severity).collect::<Option<Vec<_>>>())
        .ok_or_else(|| format!("severities is {value}: a list of warning, critical and unknown"))
}

/// A notifier that can notify.
pub(super) struct Notifier {
    pub(super) name: String,
    pub(super) kind: String,
    /// Of which severities it notifies; of the end of problems of these, too.
    pub(super) severities: Vec<Severity>,
    /// How often it tries.
    pub(super) attempts: u32,
    /// How long one of them may take.
    pub(super) timeout: Duration,
    pub(super) action: Arc<dyn Action>,
    pub(super) gate: Arc<Semaphore>,
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notifier").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Notifier {
    /// Makes a notifier.
    ///
    /// # Errors
    /// When it needs something that cannot be had.
    pub(super) fn build(setting: NotifierSetting, means: &Means) -> Result<Self, PartError> {
        let action = setting
            .plan
            .build(means, setting.timeout)
            .map_err(|error| PartError::Refused(format!("notifier {:?}: {error}", setting.name)))?;
        Ok(Self {
            name: setting.name,
            kind: setting.kind,
            severities: setting.severities,
            attempts: setting.attempts,
            timeout: setting.timeout,
            action: action.into(),
            gate: Arc::new(Semaphore::new(AT_ONCE)),
        })
    }
}

/// How long to wait after so many attempts, in seconds: twice as long each time.
pub(super) fn wait(attempts: u32) -> f64 {
    f64::from(attempts.saturating_sub(1).min(30)).exp2().min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(value: Value) -> Result<NotifierSetting, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn notifiers_are_read() {
        let setting = read(json!({"name": "dba", "kind": "log", "severities": ["critical"],
            "timeout": "5s", "attempts": 3, "file": "/x"}))
        .unwrap();
        assert_eq!((&*setting.name, setting.attempts), ("dba", 3));
        assert_eq!(setting.severities, [Severity::Critical]);
        let wrong = |value| read(value).unwrap_err();
        assert_eq!(wrong(json!({"kind": "log"})), "a notifier has no name");
        assert!(wrong(json!({"name": "x", "kind": "mco"})).contains("one of command, log, mail"));
        assert!(wrong(json!({"name": "x", "kind": "log", "files": 1})).contains("unknown field"));
        assert!(
            wrong(json!({"name": "x", "kind": "log", "severities": ["bad"]}))
                .contains("severities")
        );
        assert!(wrong(json!({"name": "x", "kind": "log", "timeout": "0s"})).contains("timeout"));
        assert!(wrong(json!({"name": "x", "kind": "log", "attempts": 0})).contains("attempts"));
    }

    #[test]
    fn waits_grow_to_a_bound() {
        assert_eq!([1, 2, 3, 9, 10, 1000].map(wait), [1.0, 2.0, 4.0, 256.0, 300.0, 300.0]);
    }
}
