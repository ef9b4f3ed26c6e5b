//! Catalogs of single nodes, fetched when they are asked for: what falls with what is computed here,
//! as for every store.

use std::collections::{HashMap, HashSet};

use groundrule_core::name::NodeName;
use groundrule_core::ports::Answer;
use neo4rs::BoltType;

use super::value::{Cells, number, strange, text};
use crate::catalog::{Catalog, Edge, Relation, Resource};
use crate::store::graph::{Graph, View};

/// Fetches the insides of nodes, one row each. Relationships of both kinds come in one go, those to other nodes,
/// too: to tell these by their nodes takes the server longer than to send them.
pub const INSIDE: &str = "\
MATCH (n:Node) WHERE n.name IN $names AND n.catalog = 'readable'
CALL (n) { MATCH (n)-[:CONTAINS]->(r) RETURN collect([r.position, r.ref, r.container]) AS resources }
CALL (n) {
  MATCH (n)-[:CONTAINS]->(r)-[e:HOLDS|NEEDS]->(x) RETURN collect([r.position, x.position, e.via]) AS edges
}
CALL (n) {
  MATCH (n)-[:CONTAINS]->(r)<-[:OF]-(a:Alias) RETURN collect([a.ref, r.position]) AS aliases
}
RETURN [n.name, resources, edges, aliases] AS row";

/// The insides of nodes that were fetched.
pub struct Within {
    graph: Graph,
    /// Which catalog of the graph; none for a node without one.
    rows: HashMap<NodeName, Option<usize>>,
}

impl Default for Within {
    fn default() -> Self {
        Self { graph: Graph::new(0), rows: HashMap::new() }
    }
}

impl Within {
    /// Those of these nodes that were not fetched yet, each once.
    pub fn missing<'n>(&self, nodes: impl IntoIterator<Item = &'n NodeName>) -> Vec<NodeName> {
        let mut seen = HashSet::new();
        let new = |node: &&NodeName| !self.rows.contains_key(*node) && seen.insert((*node).clone());
        nodes.into_iter().filter(new).cloned().collect()
    }

    /// Takes the insides of the nodes that were asked for.
    pub fn keep(&mut self, asked: Vec<NodeName>, rows: &[Cells]) -> Answer<()> {
        for row in rows {
            let node = NodeName::new(row.text(0)?).map_err(|_| strange())?;
            let catalog = catalog(row)?;
            self.graph.add(&node, &catalog, 0, 0);
            self.rows.insert(node, Some(self.graph.catalogs.len() - 1));
        }
        for node in asked {
            self.rows.entry(node).or_default();
        }
        Ok(())
    }

    /// The inside of a node.
    pub fn view(&self, node: &NodeName) -> Option<View<'_>> {
        Some(self.graph.catalog((*self.rows.get(node)?)?))
    }
}

/// A catalog from its row, with resources and relationships in the order of the catalog.
fn catalog(row: &Cells) -> Answer<Catalog> {
    let mut resources = Vec::new();
    for cell in row.list(1) {
        let Some([position, reference, container]) = Cells::inner(cell) else {
            return Err(strange());
        };
        let (Some(position), Some(reference)) = (number(position), text(reference)) else {
            return Err(strange());
        };
        let container = matches!(container, BoltType::Boolean(flag) if flag.value);
        resources
            .push((position, Resource { reference: reference.to_owned(), offset: 0, container }));
    }
    resources.sort_unstable_by_key(|(position, _)| *position);
    let in_order = resources.iter().zip(0..).all(|((position, _), n)| *position == n);
    if !in_order {
        return Err(strange());
    }
    let count = resources.len();
    let place = |cell: Option<&BoltType>| {
        let place = u32::try_from(number(cell?)?).ok()?;
        ((place as usize) < count).then_some(place)
    };
    let mut edges = Vec::new();
    for cell in row.list(2) {
        let Some([here, there, via]) = Cells::inner(cell) else {
            return Err(strange());
        };
        let (source, target, relation) = match text(via) {
            None => (here, there, Relation::Contains),
            Some(via) if Relation::of_parameter(via).is_some() => {
                (there, here, Relation::RequiredBy)
            }
            // What is on another node is needed by a declaration.
            Some(_) => continue,
        };
        let (Some(source), Some(target)) = (place(Some(source)), place(Some(target))) else {
            return Err(strange());
        };
        edges.push(Edge { source, target, relation });
    }
    edges.sort_unstable();
    edges.dedup();
    let mut aliases = Vec::new();
    for cell in row.list(3) {
        let pair = Cells::inner(cell).unwrap_or_default();
        let (Some(alias), Some(position)) = (pair.first().and_then(text), place(pair.get(1)))
        else {
            return Err(strange());
        };
        aliases.push((alias.to_owned(), position));
    }
    aliases.sort_unstable();
    Ok(Catalog {
        node: String::new(),
        environment: String::new(),
        made: None,
        classes: Vec::new(),
        resources: resources.into_iter().map(|(_, resource)| resource).collect(),
        aliases,
        edges,
        dependencies: Vec::new(),
    })
}
