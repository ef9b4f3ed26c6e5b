//! A JSON object a line: on TCP, on socket files, on standard input, in files.

mod append;
mod connect;
mod lines;
mod listen;
mod read;
mod socket;

use groundrule_core::delivery::{CarryError, Sink, Source};

use crate::{Endpoint, Settings, query};

pub use listen::bind;

/// Where lines come from.
pub fn source(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Source>, CarryError> {
    Ok(match endpoint.scheme.as_str() {
        "tcp" => Box::new(listen::tcp(endpoint, settings)?),
        "unix" => Box::new(listen::unix(endpoint, settings)?),
        "stdin" => Box::new(read::stdin(endpoint, settings)?),
        _ => Box::new(read::file(endpoint, settings)?),
    })
}

/// Where lines go.
pub fn sink(endpoint: Endpoint, _settings: &Settings) -> Result<Box<dyn Sink>, CarryError> {
    Ok(match endpoint.scheme.as_str() {
        "file" => Box::new(append::Append::new(endpoint)?),
        _ => Box::new(connect::Connect::new(endpoint)?),
    })
}

/// The path of an address of a file.
fn path(endpoint: &Endpoint) -> Result<&str, CarryError> {
    match endpoint.path.as_str() {
        path if !endpoint.hosts.is_empty() => {
            let host = &endpoint.hosts[0].0;
            let scheme = &endpoint.scheme;
            Err(query::refused(endpoint, &format!("write {scheme}:{host}{path}")))
        }
        "" | "/" => Err(query::refused(endpoint, "name a file behind the colon")),
        path => Ok(path),
    }
}
