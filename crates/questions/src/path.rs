//! How one node comes to need another.

use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::dependency::Kind;
use groundrule_core::name::NodeName;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Dependencies, Direction, Following, Start, Walk, World};
use serde::Serialize;

use crate::answer::{Answer, Wrong};
use crate::impact::from;
use crate::picture::{Edge, Picture};
use crate::target::Target;

#[derive(Serialize)]
struct Path {
    from: String,
    to: String,
    /// None where there is no way.
    path: Option<Vec<Hop>>,
}

#[derive(Serialize)]
struct Hop {
    node: NodeName,
    from: Option<String>,
    on: Option<String>,
    provider: NodeName,
    kind: Kind,
}

/// One shortest way along dependencies, hard and soft, from a node or a resource to a node that it
/// needs.
///
/// # Errors
/// When nobody knows one of them, or a store does not answer.
pub(crate) async fn path(estate: &Arc<Estate>, a: &Target, b: &Target) -> Result<Answer, Wrong> {
    let world = World::today(Arc::clone(estate));
    let (a_place, b_place) = (a.find(&world).await?, b.find(&world).await?);
    let (Some(start), Some(end)) = (world.find(&a_place.node), world.find(&b_place.node)) else {
        return Err(Wrong::new("one of the nodes is gone", "ask again"));
    };
    let graph = Dependencies::of(&world).await;
    let how = Following { direction: Direction::Needs, directly: false, kind: None };
    let walk = Walk::new(&graph, &world, how).await;
    let start = Start { node: start, resources: a_place.resource.map(|resource| vec![resource]) };
    let steps = walk.steps(&start, end, b_place.resource.as_ref()).await?;
    let hop = |(id, provider): &(usize, usize)| {
        let declared = &graph.all[*id].declared;
        Hop {
            node: declared.node.clone(),
            from: from(declared),
            on: declared.on.as_ref().map(ToString::to_string),
            provider: world.name(*provider).clone(),
            kind: declared.kind,
        }
    };
    let unknown = match steps.is_empty() {
        true => walk.pairs(std::slice::from_ref(&start)).await.unknown,
        false => Vec::new(),
    };
    let path = (!steps.is_empty()).then(|| steps.iter().map(hop).collect::<Vec<_>>());
    let path = Path { from: a.to_string(), to: b.to_string(), path };
    let lines = walk.in_words(&steps).await;
    let text = match &path.path {
        Some(_) => lines.iter().map(|line| format!("{line}\n")).collect(),
        None => format!("{a} does not need {b}\n"),
    };
    let mut picture = Picture::new(&format!("{a} to {b}"));
    for hop in path.path.iter().flatten() {
        let mut label = hop.from.clone().unwrap_or_default();
        if let Some(on) = &hop.on {
            let _ = write!(label, " needs {on}");
        }
        picture.edge(Edge {
            from: hop.node.to_string(),
            to: hop.provider.to_string(),
            label,
            soft: hop.kind == Kind::Soft,
        });
    }
    Ok(Answer::new(&path, &text, unknown).with(picture))
}
