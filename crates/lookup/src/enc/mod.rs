//! What Puppet's external node classifiers tell: a node's classes, their parameters, variables, and the environment.

mod by_extlookup;
mod by_hiera;

pub use by_extlookup::{Modules, by_extlookup};
pub use by_hiera::by_hiera;

use groundrule_core::name::NodeName;

use crate::Fault;
use crate::data::{Map, Value};
use crate::render;

/// What is told of a node.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Classification {
    /// Classes with the parameters that are known of them.
    pub classes: Vec<(String, Map)>,
    /// Variables.
    pub parameters: Map,
    /// The environment, if it is told.
    pub environment: Option<String>,
}

impl Classification {
    /// As Puppet reads it: YAML.
    #[must_use]
    pub fn yaml(&self) -> String {
        render::yaml(&self.value())
    }

    /// The same in JSON.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        (&self.value()).into()
    }

    fn value(&self) -> Value {
        let class = |(name, parameters): &(String, Map)| {
            (Value::from(name.as_str()), Value::map(parameters.clone()))
        };
        let mut root = Map::default();
        root.insert("classes".into(), Value::map(self.classes.iter().map(class).collect()));
        root.insert("parameters".into(), Value::map(self.parameters.clone()));
        if let Some(environment) = &self.environment {
            root.insert("environment".into(), environment.as_str().into());
        }
        Value::map(root)
    }
}

/// Facts that always tell a node's name, as classifiers are asked about it by that.
pub fn introduce(facts: &mut serde_json::Map<String, serde_json::Value>, node: &NodeName) {
    for name in ["fqdn", "clientcert"] {
        if !facts.contains_key(name) {
            facts.insert(name.to_owned(), node.as_str().into());
        }
    }
}

/// The names in a value of `classes`: a text or a list of texts, each once.
fn names(value: &Value) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    for value in crate::merge::flatten(std::slice::from_ref(value)) {
        let Value::Str(name) = &value else {
            return Err(Fault::new(
                format!("{} stands where the name of a class is expected", value.kind_in_words()),
                "list names of classes",
            ));
        };
        let name = name.trim_start_matches("::");
        let is_class = !name.is_empty()
            && name.split("::").all(|part| {
                part.starts_with(|c: char| c.is_ascii_lowercase())
                    && part
                        .bytes()
                        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
            });
        if !is_class {
            return Err(Fault::new(
                format!("'{name}' is no name of a class"),
                "write lower case letters, digits and underscores, with :: between them",
            ));
        }
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    Ok(names)
}

/// The text of a value of `environment`.
fn environment(value: Option<&Value>) -> Result<Option<String>, Fault> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Str(text))
            if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') =>
        {
            Ok(Some(text.to_string()))
        }
        Some(other) => Err(Fault::new(
            format!("{} is no name of an environment", other.inspect()),
            "write letters, digits and underscores",
        )
        .key("environment")),
    }
}

#[cfg(test)]
mod tests;
