//! Nodes and resources that a question is about.

use std::fmt;

use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::pattern::Pattern;
use groundrule_core::ports::{Cause, Ends, ResourceQuery};
use groundrule_engine::estate::Document;
use groundrule_engine::nearest::nearest;
use groundrule_engine::world::{Place, World};

use crate::answer::Wrong;

/// A node, or a resource on one: `web1.example.net`, `web1.example.net/Service[nginx]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target(Place);

impl Target {
    /// Reads what was written.
    ///
    /// # Errors
    /// When it names no node, or no resource behind the slash.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let (node, resource) = match text.split_once('/') {
            Some((node, resource)) => (node, Some(resource)),
            None => (text, None),
        };
        let wrong = |error: groundrule_core::name::NameError| {
            Wrong::new(error.to_string(), "write NODE or NODE/Type[title]")
        };
        let node = NodeName::new(node).map_err(wrong)?;
        let resource = resource.map(str::parse).transpose().map_err(wrong)?;
        Ok(Self(Place { node, resource }))
    }

    /// The place, if it is there.
    pub(crate) async fn find(&self, world: &World) -> Result<Place, Wrong> {
        let Place { node, resource } = &self.0;
        known(world, node)?;
        if let Some(resource) = resource {
            has(world, node, resource).await?;
        }
        Ok(self.0.clone())
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.resource {
            Some(resource) => write!(f, "{}/{resource}", self.0.node),
            None => write!(f, "{}", self.0.node),
        }
    }
}

/// Nodes as they were written: sorted, each once.
///
/// # Errors
/// When one of them is no name.
pub fn nodes(written: &[String]) -> Result<Vec<NodeName>, Wrong> {
    NodeName::several(written)
        .map_err(|error| Wrong::new(error.to_string(), "write the names of nodes"))
}

/// Nodes as places, all of them known.
pub(crate) fn places(world: &World, nodes: &[NodeName]) -> Result<Vec<Place>, Wrong> {
    let place = |node: &NodeName| {
        known(world, node)?;
        Ok(Place { node: node.clone(), resource: None })
    };
    nodes.iter().map(place).collect()
}

fn known(world: &World, node: &NodeName) -> Result<(), Wrong> {
    if world.find(node).is_some() {
        return Ok(());
    }
    let names = world.estate.names().iter().map(NodeName::as_str);
    let help = match nearest(names, node.as_str(), (node.as_str().len() / 3).max(1)) {
        Some(near) => format!("did you mean {near}?"),
        None => "`groundrule estate nodes` lists them".to_owned(),
    };
    Err(Wrong::new(format!("no source knows the node {node}"), help))
}

/// Where a catalog can be read it must have the resource, under its title or an alias.
async fn has(world: &World, node: &NodeName, resource: &ResourceRef) -> Result<(), Wrong> {
    let readable = |id| world.estate.catalogs.documents.get(id) == Some(&Document::Readable);
    let (Some(store), true) = (&world.estate.sources.graph, world.find(node).is_some_and(readable))
    else {
        return Ok(());
    };
    let ends = Ends {
        node: node.clone(),
        from: Vec::new(),
        cause: Cause::Itself,
        on: vec![resource.clone()],
    };
    let links = store.links(&[ends]).await?;
    if links.first().and_then(|links| links.has.first()) == Some(&true) {
        return Ok(());
    }
    let of_type = Pattern::Plain(resource.type_name().to_owned());
    let rows = store.resources(&ResourceQuery::OfType(of_type)).await?;
    let names: Vec<_> =
        rows.iter().filter(|(of, _)| of == node).map(|(_, found)| found.as_str()).collect();
    let near = nearest(names.iter().copied(), resource.as_str(), resource.as_str().len() / 3);
    let help = match near {
        Some(near) => format!("did you mean {near}?"),
        None => format!("`groundrule estate graph {node}` shows what it has"),
    };
    Err(Wrong::new(format!("the catalog of {node} has no {resource}"), help))
}
