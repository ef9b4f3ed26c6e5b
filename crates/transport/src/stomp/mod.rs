//! STOMP 1.0 to 1.2, as ActiveMQ and RabbitMQ speak it.

mod codec;
mod connection;
mod frame;
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
