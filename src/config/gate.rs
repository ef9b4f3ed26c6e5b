//! The sections about decisions: the gate, the questions, and the server for both.

use serde::Deserialize;

/// `[gate]`: whether an action may happen.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// Where it is kept what was allowed: `sqlite:FILE` or `mongodb://…`.
    pub reservations: Option<String>,
    /// How long what was allowed is held, such as `"10m"`.
    pub hold: Option<String>,
}

/// `[ask]`: what the questions take from facts.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The fact with the zone that a machine is in.
    pub zone: Option<String>,
    /// Facts with who owns a machine.
    pub owners: Option<Vec<String>>,
    /// Facts with how its owners are reached.
    pub contacts: Option<Vec<String>>,
}

/// `[serve]`: the server.
#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serve {
    /// Where it listens: `"http://127.0.0.1:9181"`.
    pub listen: Option<String>,
    /// How often it looks whether the estate has changed.
    pub reload: Option<String>,
}
