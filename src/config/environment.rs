//! The variables of the environment.

use groundrule_engine::waiver::Mode;
use toml::Value;

use super::layers::Layers;
use crate::context::Context;
use crate::failure::Failure;
use crate::nearest::{did_you_mean, nearest};

/// Begins the name of every variable.
const PREFIX: &str = "GROUNDRULE_";

/// The variable that names the configuration.
pub const CONFIG: &str = "GROUNDRULE_CONFIG";

/// Variables of the environment, and what they set.
const VARIABLES: [(&str, &str); 10] = [
    ("GROUNDRULE_ESTATE", "estate"),
    ("GROUNDRULE_GRAPH", "sources.graph.url"),
    ("GROUNDRULE_FACTS", "sources.facts.url"),
    ("GROUNDRULE_REGISTRATIONS", "sources.registrations.url"),
    ("GROUNDRULE_DISCOVERY", "sources.discovery.url"),
    ("GROUNDRULE_CHECKS", "sources.checks.url"),
    ("GROUNDRULE_FEATURES", "features"),
    ("GROUNDRULE_WAIVERS", "waivers"),
    ("GROUNDRULE_MODE", "mode"),
    ("GROUNDRULE_CONCURRENCY", "concurrency"),
];

/// Variables that are no keys, most of them credentials; they are shown nowhere.
const CREDENTIALS: [&str; 9] = [
    "GROUNDRULE_LOG",
    "GROUNDRULE_STOMP_USER",
    "GROUNDRULE_STOMP_PASSWORD",
    "GROUNDRULE_NATS_USER",
    "GROUNDRULE_NATS_PASSWORD",
    "GROUNDRULE_NATS_TOKEN",
    "GROUNDRULE_HTTP_TOKEN",
    "GROUNDRULE_HTTP_SECRETS_TOKEN",
    "GROUNDRULE_MONGODB_PASSWORD",
];

impl Layers {
    /// Lays the variables over what is there.
    pub fn environment(&mut self, context: &Context) -> Result<(), Failure> {
        // A typo would judge another estate in silence; what is nothing like ours is not ours.
        let ours = VARIABLES.iter().map(|(variable, _)| *variable);
        let ours = ours.chain([CONFIG]).chain(CREDENTIALS);
        let ours: Vec<_> = ours.filter_map(|name| name.strip_prefix(PREFIX)).collect();
        for name in context.environment.keys().filter_map(|name| name.strip_prefix(PREFIX)) {
            if let Some(near) = nearest(ours.iter().copied(), name).filter(|near| *near != name) {
                return Err(Failure::new(
                    format!("there is no variable {PREFIX}{name}"),
                    did_you_mean(format_args!("{PREFIX}{near}")),
                ));
            }
        }
        for (variable, key) in VARIABLES {
            let Some(text) = context.variable(variable) else {
                continue;
            };
            let value = match key {
                "features" => Value::from(
                    text.split(',').map(|path| path.trim().to_owned()).collect::<Vec<_>>(),
                ),
                "concurrency" => {
                    text.parse::<u16>().map(|n| Value::from(i64::from(n))).map_err(|_| {
                        Failure::new(
                            format!("{variable}={text:?} is no number"),
                            "write a whole number from 1",
                        )
                    })?
                }
                "mode" if Mode::parse(text).is_none() => {
                    return Err(Failure::new(
                        format!("{variable}={text:?} is no mode"),
                        "write ci, audit or gate",
                    ));
                }
                _ => Value::from(text),
            };
            self.put(key, value, variable);
        }
        Ok(())
    }
}
