//! TODO

use groundrule_core::delivery::{CarryError, Sink, Source};

use crate::{Endpoint, Settings};

pub fn source(endpoint: Endpoint, _settings: &Settings) -> Result<Box<dyn Source>, CarryError> {
    Err(CarryError::Refused(endpoint.to_string()))
}

pub fn sink(endpoint: Endpoint, _settings: &Settings) -> Result<Box<dyn Sink>, CarryError> {
    Err(CarryError::Refused(endpoint.to_string()))
}
