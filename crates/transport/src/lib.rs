//! How events travel: every kind of address that messages come from and go to.
//!
//! Each kind is one row of [`SCHEMES`] and one folder. Whoever sends or receives knows the ports of
//! `groundrule_core::delivery` only.
//!
//! An address that is wrong is refused when a sink is made. What a sink refuses when it sends is a
//! message that the far side will not have, however often it comes: it becomes a dead letter. All
//! else, a wrong password too, can be mended while messages wait: the far side is away.

mod endpoint;
mod http;
mod intake;
mod nats;
mod ndjson;
mod query;
pub mod spool;
mod stomp;
mod streams;
mod tls;

use std::collections::BTreeMap;

use groundrule_core::delivery::{CarryError, Sink, Source};

pub use endpoint::Endpoint;
pub use http::{Caller, Server};

/// What all connections have in common.
#[derive(Clone)]
pub struct Settings {
    /// Variables that may hold credentials: `GROUNDRULE_STOMP_PASSWORD` and its kin.
    pub variables: BTreeMap<String, String>,
    /// The most bytes that a message may have; of a larger one only the beginning is kept.
    pub max_message: usize,
    /// Addresses of the brokers that addresses without a host mean (`stomp:///queue/x`).
    pub brokers: Vec<Endpoint>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { variables: BTreeMap::new(), max_message: 8 << 20, brokers: Vec::new() }
    }
}

/// Makes what comes from an address, or goes there.
type Make<Port> = fn(Endpoint, &Settings) -> Result<Box<Port>, CarryError>;

/// A kind of address.
pub struct Scheme {
    /// Its name, before the colon.
    pub name: &'static str,
    /// How it is written and what it is, in a line.
    pub doc: &'static str,
    source: Option<Make<dyn Source>>,
    sink: Option<Make<dyn Sink>>,
}

/// Every kind of address.
pub const SCHEMES: &[Scheme] = &[
    Scheme {
        name: "stomp",
        doc: "stomp://[user@]host[:61613][,host…]/queue/name, or /topic/name: ActiveMQ, RabbitMQ",
        source: Some(stomp::source),
        sink: Some(stomp::sink),
    },
    Scheme {
        name: "stomp+tls",
        doc: "the same with TLS [:61614]; ?ca=FILE&cert=FILE&key=FILE",
        source: Some(stomp::source),
        sink: Some(stomp::sink),
    },
    Scheme {
        name: "nats",
        doc: "nats://[user@]host[:4222]/subject; with ?stream=NAME through JetStream",
        source: Some(nats::source),
        sink: Some(nats::sink),
    },
    Scheme {
        name: "http",
        doc: "http://host:port/events: listens for POST; as a destination, posts",
        source: Some(http::source),
        sink: Some(http::sink),
    },
    Scheme {
        name: "https",
        doc: "the same with TLS; ?cert=FILE&key=FILE&ca=FILE",
        source: Some(http::source),
        sink: Some(http::sink),
    },
    Scheme {
        name: "tcp",
        doc: "tcp://host:port: a JSON object a line; listens, as a destination connects",
        source: Some(streams::source),
        sink: Some(streams::sink),
    },
    Scheme {
        name: "unix",
        doc: "unix:PATH: the same on a socket file",
        source: Some(streams::source),
        sink: Some(streams::sink),
    },
    Scheme {
        name: "stdin",
        doc: "stdin: a JSON object a line, until the end",
        source: Some(streams::source),
        sink: None,
    },
    Scheme {
        name: "file",
        doc: "file:PATH: a JSON object a line; read to its end, as a destination appended to",
        source: Some(streams::source),
        sink: Some(streams::sink),
    },
];

/// An address, completed where it names no host.
///
/// # Errors
/// When it is wrong, or no broker of its kind is configured.
pub fn endpoint(url: &str, settings: &Settings) -> Result<Endpoint, CarryError> {
    Endpoint::parse(url)?.completed(&settings.brokers)
}

/// Where messages of an address come from.
///
/// # Errors
/// When the address is wrong, or nothing can come from it.
pub fn source(url: &str, settings: &Settings) -> Result<Box<dyn Source>, CarryError> {
    let endpoint = endpoint(url, settings)?;
    let make = scheme(&endpoint.scheme)?.source;
    make.ok_or_else(|| CarryError::Refused(format!("nothing comes from {url}")))?(
        endpoint, settings,
    )
}

/// Where messages to an address go.
///
/// # Errors
/// When the address is wrong, or nothing can go there.
pub fn sink(url: &str, settings: &Settings) -> Result<Box<dyn Sink>, CarryError> {
    let endpoint = endpoint(url, settings)?;
    let make = scheme(&endpoint.scheme)?.sink;
    make.ok_or_else(|| CarryError::Refused(format!("nothing goes to {url}")))?(endpoint, settings)
}

/// What is wrong with the far side, and not with a message.
fn mendable(error: CarryError) -> CarryError {
    match error {
        CarryError::Away(why) | CarryError::Refused(why) => CarryError::Away(why),
    }
}

fn scheme(name: &str) -> Result<&'static Scheme, CarryError> {
    SCHEMES.iter().find(|scheme| scheme.name == name).ok_or_else(|| {
        let names: Vec<_> = SCHEMES.iter().map(|scheme| scheme.name).collect();
        CarryError::Refused(format!(
            "{name:?} is no kind of address: write one of {}",
            names.join(", ")
        ))
    })
}
