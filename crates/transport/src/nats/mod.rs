//! NATS, as it is and with JetStream.
//!
//! With `?stream=NAME` messages are kept by the server until they are settled, and sending returns
//! when the server has them on its disk. Without it, they reach whoever listens at the moment.

mod ack;
mod feed;
mod identity;
mod keep;
mod link;
mod options;
mod sink;
mod source;

use groundrule_core::delivery::{CarryError, Sink, Source};

use crate::{Endpoint, Settings};

/// Messages of a subject.
pub fn source(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Source>, CarryError> {
    let options = options::Options::read(endpoint, settings)?;
    Ok(Box::new(source::Subscribed::new(options)))
}

/// Messages to a subject.
pub fn sink(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Sink>, CarryError> {
    let options = options::Options::read(endpoint, settings)?;
    Ok(Box::new(sink::Publishing::new(options.for_sending()?)))
}
