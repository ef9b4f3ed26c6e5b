//! Then: what fails when nodes are gone.

use std::collections::BTreeSet;

use async_trait::async_trait;
use groundrule_core::dependency::{End, in_words};
use groundrule_core::ports::{Origin, StoreError};
use groundrule_core::source::{Source, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::{Document, NodeId};
use groundrule_engine::policy::{Definition, Keyword::Then};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes, View};
use groundrule_engine::world::{Dependencies, DependencyId, Failure, Standing, Unmet, World};

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every hard dependency is still met",
        doc: "violated by each hard dependency of a standing node that has too few standing providers, in the whole estate; names the node that declared it, and after `in turn` the one shut down",
        example: "Then every hard dependency is still met",
        read: |_| Ok(Box::new(StillMet)),
    },
    Definition {
        keyword: Then,
        expression: "nothing has fallen",
        doc: "violated by each resource that has fallen and is no container, in the whole estate",
        example: "Then nothing has fallen",
        read: |_| Ok(Box::new(NothingFallen)),
    },
    Definition {
        keyword: Then,
        expression: "none of it/they/them is a single point of failure",
        doc: "violated by each node whose shutdown alone makes a hard dependency of another node unmet which is met today",
        example: "Then none of them is a single point of failure",
        read: |_| Ok(Box::new(NoSinglePoint)),
    },
];

/// Why a dependency is not met, in words.
fn why(graph: &Dependencies, world: &World, failure: &Failure<'_>, id: DependencyId) -> String {
    let declared = &graph.all[id].declared;
    let providers = failure.providers(world, id);
    let with = |standing: Standing, words: &str| {
        let names: Vec<_> = providers
            .iter()
            .filter(|(_, s)| *s == standing)
            .map(|(name, _)| name.as_str())
            .collect();
        let verb = if names.len() == 1 {
            words.to_owned()
        } else {
            words.replacen("is ", "are ", 1).replacen("has ", "have ", 1)
        };
        (!names.is_empty()).then(|| format!("{} {verb}", in_words(&names)))
    };
    let on = declared.on.as_ref().map_or_else(String::new, |on| format!(" {on}"));
    let reasons: Vec<_> = [
        with(Standing::ShutDown, "is shut down"),
        with(Standing::Nobody, "is known to nobody"),
        with(Standing::Lacking, &format!("has no{on} in the catalog")),
        with(Standing::Fallen, "has fallen"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let stands = with(Standing::Stands, "is there");
    let reasons = match (&stands, reasons.is_empty()) {
        (_, false) => reasons.join(", "),
        (Some(_), true) => "no other provider is known".to_owned(),
        (None, true) => "no provider is known".to_owned(),
    };
    let stand =
        stands.map_or_else(|| "nobody is there".to_owned(), |names| format!("only {names}"));
    format!("{} needs {}: {stand}; {reasons}", declared.dependent(), declared.needed())
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
        Some(node) => format!("without {}, {}", world.name(node), why(graph, world, failure, id)),
        None => why(graph, world, failure, id),
    };
    let about = format!("dependency {}", declared.identity());
    let violation = Violation::new(subjects.into_iter().flatten().collect(), about, message);
    violation.with("declared_in", &*declared.declared_in)
}

/// Something of a dependency that is not known.
fn doubt(graph: &Dependencies, world: &World, id: DependencyId) -> Unknown {
    let dependency = &graph.all[id];
    let why =
        format!("whether its dependency on {} is met is not known", dependency.declared.needed());
    world.unknown(dependency.node, Source::Catalogs, &why.into())
}

/// What may be hidden in one of the worlds that are judged.
fn hidden(graph: &Dependencies, world: &World, worlds: &[Option<NodeId>]) -> Vec<Unknown> {
    match worlds {
        [] => Vec::new(),
        worlds => graph.hidden_in(&joint(world, worlds)),
    }
}

/// A world in which every node stands that stands in one of those that are judged.
fn joint(world: &World, worlds: &[Option<NodeId>]) -> World {
    match worlds {
        [Some(only)] => world.without(*only),
        _ => world.clone(),
    }
}

fn hard(graph: &Dependencies) -> impl Fn(&&DependencyId) -> bool {
    |id| graph.all[**id].is_hard()
}

struct StillMet;

#[async_trait]
impl Sentence for StillMet {
    fn fit(&self, _: &mut Shapes) -> Result<(), Misfit> {
        Ok(())
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
        scene.doubt(hidden(&graph, &world, &worlds));
        let mut failure = Failure::in_world(&graph, &world).await;
        let base = failure.unmet();
        for gone in worlds {
            let found = match gone {
                None => Found::of(&graph, &world, &failure, &base.certain, &base.possible, None),
                Some(node) => failure.without(node, |failure, newly| {
                    let certain = union(&base.certain, &newly.certain);
                    let possible = union(&base.possible, &newly.possible);
                    Found::of(&graph, &world, failure, &certain, &possible, Some(node))
                }),
            };
            found.violations.into_iter().for_each(|violation| scene.violate(violation));
            scene.doubt(found.doubts);
        }
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
        if doubts.is_empty() {
            let message = "there is nothing to judge: no hard dependency is declared";
            scene.violate(Violation::new(Vec::new(), "nothing to judge", message));
        }
        scene.doubt(doubts);
    }
}

/// Both lists as one, sorted.
fn union(a: &[DependencyId], b: &[DependencyId]) -> Vec<DependencyId> {
    let mut all = [a, b].concat();
    all.sort_unstable();
    all.dedup();
    all
}

/// What one world has to show.
struct Found {
    violations: Vec<Violation>,
    doubts: Vec<Unknown>,
}

impl Found {
    fn of(
        graph: &Dependencies,
        world: &World,
        failure: &Failure<'_>,
        certain: &[DependencyId],
        possible: &[DependencyId],
        gone: Option<NodeId>,
    ) -> Self {
        let others =
            |id: &&DependencyId| Some(graph.all[**id].node) != gone && graph.all[**id].is_hard();
        let doubtful =
            possible.iter().filter(others).filter(|id| certain.binary_search(id).is_err());
        Self {
            violations: certain
                .iter()
                .filter(others)
                .map(|id| unmet(graph, world, failure, *id, gone))
                .collect(),
            doubts: doubtful.map(|id| doubt(graph, world, *id)).collect(),
        }
    }
}

struct NothingFallen;

/// What fails first on a node; nothing where the catalog does not have it.
fn origin(graph: &Dependencies, id: DependencyId) -> Origin {
    let declared = &graph.all[id].declared;
    let from = match &declared.from {
        End::Node | End::Missing(_) => None,
        End::Resource(resource) => Some(resource.clone()),
    };
    Origin { node: declared.node.clone(), from }
}

impl NothingFallen {
    /// Whether something that has a name could fall by dependencies that any node may declare.
    async fn may_name(world: &World) -> bool {
        let Some(store) = &world.estate.sources.graph else {
            return true;
        };
        if !world.estate.unknown_nodes().is_empty() {
            return true;
        }
        for node in (0..world.estate.size()).filter(|node| world.stands(*node).may_be()) {
            let origin = Origin { node: world.name(node).clone(), from: None };
            let nothing = store.fallen(&[origin]).await.is_ok_and(|fallen| fallen.is_empty());
            if !nothing || !has_catalog(world, node) {
                return true;
            }
        }
        false
    }

    /// Judges a world in which these dependencies are certainly not met, and those perhaps not.
    async fn judge(
        scene: &mut Scene,
        graph: &Dependencies,
        certain: &[DependencyId],
        possible: &[DependencyId],
    ) {
        let world = scene.world.clone();
        let missing = |id: &DependencyId| matches!(graph.all[*id].declared.from, End::Missing(_));
        let (lost, certain): (Vec<_>, Vec<_>) = certain.iter().copied().partition(missing);
        let (fallen, perhaps) = match &world.estate.sources.graph {
            Some(store) => {
                let origins = |ids: &[DependencyId]| {
                    ids.iter().map(|id| origin(graph, *id)).collect::<Vec<_>>()
                };
                let perhaps = [possible, &lost].concat();
                (store.fallen(&origins(&certain)).await, store.fallen(&origins(&perhaps)).await)
            }
            None => (Ok(Vec::new()), Ok(Vec::new())),
        };
        let (mut fallen, perhaps) = match (fallen, perhaps) {
            (Ok(fallen), Ok(perhaps)) => (fallen, perhaps),
            (Err(StoreError(why)), _) | (_, Err(StoreError(why))) => {
                scene.doubt([Unknown { node: None, source: Source::Catalogs, why }]);
                return;
            }
        };
        // Where only containers may have fallen there would be nothing to name.
        let nameable: BTreeSet<_> = perhaps.into_iter().map(|(node, _)| node).collect();
        for id in [possible, &lost].concat() {
            let dependency = &graph.all[id];
            if nameable.contains(&dependency.declared.node) || !has_catalog(&world, dependency.node)
            {
                scene.doubt([doubt(graph, &world, id)]);
            }
        }
        for id in certain.iter().filter(|id| !has_catalog(&world, graph.all[**id].node)) {
            let why = "something on it has fallen, and there is no catalog that tells what".into();
            scene.doubt([world.unknown(graph.all[*id].node, Source::Catalogs, &why)]);
        }
        fallen.sort_unstable();
        for (node, resource) in fallen {
            let causes = certain.iter().filter(|id| graph.all[**id].declared.node == node);
            let causes: Vec<_> = causes
                .map(|id| {
                    let declared = &graph.all[*id].declared;
                    format!("{} needs {}", declared.dependent(), declared.needed())
                })
                .collect();
            let subject = format!("{node}/{resource}");
            let message = format!(
                "{resource} on {node} has fallen: {}, and that is not met",
                in_words(&causes)
            );
            let about = format!("resource {resource}");
            scene.violate(Violation {
                path: causes,
                ..Violation::new(vec![subject], about, message)
            });
        }
    }
}

fn has_catalog(world: &World, node: NodeId) -> bool {
    world.estate.catalogs.documents[node] == Document::Readable
}

#[async_trait]
impl Sentence for NothingFallen {
    fn fit(&self, _: &mut Shapes) -> Result<(), Misfit> {
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        let worlds = scene.whole_worlds();
        if worlds.is_empty() {
            return;
        }
        let graph = scene.dependencies().await;
        let world = scene.world.clone();
        let mut hidden = hidden(&graph, &world, &worlds);
        if !graph.anybody.is_empty() && !Self::may_name(&joint(&world, &worlds)).await {
            hidden.retain(|unknown| !graph.anybody.contains(unknown));
        }
        scene.doubt(hidden);
        let mut failure = Failure::in_world(&graph, &world).await;
        let base = failure.unmet();
        let mut certain = Vec::new();
        let mut possible = Vec::new();
        for gone in worlds {
            let others = |id: &&DependencyId| {
                Some(graph.all[**id].node) != gone && graph.all[**id].is_hard()
            };
            let mut add = |newly: &Unmet| {
                certain.extend(base.certain.iter().chain(&newly.certain).filter(others).copied());
                possible
                    .extend(base.possible.iter().chain(&newly.possible).filter(others).copied());
            };
            match gone {
                None => add(&Unmet::default()),
                Some(node) => failure.without(node, |_, newly| add(newly)),
            }
        }
        certain.sort_unstable();
        certain.dedup();
        possible.sort_unstable();
        possible.dedup();
        possible.retain(|id| certain.binary_search(id).is_err());
        Self::judge(scene, &graph, &certain, &possible).await;
    }
}

struct NoSinglePoint;

#[async_trait]
impl Sentence for NoSinglePoint {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
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
                    (
                        broken,
                        newly.possible.iter().filter(hard(&graph)).copied().collect::<Vec<_>>(),
                    )
                });
                if broken.is_empty() {
                    doubts.extend(possible.iter().map(|id| doubt(&graph, &world, *id)));
                    others.push(Some(node));
                    continue;
                }
                scene.violate(single_point(&world, node, broken));
            }
            // Of the others it is not certain that they are none where something is not known.
            doubts.extend(hidden(&graph, &world, &others));
            let of_another =
                |id: &&DependencyId| others.iter().any(|node| *node != Some(graph.all[**id].node));
            doubts.extend(doubtful.iter().filter(of_another).map(|id| doubt(&graph, &world, *id)));
        }
        scene.doubt(doubts);
    }
}

fn single_point(world: &World, node: NodeId, broken: Vec<String>) -> Violation {
    let name = world.name(node);
    let first = &broken[0];
    let message = match broken.len() {
        1 => format!("{name} is a single point of failure: without it, {first}"),
        n => {
            format!("{name} is a single point of failure for {n} dependencies: without it, {first}")
        }
    };
    let violation = Violation::new(vec![name.to_string()], "single point of failure", message);
    Violation { path: broken, ..violation }
}
