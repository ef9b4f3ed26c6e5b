//! A rule of a callback: which events, and what to do.

use std::sync::Arc;
use std::time::Duration;

use groundrule_core::event::{Event, Kind};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::limits::{Limits, Rate};
use crate::actions::{self, Action, Means};
use crate::routes::When;

/// What a callback can do.
const ACTIONS: &[&str] = &["command", "features", "mco", "queue", "webhook"];

/// A rule as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: Option<String>,
    #[serde(default)]
    types: Types,
    when: Option<String>,
    action: Map<String, Value>,
    rate: Option<String>,
    dedup: Option<RawDedup>,
    timeout: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDedup {
    by: Vec<String>,
    r#for: String,
}

/// Which kinds of events; all of them if there is no list.
#[derive(Debug, Default)]
struct Types(Option<Vec<Kind>>);

impl<'de> Deserialize<'de> for Types {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let kind = |value: &Value| value.as_str().and_then(Kind::parse);
        let value = Value::deserialize(deserializer)?;
        let kinds = match &value {
            Value::String(all) if all == "*" => return Ok(Self(None)),
            Value::Array(items) => items.iter().map(kind).collect::<Option<Vec<_>>>(),
            one => kind(one).map(|kind| vec![kind]),
        };
        let names = Kind::ALL.map(Kind::name).join(", ");
        kinds.map(|kinds| Self(Some(kinds))).ok_or_else(|| {
            D::Error::custom(format!("types is {value}: \"*\", or a list of {names}"))
        })
    }
}

/// A rule that was read.
pub(super) struct Rule {
    /// Its name.
    pub(super) name: String,
    types: Option<Vec<Kind>>,
    when: Option<When>,
    /// How often it calls.
    pub(super) limits: Limits,
    /// How long a call may take.
    pub(super) timeout: Duration,
    /// What it does.
    pub(super) action: Arc<dyn Action>,
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Rule {
    /// Reads a rule; `name` is its name where it has none itself.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(text: &str, name: &str, means: &Means) -> Result<Self, String> {
        let raw: Raw = serde_saphyr::from_str(text).map_err(|error| {
            // Only what is wrong, without a drawing of the file.
            error.to_string().lines().next().unwrap_or_default().to_owned()
        })?;
        let mut options = raw.action;
        let kind = options.remove("kind");
        let kind = kind
            .as_ref()
            .and_then(Value::as_str)
            .ok_or_else(|| format!("action has no kind: one of {}", ACTIONS.join(", ")))?;
        let limit =
            raw.timeout.as_deref().map_or(Ok(actions::TIMEOUT), |text| span("timeout", text))?;
        let plan = actions::plan(kind, ACTIONS, options).map_err(|why| format!("action: {why}"))?;
        let action = plan.build(means, limit).map_err(|why| format!("action: {kind}: {why}"))?;
        let when = raw.when.as_deref().map(When::parse).transpose();
        let rate = raw.rate.as_deref().map(Rate::parse).transpose()?;
        let dedup = raw.dedup.map(|raw| Ok::<_, String>((raw.by, span("dedup.for", &raw.r#for)?)));
        Ok(Self {
            name: raw.name.unwrap_or_else(|| name.to_owned()),
            types: raw.types.0,
            when: when.map_err(|why| format!("when: {why}"))?,
            limits: Limits::new(rate, dedup.transpose()?)?,
            timeout: limit,
            action: action.into(),
        })
    }

    /// Whether it is for this event.
    ///
    /// # Errors
    /// When its condition cannot say.
    pub(super) fn is_for(&self, event: &Event) -> Result<bool, String> {
        if self.types.as_ref().is_some_and(|types| !types.contains(&event.kind())) {
            return Ok(false);
        }
        self.when.as_ref().map_or(Ok(true), |when| when.matches(event))
    }
}

/// A span of time, more than none.
fn span(what: &str, text: &str) -> Result<Duration, String> {
    let span = humantime::parse_duration(text).ok().filter(|span| !span.is_zero());
    span.ok_or_else(|| format!("{what} is {text:?}: a time such as 30s or 5m"))
}
