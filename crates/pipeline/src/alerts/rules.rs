//! When somebody is notified.

use std::time::Duration;

use serde::Deserialize;

/// When somebody is notified.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Raw")]
pub struct AlertRules {
    /// After which time a problem that stays is told again; never if it is none.
    pub repeat: Duration,
    /// How long a new problem is held back, so that its cause can be heard of.
    pub hold: Duration,
    /// With more changes than this in `window`, it is flapping.
    pub changes: usize,
    /// ... and it is not any more after this time without a change.
    pub window: Duration,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self {
            repeat: Duration::from_secs(3600),
            hold: Duration::ZERO,
            changes: 5,
            window: Duration::from_secs(600),
        }
    }
}

/// The same as it is written: times such as `1h`, and 0.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    repeat: Option<String>,
    hold: Option<String>,
    changes: Option<usize>,
    window: Option<String>,
}

impl TryFrom<Raw> for AlertRules {
    type Error = String;

    fn try_from(raw: Raw) -> Result<Self, String> {
        let usual = Self::default();
        let time = |name: &str, text: &Option<String>, usual| match text {
            Some(text) => humantime::parse_duration(text)
                .map_err(|error| format!("{name} is {text:?}: {error}: write a time such as 10m")),
            None => Ok(usual),
        };
        let rules = Self {
            repeat: time("repeat", &raw.repeat, usual.repeat)?,
            hold: time("hold", &raw.hold, usual.hold)?,
            changes: raw.changes.unwrap_or(usual.changes),
            window: time("window", &raw.window, usual.window)?,
        };
        match rules.changes {
            1..=1000 => Ok(rules),
            other => Err(format!("changes is {other}: 1 to 1000")),
        }
    }
}
