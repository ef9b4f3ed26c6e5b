//! Events by HTTP: a source that takes what is posted, and a sink that posts.

mod answer;
mod body;
mod door;
mod listen;
mod post;
mod server;
mod source;

use groundrule_core::delivery::{CarryError, Sink, Source};

pub use door::Caller;
pub use server::Server;

use crate::{Endpoint, Settings};

/// Events that others post.
pub fn source(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Source>, CarryError> {
    Ok(Box::new(source::Posted::new(endpoint, settings)?))
}

/// Events that are posted.
pub fn sink(endpoint: Endpoint, settings: &Settings) -> Result<Box<dyn Sink>, CarryError> {
    Ok(Box::new(post::Post::new(endpoint, settings)?))
}
