//! None of these nodes is a single point of failure.

use std::collections::BTreeSet;

use async_trait::async_trait;
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes, View};
use groundrule_engine::world::{Dependencies, DependencyId, Failure, World};

use super::hidden;
use super::told::{doubt, why};

pub struct NoSinglePoint;

#[async_trait]
impl Sentence for NoSinglePoint {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let graph = scene.dependencies().await;
        let views = scene.views();
        let mut doubts = BTreeSet::new();
        for View { without, nodes } in views {
            let world =
                without.map_or_else(|| scene.world.clone(), |node| scene.world.without(node));
            let mut failure = Failure::in_world(&graph, &world).await;
            let today = failure.unmet();
            let doubtful: Vec<_> = today.possible.iter().filter(hard(&graph)).copied().collect();
            let mut others = Vec::new();
            for node in nodes.known.ones() {
                let (broken, possible) = failure.without(node, |failure, newly| {
                    let newly_certain = newly.certain.iter().filter(hard(&graph));
                    let broken = newly_certain.filter(|id| doubtful.binary_search(id).is_err());
                    let broken: Vec<_> =
                        broken.map(|id| why(&graph, &world, failure, *id)).collect();
                    // Of a node that certainly is one it does not matter what else is not known.
                    let possible = newly.possible.iter().filter(|_| broken.is_empty());
                    let possible = possible.filter(hard(&graph));
                    let possible: Vec<_> =
                        possible.map(|id| doubt(&graph, &world, failure, *id)).collect();
                    (broken, possible)
                });
                if broken.is_empty() {
                    doubts.extend(possible);
                    others.push(Some(node));
                    continue;
                }
                scene.violate(single_point(&world, node, broken));
            }
            // Of the others it is not certain that they are none where something is not known.
            doubts.extend(hidden(&graph, &world, &others));
            let of_another =
                |id: &&DependencyId| others.iter().any(|node| *node != Some(graph.all[**id].node));
            let doubtful = doubtful.iter().filter(of_another);
            doubts.extend(doubtful.map(|id| doubt(&graph, &world, &failure, *id)));
        }
        scene.doubt(doubts);
    }
}

fn single_point(world: &World, node: NodeId, broken: Vec<String>) -> Violation {
    let name = world.name(node);
    let first = &broken[0];
    let message = match broken.len() {
        1 => format!(
            "{name} is a single point of failure: without it a dependency is not met: {first}"
        ),
        n => format!(
            "{name} is a single point of failure: without it {n} dependencies are not met, the first of them: {first}"
        ),
    };
    let violation = Violation::new(vec![name.to_string()], "single point of failure", message);
    Violation { path: broken, ..violation }
}

fn hard(graph: &Dependencies) -> impl Fn(&&DependencyId) -> bool {
    |id| graph.all[**id].is_hard()
}
