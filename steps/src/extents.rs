//! Then: how much falls with one node.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use groundrule_core::dependency::End;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::StoreError;
use groundrule_core::source::{Source, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::{Document, NodeId};
use groundrule_engine::policy::{Definition, Keyword::Then, Written};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes, View};
use groundrule_engine::world::{Dependencies, DependencyId, Failure, World, falls_with_each};

use crate::outages::hidden;
use crate::words::Read;

pub const SENTENCES: &[Definition] = &[
    Definition {
        keyword: Then,
        expression: "at most {number} service/services fall/falls when any one of it/they/them is/are shut down",
        doc: "violated by each node whose shutdown alone makes more services of other nodes fall",
        example: "Then at most 5 services fall when any one of them is shut down",
        read: |written| most(written, Extent::Services),
    },
    Definition {
        keyword: Then,
        expression: "at most {number} node/nodes fall/falls when any one of it/they/them is/are shut down",
        doc: "violated by each node whose shutdown alone makes something fall on more other nodes",
        example: "Then at most 2 nodes fall when any one of them is shut down",
        read: |written| most(written, Extent::Nodes),
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Services,
    Nodes,
}

struct AtMost {
    most: usize,
    of: Extent,
}

fn most(written: &Written, of: Extent) -> Read {
    Ok(Box::new(AtMost { most: written.count(0)?, of }))
}

/// Something that falls: a service, or a node as a whole.
type Thing = (NodeName, Option<ResourceRef>);

/// What falls with each dependency; nothing is told of those on nodes of which no catalog tells.
struct Falls {
    known: BTreeMap<DependencyId, BTreeSet<Thing>>,
    /// Nodes of which no catalog tells, but that have fallen whole already.
    down: BTreeSet<NodeId>,
    of: Extent,
}

/// What falls with some dependencies.
#[derive(Default)]
struct Falling<'f> {
    surely: BTreeSet<&'f Thing>,
    perhaps: BTreeSet<&'f Thing>,
    /// Nodes on which any number of things may.
    unknown: BTreeSet<NodeId>,
}

impl Falls {
    async fn of(
        graph: &Dependencies,
        world: &World,
        hits: &Hits,
        of: Extent,
    ) -> Result<Self, StoreError> {
        let ids = hits.all();
        let node = |id: &DependencyId| (graph.all[*id].declared.node.clone(), None);
        let known = match of {
            Extent::Nodes => ids.iter().map(|id| (*id, BTreeSet::from([node(id)]))).collect(),
            Extent::Services => {
                let told = ids.iter().copied().filter(|id| is_told(graph, world, *id));
                let all = falls_with_each(graph, world, &told.collect::<Vec<_>>()).await?;
                let services = |things: Vec<(NodeName, ResourceRef)>| {
                    let services = things.into_iter().filter(|(_, r)| r.type_name() == "Service");
                    services.map(|(node, resource)| (node, Some(resource))).collect()
                };
                all.into_iter().map(|(id, things)| (id, services(things))).collect()
            }
        };
        let whole = hits.certain.iter().filter(|id| graph.all[**id].declared.from == End::Node);
        let down = whole.map(|id| graph.all[*id].node).collect();
        Ok(Self { known, down, of })
    }

    /// What falls with these; where one starts from a resource that its catalog does not have,
    /// anything on its node may.
    fn with(&self, graph: &Dependencies, ids: &[DependencyId]) -> Falling<'_> {
        let mut falling = Falling::default();
        for id in ids {
            match (self.known.get(id), is_missing(graph, *id)) {
                (None, _) if self.down.contains(&graph.all[*id].node) => {}
                (None, _) => _ = falling.unknown.insert(graph.all[*id].node),
                (Some(things), true) => falling.perhaps.extend(things),
                (Some(things), false) => falling.surely.extend(things),
            }
        }
        falling
    }

    fn noun(&self, count: usize) -> &'static str {
        match (self.of, count) {
            (Extent::Services, 1) => "service falls",
            (Extent::Services, _) => "services fall",
            (Extent::Nodes, 1) => "node falls",
            (Extent::Nodes, _) => "nodes fall",
        }
    }
}

fn is_missing(graph: &Dependencies, id: DependencyId) -> bool {
    matches!(graph.all[id].declared.from, End::Missing(_))
}

/// Whether a catalog tells which services the node has.
fn is_told(graph: &Dependencies, world: &World, id: DependencyId) -> bool {
    world.estate.catalogs.documents.get(graph.all[id].node) == Some(&Document::Readable)
}

#[async_trait]
impl Sentence for AtMost {
    fn fit(&self, shapes: &mut Shapes) -> Result<(), Misfit> {
        shapes.want(&[Shape::Nodes])
    }

    fn asks_dependencies(&self) -> bool {
        true
    }

    async fn perform(&self, scene: &mut Scene) {
        let graph = scene.dependencies().await;
        for View { without, nodes } in scene.views() {
            let world =
                without.map_or_else(|| scene.world.clone(), |node| scene.world.without(node));
            let hits = Hits::of(&graph, &world, nodes.known.ones()).await;
            match Falls::of(&graph, &world, &hits, self.of).await {
                Ok(falls) => self.judge(scene, &graph, &world, &hits, &falls),
                Err(StoreError(why)) => {
                    scene.doubt([Unknown { node: None, source: Source::Catalogs, why }]);
                }
            }
        }
    }
}

/// Hard dependencies that are not met: today, and newly without each node.
struct Hits {
    certain: Vec<DependencyId>,
    possible: Vec<DependencyId>,
    without: Vec<(NodeId, Vec<DependencyId>, Vec<DependencyId>)>,
}

impl Hits {
    async fn of(graph: &Dependencies, world: &World, nodes: impl Iterator<Item = NodeId>) -> Self {
        let hard = |ids: &[DependencyId]| -> Vec<DependencyId> {
            ids.iter().copied().filter(|id| graph.all[*id].is_hard()).collect()
        };
        let mut failure = Failure::in_world(graph, world).await;
        let today = failure.unmet();
        let newly = |node| {
            failure.without(node, |_, newly| (node, hard(&newly.certain), hard(&newly.possible)))
        };
        let without = nodes.map(newly).collect();
        Self { certain: hard(&today.certain), possible: hard(&today.possible), without }
    }

    fn all(&self) -> BTreeSet<DependencyId> {
        let newly = self.without.iter().flat_map(|(_, certain, possible)| [certain, possible]);
        newly.chain([&self.certain, &self.possible]).flatten().copied().collect()
    }
}

impl AtMost {
    fn judge(
        &self,
        scene: &mut Scene,
        graph: &Dependencies,
        world: &World,
        hits: &Hits,
        falls: &Falls,
    ) {
        let fallen = falls.with(graph, &hits.certain);
        let possible = falls.with(graph, &hits.possible);
        // What declares anything, for all we know, may have fallen already.
        let opaque = falls.known.values().flatten().filter(|(name, _)| {
            world.find(name).is_some_and(|node| world.estate.catalog_unknown(node).is_some())
        });
        let perhaps_fallen: BTreeSet<_> = fallen
            .perhaps
            .iter()
            .chain(&possible.surely)
            .chain(&possible.perhaps)
            .copied()
            .chain(opaque)
            .collect();
        let (mut doubts, mut others) = (BTreeSet::new(), Vec::new());
        for (node, certain, possible_here) in &hits.without {
            let name = world.name(*node);
            let certain = falls.with(graph, certain);
            let other = |thing: &&Thing| thing.0 != *name && !fallen.surely.contains(*thing);
            let surely: BTreeSet<_> = certain.surely.iter().copied().filter(other).collect();
            let surely: BTreeSet<_> = surely.difference(&perhaps_fallen).copied().collect();
            if surely.len() > self.most {
                scene.violate(self.violation(name, &surely, falls));
                continue;
            }
            let more = falls.with(graph, possible_here);
            let all =
                [&certain.surely, &certain.perhaps, &more.surely, &more.perhaps, &perhaps_fallen];
            let all: BTreeSet<_> = all.into_iter().flatten().copied().filter(other).collect();
            let unknown = [&certain.unknown, &more.unknown, &fallen.unknown, &possible.unknown];
            let unknown = unknown.into_iter().flatten().any(|other| other != node);
            if all.len() > self.most || unknown {
                let most = self.most;
                let why =
                    format!("whether more than {most} {} with it is not known", falls.noun(2));
                doubts.insert(world.unknown(*node, Source::Catalogs, &why.into()));
            }
            others.push(Some(*node));
        }
        doubts.extend(hidden(graph, world, &others));
        scene.doubt(doubts);
    }

    fn violation(&self, name: &NodeName, things: &BTreeSet<&Thing>, falls: &Falls) -> Violation {
        let shown: Vec<_> = things
            .iter()
            .map(|(node, resource)| match resource {
                Some(resource) => format!("{resource} on {node}"),
                None => node.to_string(),
            })
            .collect();
        let (count, most) = (shown.len(), self.most);
        let message = format!(
            "without {name} {count} {}, and at most {most} may: {}",
            falls.noun(count),
            crate::words::list(&shown)
        );
        let about = match self.of {
            Extent::Services => "services that fall with it",
            Extent::Nodes => "nodes that fall with it",
        };
        let violation = Violation::new(vec![name.to_string()], about, message);
        Violation { path: shown, ..violation }
    }
}
