//! Classes of all levels together.

use super::{Classification, environment, names};
use crate::Fault;
use crate::data::{Map, Value};
use crate::hiera3::{Resolution, View};

/// What Hiera tells of a machine: `classes` of all levels as a list, `parameters` as a hash, `environment` of the first level that has one.
///
/// # Errors
///
/// As lookups; and where something else than names of classes stands in `classes`.
pub fn by_hiera(view: &View<'_>) -> Result<Classification, Fault> {
    let classes = match view.lookup("classes", Resolution::Array)? {
        Some(answer) => names(&answer.value).map_err(|fault| fault.key("classes"))?,
        None => Vec::new(),
    };
    let parameters = match view.lookup("parameters", Resolution::Hash)?.map(|answer| answer.value) {
        Some(Value::Hash(map)) => Map::clone(&map),
        _ => Map::default(),
    };
    let environment = environment(
        view.lookup("environment", Resolution::Priority)?.map(|answer| answer.value).as_ref(),
    )?;
    Ok(Classification {
        classes: classes.into_iter().map(|name| (name, Map::default())).collect(),
        parameters,
        environment,
    })
}
