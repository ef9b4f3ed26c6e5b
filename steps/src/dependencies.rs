//! Declared dependencies: Given, and Then every one declares …

use async_trait::async_trait;
use groundrule_core::dependency::{Kind, in_words};
use groundrule_core::source::{Known, Source, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::policy::{Definition, Keyword::Given, Keyword::Then};
use groundrule_engine::scene::{Current, Members, Misfit, Scene, Sentence, Shape, Shapes};
use groundrule_engine::world::{Column, DependencyId};

use crate::words::{Read, count, wanted};

pub const SELECTIONS: &[Definition] = &[
    Definition {
        keyword: Given,
        expression: "all declared dependency/dependencies",
        doc: "every dependency between nodes that a catalog or relationships.yaml declares",
        example: "Given all declared dependencies",
        read: |_| select(None),
    },
    Definition {
        keyword: Given,
        expression: "all hard dependency/dependencies",
        doc: "those whose failure spreads",
        example: "Given all hard dependencies",
        read: |_| select(Some(Kind::Hard)),
    },
    Definition {
        keyword: Given,
        expression: "all soft dependency/dependencies",
        doc: "those that are only told to monitoring",
        example: "Given all soft dependencies",
        read: |_| select(Some(Kind::Soft)),
    },
];

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "every one declares a dependency",
        doc: "violated by each node that declares none",
        example: "Then every one declares a dependency",
        read: |_| Ok(Box::new(Declares(1))),
    },
    Definition {
        keyword: Then,
        expression: "every one has at least {number} declared dependency/dependencies",
        doc: "violated by each node that declares fewer",
        example: "Then every one has at least 2 declared dependencies",
        read: |written| Ok(Box::new(Declares(written.count(0)?))),
    },
    Definition {
        keyword: Then,
        expression: "every dependency is managed",
        doc: "violated by each dependency that names a node nobody knows, or one whose catalog lacks what is needed, or whose filter finds no provider; names the node that declared it",
        example: "Then every dependency is managed",
        read: |_| Ok(Box::new(Managed)),
    },
];

fn select(kind: Option<Kind>) -> Read {
    Ok(Box::new(Select(kind)))
}

struct Select(Option<Kind>);

#[async_trait]
impl Sentence for Select {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.current = Shape::Dependencies;
        Ok(())
    }

    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let graph = scene.dependencies().await;
        let of_kind =
            |d: &DependencyId| self.0.is_none_or(|kind| graph.all[*d].declared.kind == kind);
        let mut set = Members::of(graph.standing(&scene.world).filter(of_kind).collect::<Vec<_>>());
        let world = &scene.world;
        for node in (0..world.estate.size()).filter(|node| world.stands(*node).may_be()) {
            let opaque = world.estate.catalog_unknown(node);
            let why = opaque.or_else(|| graph.anybody.first().map(|unknown| &unknown.why));
            if let Some(why) = why {
                set.unseen.insert(node, world.unknown(node, Source::Catalogs, why));
            }
        }
        set.open = graph.strangers.clone();
        if !world.estate.unknown_nodes().is_empty() {
            set.open.extend(graph.anybody.iter().cloned());
        }
        let set = set.in_world(&scene.world);
        scene.select(Current::Dependencies(set));
    }
}

struct Declares(usize);

#[async_trait]
impl Sentence for Declares {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let graph = scene.dependencies().await;
        let world = &scene.world;
        let everywhere = graph.anybody.first();
        let of_node = |node: usize| {
            let declared = graph.declared_by(node).len();
            let added = node >= world.estate.size();
            let hidden = everywhere.filter(|_| !added).map(|unknown| &unknown.why);
            match world.estate.catalog_unknown(node).or(hidden) {
                Some(why) if declared < self.0 => Known::Unknown(why.clone()),
                _ => Known::Present(declared),
            }
        };
        let column =
            Column { source: Source::Catalogs, values: (0..world.size()).map(of_node).collect() };
        scene.judge_each(&column, |world, node, declared| {
            let declared = *declared?;
            if declared >= self.0 {
                return None;
            }
            let name = world.name(node).to_string();
            let message = match declared {
                0 if self.0 == 1 => format!("{name} declares no dependency"),
                n => {
                    let found = match n {
                        0 => "no dependency".to_owned(),
                        n => count(n, "dependency"),
                    };
                    format!("{name} declares {found}, {}", wanted("at least", self.0))
                }
            };
            Some(
                Violation::new(vec![name], "declared dependencies", message)
                    .with("declared", declared),
            )
        });
    }
}

struct Managed;

#[async_trait]
impl Sentence for Managed {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Dependencies])
    }

    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let Current::Dependencies(set) = scene.current().clone() else {
            return;
        };
        let graph = scene.dependencies().await;
        scene.doubt(set.unknown().cloned());
        for gone in worlds(scene) {
            scene.refuse_if_empty(gone);
            let world = gone.map_or_else(|| scene.world.clone(), |node| scene.world.without(node));
            let here = |d: &&DependencyId| Some(graph.all[**d].node) != gone;
            let of: Vec<_> = set.known.iter().filter(here).copied().collect();
            for found in graph.unmanaged(&world, &of).await {
                let declared = &graph.all[found.dependency].declared;
                if found.missing.is_empty() {
                    let doubts = found.unknown.iter().map(|node| match node {
                        Some(node) => {
                            let why = match world.estate.catalog_unknown(*node) {
                                Some(why) => why.clone(),
                                None => "whether it provides what is needed is not known".into(),
                            };
                            world.unknown(*node, Source::Catalogs, &why)
                        }
                        None => {
                            let why = "a source that may know the node could not be read".into();
                            Unknown { node: None, source: Source::Catalogs, why }
                        }
                    });
                    scene.doubt(doubts.collect::<Vec<_>>());
                    continue;
                }
                let message = format!(
                    "{} needs {}, but {}",
                    declared.dependent(),
                    declared.needed(),
                    in_words(&found.missing)
                );
                let node = declared.node.to_string();
                let violation = Violation::new(
                    vec![node],
                    format!("dependency {}", declared.identity()),
                    message,
                );
                scene.violate(
                    violation
                        .with("declared_in", &*declared.declared_in)
                        .with("kind", declared.kind.to_string()),
                );
            }
        }
    }
}

/// The worlds that are judged: without any further node gone, or with each in turn.
fn worlds(scene: &Scene) -> Vec<Option<usize>> {
    match scene.in_turn() {
        None => vec![None],
        Some(nodes) => nodes.iter().copied().map(Some).collect(),
    }
}
