//! Every hard dependency is still met.

use std::collections::BTreeMap;

use async_trait::async_trait;
use groundrule_core::source::Unknown;
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::NodeId;
use groundrule_engine::scene::{Scene, Sentence};
use groundrule_engine::world::{Dependencies, DependencyId, Failure, World};

use super::hidden;
use super::told::{about, doubt, why};

pub struct StillMet;

#[async_trait]
impl Sentence for StillMet {
    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let worlds = scene.whole_worlds();
        if worlds.is_empty() {
            return;
        }
        let graph = scene.dependencies().await;
        let world = scene.world.clone();
        if !scene.allows_empty() {
            Self::refuse_nothing(scene, &graph);
        }
        // Dependencies that nobody sees are others than these.
        scene.doubt_about(hidden(&graph, &world, &worlds), []);
        let mut failure = Failure::in_world(&graph, &world).await;
        let base = failure.unmet();
        let mut found = Found::default();
        for gone in worlds {
            match gone {
                None => {
                    found.add(&graph, &world, &failure, &base.certain, &base.possible, None);
                }
                Some(node) => failure.without(node, |failure, newly| {
                    let certain = union(&base.certain, &newly.certain);
                    let possible = union(&base.possible, &newly.possible);
                    found.add(&graph, &world, failure, &certain, &possible, Some(node));
                }),
            }
        }
        found.violations.into_iter().for_each(|violation| scene.violate(violation));
        let possible = found.doubts.keys().map(|id| about(&graph.all[*id].declared));
        let possible: Vec<_> = possible.collect();
        scene.doubt_about(found.doubts.into_values(), possible);
    }
}

impl StillMet {
    /// An estate that declares no hard dependency today has nothing to judge.
    fn refuse_nothing(scene: &mut Scene, graph: &Dependencies) {
        let today = World::today(scene.world.estate.clone());
        let declarers = graph.all.iter().filter(|dependency| dependency.is_hard());
        let doubts: Option<Vec<_>> = declarers
            .map(|dependency| today.perhaps_gone().get(&dependency.node).cloned())
            .collect();
        // A dependency of a node that is certainly there is one to judge.
        let Some(mut doubts) = doubts else {
            return;
        };
        doubts.extend(graph.hidden_in(&today));
        let message = "there is nothing to judge: no hard dependency is declared";
        let nothing = Violation::new(Vec::new(), "nothing to judge", message);
        if doubts.is_empty() {
            scene.violate(nothing);
        } else {
            scene.doubt_about(doubts, [nothing.about]);
        }
    }
}

/// Both lists as one, sorted.
fn union(a: &[DependencyId], b: &[DependencyId]) -> Vec<DependencyId> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// What the worlds have to show.
#[derive(Default)]
struct Found {
    violations: Vec<Violation>,
    /// Of each dependency once, however many worlds there are.
    doubts: BTreeMap<DependencyId, Unknown>,
}

impl Found {
    /// Adds what one world has to show.
    fn add(
        &mut self,
        graph: &Dependencies,
        world: &World,
        failure: &Failure<'_>,
        certain: &[DependencyId],
        possible: &[DependencyId],
        gone: Option<NodeId>,
    ) {
        let others =
            |id: &&DependencyId| Some(graph.all[**id].node) != gone && graph.all[**id].is_hard();
        let broken = certain.iter().filter(others);
        self.violations.extend(broken.map(|id| unmet(graph, world, failure, *id, gone)));
        let possible = possible.iter().filter(others);
        for id in possible.filter(|id| certain.binary_search(id).is_err()) {
            self.doubts.entry(*id).or_insert_with(|| doubt(graph, world, failure, *id));
        }
    }
}

fn unmet(
    graph: &Dependencies,
    world: &World,
    failure: &Failure<'_>,
    id: DependencyId,
    gone: Option<NodeId>,
) -> Violation {
    let declared = &graph.all[id].declared;
    let subjects = [Some(declared.node.to_string()), gone.map(|node| world.name(node).to_string())];
    let message = match gone {
        Some(node) => {
            let why = why(graph, world, failure, id);
            format!("without {} a dependency is not met: {why}", world.name(node))
        }
        None => why(graph, world, failure, id),
    };
    let subjects = subjects.into_iter().flatten().collect();
    let violation = Violation::new(subjects, about(declared), message);
    violation.with("declared_in", &*declared.declared_in)
}
