//! What becomes of events: a portal takes them in and archives them, routes decide where they go,
//! and the parts make status, metrics, alerts and actions of them.

pub mod actions;
pub mod alerts;
pub mod archive;
pub mod callbacks;
pub mod flow;
pub mod metrics;
pub mod part;
pub mod routes;
pub mod status;
