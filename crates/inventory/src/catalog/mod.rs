//! Reading Puppet catalogs.

pub(crate) mod declared;
mod json;
#[cfg(test)]
mod properties;
mod relations;

pub use declared::{DependencyMap, Raw as RawDependency};
pub use json::read;
pub use relations::{Edge, Relation};

use std::borrow::Cow;

/// A catalog as it was read: resources by position, relationships resolved to positions.
#[derive(Debug)]
pub struct Catalog {
    /// The node, as the catalog names it.
    pub node: String,
    /// The environment; empty where the catalog does not tell.
    pub environment: String,
    /// Of when it is, in seconds since 1970, where the catalog tells.
    pub made: Option<i64>,
    /// Names of classes, lower case, each once.
    pub classes: Vec<String>,
    /// Its resources.
    pub resources: Vec<Resource>,
    /// Further names of resources: `Type[alias]` and the resource's position.
    pub aliases: Vec<(String, u32)>,
    /// Containment and relationships between resources.
    pub edges: Vec<Edge>,
    /// The dependencies on other nodes that it declares.
    pub dependencies: Vec<RawDependency>,
}

/// A resource of a catalog.
#[derive(Debug)]
pub struct Resource {
    /// `Type[title]`.
    pub reference: String,
    /// Where its JSON object begins in the file, in bytes.
    pub offset: u32,
    /// Whether it contains other resources: a class, a stage, a node block, a defined type.
    pub container: bool,
}

/// A resource as the JSON has it.
#[derive(Debug, Default)]
struct RawResource<'a> {
    type_name: Cow<'a, str>,
    title: Cow<'a, str>,
    defined: bool,
    offset: usize,
    parameters: RawParameters<'a>,
    sensitive: Vec<Cow<'a, str>>,
}

impl RawResource<'_> {
    /// Lets go of every value that Puppet marks as sensitive.
    fn forget_sensitive(&mut self) {
        for name in &self.sensitive {
            if let Some(kept) = &mut self.parameters.kept {
                kept.shift_remove(&**name);
            }
            match &**name {
                "name" => self.parameters.name = None,
                "path" => self.parameters.path = None,
                "alias" => self.parameters.aliases.clear(),
                _ => {}
            }
        }
    }
}

/// The parameters that a graph is made of; values of all others are passed over.
#[derive(Debug, Default)]
struct RawParameters<'a> {
    relations: Vec<(Relation, Cow<'a, str>)>,
    aliases: Vec<Cow<'a, str>>,
    name: Option<Cow<'a, str>>,
    path: Option<Cow<'a, str>>,
    kept: Option<serde_json::Map<String, serde_json::Value>>,
}
