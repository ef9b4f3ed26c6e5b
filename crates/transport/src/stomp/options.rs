//! What an address says of how to connect, subscribe and send.

use std::sync::Arc;
use std::time::Duration;

use groundrule_core::delivery::CarryError;
use rustls::ClientConfig;

use super::frame::Version;
use crate::{Endpoint, Settings, tls};

/// Every key that may stand behind the question mark.
const KEYS: [&str; 9] =
    ["vhost", "heartbeat", "timeout", "prefetch", "version", "password_file", "ca", "cert", "key"];

/// The kinds of destination, and whether the broker keeps what is sent there.
const DESTINATIONS: [(&str, bool); 4] =
    [("/queue/", true), ("/amq/queue/", true), ("/topic/", false), ("/exchange/", false)];

/// How to connect, subscribe and send.
pub struct Options {
    /// The address as it may be shown.
    pub shown: String,
    /// Hosts and their ports, in the order in which they are tried.
    pub hosts: Vec<(String, u16)>,
    /// How TLS is spoken, and the file with the authorities, where it is.
    pub tls: Option<(Arc<ClientConfig>, Option<String>)>,
    /// Which of the broker's worlds.
    pub vhost: String,
    /// Who connects.
    pub login: Option<String>,
    /// Its secret.
    pub passcode: Option<String>,
    /// The versions that may be spoken.
    pub versions: String,
    /// How often both sides give a sign of life; never if zero.
    pub beat: Duration,
    /// How long a broker that is away is put up with when sending.
    pub timeout: Duration,
    /// How many messages a broker gives ahead of their acknowledgement.
    pub prefetch: usize,
    /// Where messages come from or go to.
    pub destination: String,
    /// Whether the broker keeps them until somebody acknowledges them.
    pub kept: bool,
    /// The most bytes of a message.
    pub max_message: usize,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// When one of them is wrong, with what to write instead.
    pub fn read(endpoint: Endpoint, settings: &Settings) -> Result<Self, CarryError> {
        let wrong = |why: String| CarryError::Refused(format!("{endpoint}: {why}"));
        if let Some(key) = endpoint.query.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(wrong(format!(
                "{key:?} means nothing here: write one of {}",
                KEYS.join(", ")
            )));
        }
        let secure = endpoint.scheme == "stomp+tls";
        let port = if secure { 61614 } else { 61613 };
        let kept = DESTINATIONS
            .iter()
            .find(|(prefix, _)| {
                endpoint.path.len() > prefix.len() && endpoint.path.starts_with(prefix)
            })
            .map(|(_, kept)| *kept)
            .ok_or_else(|| {
                let known: Vec<_> = DESTINATIONS.iter().map(|(prefix, _)| *prefix).collect();
                wrong(format!("name a destination behind the host: {}", known.join("…, ")))
            })?;
        let versions = match endpoint.query.get("version") {
            None => "1.0,1.1,1.2".to_owned(),
            Some(name) if Version::named(name).is_some() => name.clone(),
            Some(name) => return Err(wrong(format!("version {name:?} is not 1.0, 1.1 or 1.2"))),
        };
        let tls = match secure {
            true => Some((tls::client(&endpoint)?, endpoint.query.get("ca").cloned())),
            false => None,
        };
        Ok(Self {
            shown: endpoint.to_string(),
            tls,
            vhost: endpoint.query.get("vhost").map_or("/", |vhost| vhost).to_owned(),
            login: endpoint.user(settings),
            passcode: endpoint.password(settings)?,
            versions,
            beat: seconds(&endpoint, "heartbeat", 10.0).map_err(wrong)?,
            timeout: seconds(&endpoint, "timeout", 10.0).map_err(wrong)?,
            prefetch: prefetch(&endpoint).map_err(wrong)?,
            kept,
            max_message: settings.max_message,
            hosts: endpoint
                .hosts
                .into_iter()
                .map(|(host, own)| (host, own.unwrap_or(port)))
                .collect(),
            destination: endpoint.path,
        })
    }
}

fn seconds(endpoint: &Endpoint, key: &str, usual: f64) -> Result<Duration, String> {
    let Some(text) = endpoint.query.get(key) else {
        return Ok(Duration::from_secs_f64(usual));
    };
    let given = text.parse::<f64>().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    given
        .map(Duration::from_secs_f64)
        .ok_or_else(|| format!("{key} {text:?} is no number of seconds up to a day"))
}

fn prefetch(endpoint: &Endpoint) -> Result<usize, String> {
    let Some(text) = endpoint.query.get("prefetch") else {
        return Ok(2000);
    };
    let given = text.parse().ok().filter(|count| (1..=65_535).contains(count));
    given.ok_or_else(|| format!("prefetch {text:?} is no number from 1 to 65535"))
}
