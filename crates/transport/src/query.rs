//! What stands behind the question mark of an address.

use std::str::FromStr;
use std::time::Duration;

use groundrule_core::delivery::CarryError;

use crate::Endpoint;

/// Refuses keys that mean nothing, which would otherwise be misspelt for ever.
pub fn known(endpoint: &Endpoint, keys: &[&str]) -> Result<(), CarryError> {
    match endpoint.query.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) if keys.is_empty() => {
            Err(refused(endpoint, &format!("{key:?} means nothing here: leave it out")))
        }
        Some(key) => Err(refused(
            endpoint,
            &format!("{key:?} means nothing here: write one of {}", keys.join(", ")),
        )),
    }
}

/// A number of seconds.
pub fn seconds(endpoint: &Endpoint, key: &str, usual: f64) -> Result<Duration, CarryError> {
    let given = match endpoint.query.get(key) {
        None => Some(usual),
        Some(text) => text.parse().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds)),
    };
    given
        .map(Duration::from_secs_f64)
        .ok_or_else(|| refused(endpoint, &format!("{key} is no number of seconds up to a day")))
}

/// A number, 1 or more.
pub fn number<N: FromStr + PartialOrd + From<u8>>(
    endpoint: &Endpoint,
    key: &str,
    usual: N,
) -> Result<N, CarryError> {
    match endpoint.query.get(key).map(|text| text.parse::<N>()) {
        None => Ok(usual),
        Some(Ok(number)) if number >= N::from(1) => Ok(number),
        Some(_) => Err(refused(endpoint, &format!("{key} is no number from 1 on"))),
    }
}

/// Whether something is wanted that is not usual.
pub fn yes(endpoint: &Endpoint, key: &str) -> Result<bool, CarryError> {
    match endpoint.query.get(key).map(String::as_str) {
        None | Some("no") => Ok(false),
        Some("yes") => Ok(true),
        Some(_) => Err(refused(endpoint, &format!("{key} is yes or no"))),
    }
}

/// What is wrong with an address.
pub fn refused(endpoint: &Endpoint, why: &str) -> CarryError {
    CarryError::Refused(format!("{endpoint}: {why}"))
}
