//! Classes of all levels together.

use super::{Classification, environment, names};
use crate::Fault;
use crate::data::{Map, Value};
use crate::hiera5::Merge;

/// What Hiera tells of a machine: `classes` of all levels as a list, `parameters` as a hash, `environment` of the first level that has one.
/// `look` answers a key, with its values merged.
///
/// # Errors
///
/// As lookups; and where something else than names of classes stands in `classes`.
pub fn by_hiera(
    mut look: impl FnMut(&str, Merge) -> Result<Option<Value>, Fault>,
) -> Result<Classification, Fault> {
    let classes = match look("classes", Merge::Unique)? {
        Some(value) => names(&value).map_err(|fault| fault.key("classes"))?,
        None => Vec::new(),
    };
    let parameters = match look("parameters", Merge::Hash)? {
        Some(Value::Hash(map)) => Map::clone(&map),
        _ => Map::default(),
    };
    let environment = environment(look("environment", Merge::First)?.as_ref())?;
    Ok(Classification {
        classes: classes.into_iter().map(|name| (name, Map::default())).collect(),
        parameters,
        environment,
    })
}
