//! STOMP 1.0 to 1.2, as ActiveMQ and RabbitMQ speak it.
//!
//! Behind the question mark of an address may stand `vhost` (`/`), `heartbeat` (seconds, 10; 0 for
//! none), `timeout` (seconds that a sink puts up with a broker that is away, 10), `prefetch` (2000),
//! `version` (all), `password_file`, and with `stomp+tls` also `ca`, `cert` and `key`.

mod codec;
mod connection;
mod encode;
mod frame;
mod halves;
mod inbox;
mod link;
mod options;
mod patience;
mod refusal;
mod sink;
mod socket;
mod source;
#[cfg(test)]
mod trials;

use groundrule_core::delivery::{CarryError, Sink, Source};

use crate::{Endpoint, Settings};

/// Messages from a queue or a topic.
///
/// # Errors
/// When the address is wrong.
pub fn source(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Source>, CarryError> {
    Ok(Box::new(source::Subscription::new(options::Options::read(endpoint, settings)?)))
}

/// Messages to a queue or a topic.
///
/// # Errors
/// When the address is wrong.
pub fn sink(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Sink>, CarryError> {
    Ok(Box::new(sink::Publisher::new(options::Options::read(endpoint, settings)?)))
}
