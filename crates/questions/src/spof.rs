//! Single points of failure, the worst first.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use groundrule_core::name::NodeName;
use groundrule_core::source::Source;
use groundrule_engine::estate::Estate;
use groundrule_engine::world::{Dependencies, DependencyId, Failure, World};
use serde::Serialize;

use crate::answer::Answer;
use crate::impact::today;

#[derive(Serialize)]
struct Spofs {
    spofs: Vec<Spof>,
}

#[derive(Serialize)]
struct Spof {
    node: NodeName,
    /// How many nodes are hit.
    nodes: usize,
    /// How many hard dependencies are no longer met.
    dependencies: usize,
    /// One of them, in words.
    first: String,
}

/// The nodes whose shutdown alone makes a hard dependency of another node unmet which is met today,
/// ranked by how many nodes that hits, then by how many dependencies.
pub(crate) async fn spof(estate: &Arc<Estate>) -> Answer {
    let world = World::today(Arc::clone(estate));
    let graph = Dependencies::of(&world).await;
    let mut failure = Failure::in_world(&graph, &world).await;
    let hard = |id: &DependencyId| graph.all[*id].is_hard();
    let doubtful: Vec<_> = failure.unmet().possible.into_iter().filter(hard).collect();
    let (mut spofs, mut unknown) = (Vec::new(), Vec::new());
    for node in world.nodes().ones() {
        failure.without(node, |_, newly| {
            let broken = newly.certain.iter().copied().filter(hard);
            let broken: Vec<_> = broken.filter(|id| doubtful.binary_search(id).is_err()).collect();
            let Some(first) = broken.first() else {
                if newly.possible.iter().any(hard) {
                    let why = "whether others need it is not known";
                    unknown.push(world.unknown(node, Source::Catalogs, &why.into()));
                }
                return;
            };
            let hit: BTreeSet<_> = broken.iter().map(|id| graph.all[*id].node).collect();
            let declared = &graph.all[*first].declared;
            spofs.push(Spof {
                node: world.name(node).clone(),
                nodes: hit.len(),
                dependencies: broken.len(),
                first: format!("{} needs {}", declared.dependent(), declared.needed()),
            });
        });
    }
    let worst = |spof: &Spof| (spof.nodes, spof.dependencies);
    spofs.sort_by(|a, b| worst(b).cmp(&worst(a)).then_with(|| a.node.cmp(&b.node)));
    unknown.extend(graph.hidden_in(&world));
    for id in doubtful {
        let why = today(&graph.all[id].declared.needed()).into();
        unknown.push(world.unknown(graph.all[id].node, Source::Catalogs, &why));
    }
    let spofs = Spofs { spofs };
    let text = text(&spofs);
    Answer::new(&spofs, &text, unknown)
}

fn text(Spofs { spofs }: &Spofs) -> String {
    if spofs.is_empty() {
        return "no node is a single point of failure\n".to_owned();
    }
    let mut text = String::new();
    for Spof { node, nodes, dependencies, first } in spofs {
        let many = |n: &usize, one: &str, several: &str| {
            format!("{n} {}", if *n == 1 { one } else { several })
        };
        let nodes = many(nodes, "node", "nodes");
        let dependencies = many(dependencies, "dependency", "dependencies");
        let _ = writeln!(text, "{node}  {nodes}, {dependencies}, such as: {first}");
    }
    text
}
