//! Then: what fails when nodes are gone.

use async_trait::async_trait;
use groundrule_core::dependency::{End, in_words};
use groundrule_core::ports::{Origin, StoreError};
use groundrule_core::source::{Source, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::{Document, NodeId};
use groundrule_engine::policy::{Definition, Keyword::Then};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::{Dependencies, DependencyId, Failure, Standing, World};

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
    let stand = with(Standing::Stands, "is there").unwrap_or_else(|| "nobody is there".to_owned());
    let reasons =
        if reasons.is_empty() { "no provider is known".to_owned() } else { reasons.join(", ") };
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

/// What may be hidden in one of the worlds in which one of these nodes is gone.
fn hidden_in_one(world: &World, hidden: &[Unknown], nodes: &[NodeId]) -> Vec<Unknown> {
    let gone = match nodes {
        [only] => Some(world.name(*only)),
        _ => None,
    };
    hidden
        .iter()
        .filter(|unknown| gone.is_none() || unknown.node.as_ref() != gone)
        .cloned()
        .collect()
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
        if !scene.refuse_empty_selection() {
            return;
        }
        let graph = scene.dependencies().await;
        let world = scene.world.clone();
        let hidden = graph.hidden_in(&world);
        if !graph.all.iter().any(|dependency| dependency.is_hard()) {
            let today = World::today(world.estate.clone());
            let doubts = graph.hidden_in(&today);
            if doubts.is_empty() && !scene.allows_empty() {
                let message = "there is nothing to judge: no hard dependency is declared";
                scene.violate(Violation::new(Vec::new(), "nothing to judge", message));
            }
            scene.doubt(doubts);
        }
        let mut failure = Failure::in_world(&graph, &world).await;
        let base = failure.unmet();
        match scene.in_turn().map(<[NodeId]>::to_vec) {
            None => {
                for id in base.certain.iter().filter(hard(&graph)) {
                    scene.violate(unmet(&graph, &world, &failure, *id, None));
                }
                scene.doubt(
                    base.possible
                        .iter()
                        .filter(hard(&graph))
                        .map(|id| doubt(&graph, &world, *id))
                        .collect::<Vec<_>>(),
                );
                scene.doubt(hidden);
            }
            Some(nodes) => {
                scene.doubt(hidden_in_one(&world, &hidden, &nodes));
                for node in nodes {
                    let (found, doubts) = failure.without(node, |failure, newly| {
                        let others = |id: &&DependencyId| {
                            graph.all[**id].node != node && graph.all[**id].is_hard()
                        };
                        let mut certain: Vec<_> = base
                            .certain
                            .iter()
                            .chain(&newly.certain)
                            .filter(others)
                            .copied()
                            .collect();
                        certain.sort_unstable();
                        certain.dedup();
                        let found: Vec<_> = certain
                            .iter()
                            .map(|id| unmet(&graph, &world, failure, *id, Some(node)))
                            .collect();
                        let possible = base.possible.iter().chain(&newly.possible).filter(others);
                        let possible = possible.filter(|id| certain.binary_search(id).is_err());
                        (found, possible.map(|id| doubt(&graph, &world, *id)).collect::<Vec<_>>())
                    });
                    found.into_iter().for_each(|violation| scene.violate(violation));
                    scene.doubt(doubts);
                }
            }
        }
    }
}

struct NothingFallen;

impl NothingFallen {
    /// Judges a world in which these dependencies are not met.
    async fn judge(scene: &mut Scene, graph: &Dependencies, certain: &[DependencyId]) {
        let world = scene.world.clone();
        let mut origins = Vec::new();
        for id in certain {
            let dependency = &graph.all[*id];
            if world.estate.catalogs.documents[dependency.node] != Document::Readable {
                let why =
                    "something on it has fallen, and there is no catalog that tells what".into();
                scene.doubt([world.unknown(dependency.node, Source::Catalogs, &why)]);
            }
            let from = match &dependency.declared.from {
                End::Node => None,
                End::Resource(resource) => Some(resource.clone()),
                End::Missing(resource) => {
                    let why =
                        format!("{resource}, which needs what is not there, is not in its catalog");
                    scene.doubt([world.unknown(dependency.node, Source::Catalogs, &why.into())]);
                    continue;
                }
            };
            origins.push((*id, Origin { node: dependency.declared.node.clone(), from }));
        }
        let answer = match &world.estate.sources.graph {
            Some(store) => {
                store
                    .fallen(&origins.iter().map(|(_, origin)| origin.clone()).collect::<Vec<_>>())
                    .await
            }
            None => Ok(Vec::new()),
        };
        let mut rows = match answer {
            Ok(rows) => rows,
            Err(StoreError(why)) => {
                scene.doubt([Unknown { node: None, source: Source::Catalogs, why }]);
                return;
            }
        };
        rows.sort_unstable();
        for (node, resource) in rows {
            let causes = origins.iter().filter(|(_, origin)| origin.node == node);
            let causes: Vec<_> = causes
                .map(|(id, _)| {
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

#[async_trait]
impl Sentence for NothingFallen {
    fn fit(&self, _: &mut Shapes) -> Result<(), Misfit> {
        Ok(())
    }

    async fn perform(&self, scene: &mut Scene) {
        if !scene.refuse_empty_selection() {
            return;
        }
        let graph = scene.dependencies().await;
        let world = scene.world.clone();
        let mut failure = Failure::in_world(&graph, &world).await;
        let base = failure.unmet();
        let mut certain = Vec::new();
        let mut possible = Vec::new();
        match scene.in_turn().map(<[NodeId]>::to_vec) {
            None => {
                certain.extend(base.certain.iter().filter(hard(&graph)).copied());
                possible.extend(base.possible.iter().filter(hard(&graph)).copied());
            }
            Some(nodes) => {
                for node in nodes {
                    failure.without(node, |_, newly| {
                        let others = |id: &&DependencyId| {
                            graph.all[**id].node != node && graph.all[**id].is_hard()
                        };
                        certain.extend(
                            base.certain.iter().chain(&newly.certain).filter(others).copied(),
                        );
                        possible.extend(
                            base.possible.iter().chain(&newly.possible).filter(others).copied(),
                        );
                    });
                }
            }
        }
        certain.sort_unstable();
        certain.dedup();
        possible.sort_unstable();
        possible.dedup();
        scene.doubt(possible.iter().map(|id| doubt(&graph, &world, *id)).collect::<Vec<_>>());
        scene.doubt(graph.hidden_in(&world));
        Self::judge(scene, &graph, &certain).await;
    }
}

struct NoSinglePoint;

#[async_trait]
impl Sentence for NoSinglePoint {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    async fn perform(&self, scene: &mut Scene) {
        let nodes = scene.each();
        let graph = scene.dependencies().await;
        let world = scene.world.clone();
        let mut failure = Failure::in_world(&graph, &world).await;
        let hidden = graph.hidden_in(&world);
        let today = failure.unmet();
        let doubtful: Vec<_> = today.possible.iter().filter(hard(&graph)).copied().collect();
        for node in nodes.ones() {
            let (broken, doubts) = failure.without(node, |failure, newly| {
                let newly_certain = newly.certain.iter().filter(hard(&graph));
                let broken = newly_certain.filter(|id| doubtful.binary_search(id).is_err());
                let broken: Vec<_> = broken.map(|id| why(&graph, &world, failure, *id)).collect();
                let doubts = newly.possible.iter().filter(hard(&graph)).chain(&doubtful);
                (broken, doubts.copied().collect::<Vec<_>>())
            });
            if broken.is_empty() {
                let doubts = doubts.iter().filter(|id| graph.all[**id].node != node);
                scene.doubt(doubts.map(|id| doubt(&graph, &world, *id)).collect::<Vec<_>>());
                scene.doubt(hidden_in_one(&world, &hidden, &[node]));
                continue;
            }
            let name = world.name(node);
            let message = match broken.len() {
                1 => format!("{name} is a single point of failure: without it, {}", broken[0]),
                n => format!(
                    "{name} is a single point of failure for {n} dependencies: without it, {}",
                    broken[0]
                ),
            };
            let violation =
                Violation::new(vec![name.to_string()], "single point of failure", message);
            scene.violate(Violation { path: broken, ..violation });
        }
    }
}
