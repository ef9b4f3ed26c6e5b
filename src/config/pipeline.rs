//! The sections about events: where a run sends them, and what the pipeline does with them.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use groundrule_pipeline::alerts::AlertRules;
use serde::Deserialize;
use toml::Value;

use super::layers::below;
use crate::failure::Failure;

/// `[events]`: what a run tells monitoring.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Where events go.
    #[serde(default)]
    pub to: Vec<String>,
    /// Where events wait that a destination does not take, and what was violating is remembered.
    pub directory: Option<PathBuf>,
    /// How long a run tries to send, at most.
    pub wait: Option<String>,
}

/// `[pipeline]`: what becomes of events.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pipeline {
    /// Where events come from.
    #[serde(default)]
    pub from: Vec<String>,
    /// Which parts run in this process.
    #[serde(default)]
    pub roles: Vec<String>,
    /// Where all events are kept.
    pub archive: Option<String>,
    /// How large the archive may become, such as `"10 GB"`.
    pub archive_bytes: Option<String>,
    /// How old events of the archive may become, such as `"30d"`.
    pub archive_age: Option<String>,
    /// The directory with the rule files.
    pub routes: Option<PathBuf>,
    /// Where statuses are kept.
    pub status: Option<String>,
    /// Brokers that addresses without a host mean.
    #[serde(default)]
    pub brokers: Vec<String>,
    /// Queues of parts that run in other processes.
    #[serde(default)]
    pub queues: BTreeMap<String, String>,
    /// Where messages go that are no events or are refused for good, instead of into the archive.
    pub dead_letters: Option<String>,
    /// Where events wait for destinations that are away.
    pub spool: Option<PathBuf>,
    /// The most bytes that a message may have.
    pub max_message: Option<NonZeroUsize>,
    /// Where `/healthz` and `/metrics` are served.
    pub listen: Option<String>,
    /// The file with the token that `/metrics` demands off loopback.
    pub token_file: Option<PathBuf>,
    /// How often the pipeline tells figures of itself.
    pub stats: Option<String>,
}

/// `[graphite]`: where metrics go.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Graphite {
    /// `tcp://host:2003`.
    pub to: String,
    /// How a metric is called there.
    pub template: Option<String>,
}

/// `[alerts]`: when somebody is notified.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alerts {
    /// After which time a problem that stays is told again; `"0s"` is never.
    pub repeat: Option<String>,
    /// How long a new problem is held back, so that its cause can be heard of.
    pub hold: Option<String>,
    /// With more changes than this in `window`, it is flapping.
    pub changes: Option<usize>,
    /// ... and it is not any more after this time without a change.
    pub window: Option<String>,
    /// Where it is remembered who was told.
    pub state: Option<PathBuf>,
}

impl Alerts {
    /// The rules, with the usual values for what is not said.
    pub fn rules(&self) -> Result<AlertRules, Failure> {
        let usual = AlertRules::default();
        let time = |key: &str, text: &Option<String>, usual| match text {
            Some(text) => duration(&format!("alerts.{key}"), text),
            None => Ok(usual),
        };
        Ok(AlertRules {
            repeat: time("repeat", &self.repeat, usual.repeat)?,
            hold: time("hold", &self.hold, usual.hold)?,
            changes: self.changes.unwrap_or(usual.changes),
            window: time("window", &self.window, usual.window)?,
        })
    }
}

/// Keys that hold paths, or addresses that may be paths.
const PATHS: [(&str, &[&str]); 4] = [
    ("events", &["to", "directory"]),
    (
        "pipeline",
        &["from", "archive", "routes", "status", "dead_letters", "spool", "token_file", "queues"],
    ),
    ("alerts", &["state"]),
    ("gate", &["reservations"]),
];

/// Puts relative paths of a file below its folder.
pub fn locate(folder: &Path, values: &mut toml::Table) {
    for (section, keys) in PATHS {
        let Some(section) = values.get_mut(section).and_then(Value::as_table_mut) else {
            continue;
        };
        for key in keys {
            if let Some(value) = section.get_mut(*key) {
                located(folder, value);
            }
        }
    }
}

fn located(folder: &Path, value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| located(folder, value)),
        Value::Table(table) => table.iter_mut().for_each(|(_, value)| located(folder, value)),
        Value::String(text) => match text.split_once(':') {
            None => below(folder, value),
            Some((scheme @ ("sqlite" | "file" | "unix"), path)) => {
                *text = format!("{scheme}:{}", folder.join(path).display());
            }
            Some(_) => {}
        },
        _ => {}
    }
}

/// A length of time of the configuration.
///
/// # Errors
/// When it is none.
pub fn duration(key: &str, text: &str) -> Result<Duration, Failure> {
    humantime::parse_duration(text).map_err(|error| {
        Failure::new(
            format!("{key} {text:?} is no length of time: {error}"),
            "write for instance \"90s\", \"1h\" or \"2d\"",
        )
    })
}

/// A number of bytes of the configuration: `"10 GB"`, `"512MiB"`, `"4096"`.
///
/// # Errors
/// When it is none.
pub fn bytes(key: &str, text: &str) -> Result<u64, Failure> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let factor = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => Some(1),
        "k" | "kb" => Some(1_000),
        "m" | "mb" => Some(1_000_000),
        "g" | "gb" => Some(1_000_000_000),
        "t" | "tb" => Some(1_000_000_000_000),
        "kib" => Some(1 << 10),
        "mib" => Some(1 << 20),
        "gib" => Some(1 << 30),
        "tib" => Some(1 << 40),
        _ => None,
    };
    let number = digits.trim().parse::<u64>().ok();
    number.zip(factor).and_then(|(number, factor)| number.checked_mul(factor)).ok_or_else(|| {
        Failure::new(
            format!("{key} {text:?} is no number of bytes"),
            "write for instance \"500 MB\" or \"10 GiB\"",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        assert_eq!(bytes("k", "10 GB").unwrap(), 10_000_000_000);
        assert_eq!(bytes("k", "512MiB").unwrap(), 512 << 20);
        assert_eq!(bytes("k", "4096").unwrap(), 4096);
        for wrong in ["", "GB", "1 XB", "-1", "1.5 GB", "99999999999 TB"] {
            assert!(bytes("k", wrong).is_err(), "{wrong}");
        }
    }
}
