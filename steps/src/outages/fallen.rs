//! Nothing has fallen.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use groundrule_core::dependency::{Declared, End};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Answer, Origin, StoreError};
use groundrule_core::source::{Source, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::{Document, NodeId};
use groundrule_engine::scene::{Scene, Sentence};
use groundrule_engine::world::{Dependencies, Dependency, DependencyId, Failure, Unmet, World};

use super::told::{because, doubt};
use super::{hidden, joint};

pub struct NothingFallen;

/// Resources that have fallen, with the dependencies that made them fall.
type Fallen = BTreeMap<(NodeName, ResourceRef), Vec<DependencyId>>;

/// Why a dependency is not met.
struct Reason {
    /// The node without which it is not, where nodes are shut down in turn.
    without: Option<NodeId>,
    /// In words, without who needs it.
    because: String,
}

/// For so many resources the way on their node is told; nobody reads further.
const EXPLAINED: usize = 1000;

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
        certain: &BTreeMap<DependencyId, Reason>,
        possible: &BTreeMap<DependencyId, Unknown>,
    ) {
        let world = scene.world.clone();
        let missing = |id: &DependencyId| matches!(graph.all[*id].declared.from, End::Missing(_));
        let (lost, certain_ids): (Vec<_>, Vec<_>) = certain.keys().copied().partition(missing);
        let perhaps: Vec<_> = possible.keys().chain(&lost).copied().collect();
        let (fallen, nameable) = match Self::ask(&world, graph, &certain_ids, &perhaps).await {
            Ok(answers) => answers,
            Err(StoreError(why)) => {
                scene.doubt([Unknown { node: None, source: Source::Catalogs, why }]);
                return;
            }
        };
        // Where only containers may have fallen there would be nothing to name.
        for id in perhaps {
            let dependency = &graph.all[id];
            if nameable.contains(&dependency.declared.node) || !has_catalog(&world, dependency.node)
            {
                let doubt = possible.get(&id).cloned();
                scene.doubt([doubt.unwrap_or_else(|| unplaced(graph, &world, id))]);
            }
        }
        for id in certain_ids.iter().filter(|id| !has_catalog(&world, graph.all[**id].node)) {
            let why = "something on it has fallen, and there is no catalog that tells what".into();
            scene.doubt([world.unknown(graph.all[*id].node, Source::Catalogs, &why)]);
        }
        for (n, ((node, resource), causes)) in fallen.into_iter().enumerate() {
            let mut path = Vec::new();
            for id in &causes {
                if n < EXPLAINED {
                    path.extend(inside(&world, &graph.all[*id].declared, &resource).await);
                }
                let declared = &graph.all[*id].declared;
                let (who, what) = (declared.dependent(), declared.needed());
                path.push(format!("{who} needs {what} ({})", declared.kind));
            }
            let first = &graph.all[causes[0]].declared;
            let dependent = match &first.from {
                End::Resource(from) if *from == resource => "it".to_owned(),
                _ => first.dependent(),
            };
            let Reason { without, because } = &certain[&causes[0]];
            let fell = match without {
                Some(gone) => {
                    format!("without {} {resource} on {node} falls", world.name(*gone))
                }
                None => format!("{resource} on {node} has fallen"),
            };
            let message = format!("{fell}: {dependent} {because}");
            let subject = format!("{node}/{resource}");
            let about = format!("resource {resource}");
            scene.violate(Violation { path, ..Violation::new(vec![subject], about, message) });
        }
    }

    /// What has certainly fallen, with the dependencies that made it fall, and on which nodes
    /// something that has a name may have fallen.
    async fn ask(
        world: &World,
        graph: &Dependencies,
        certain: &[DependencyId],
        perhaps: &[DependencyId],
    ) -> Answer<(Fallen, BTreeSet<NodeName>)> {
        let mut fallen = Fallen::new();
        let Some(store) = &world.estate.sources.graph else {
            return Ok((fallen, BTreeSet::new()));
        };
        let mut by_node: BTreeMap<NodeName, Vec<DependencyId>> = BTreeMap::new();
        for id in certain {
            by_node.entry(graph.all[*id].declared.node.clone()).or_default().push(*id);
        }
        // One question for all nodes, and another one for those that have a further cause.
        let most = by_node.values().map(Vec::len).max().unwrap_or_default();
        for n in 0..most {
            let ids = by_node.values().filter_map(|ids| ids.get(n));
            let origins: Vec<_> = ids.map(|id| origin(graph, *id)).collect();
            for (node, resource) in store.fallen(&origins).await? {
                let cause = by_node[&node][n];
                fallen.entry((node, resource)).or_default().push(cause);
            }
        }
        let origins: Vec<_> = perhaps.iter().map(|id| origin(graph, *id)).collect();
        let nameable = store.fallen(&origins).await?.into_iter().map(|(node, _)| node).collect();
        Ok((fallen, nameable))
    }
}

/// How a resource relies on the one that needs another node; none where it is that one, or where
/// everything on the node falls.
async fn inside(world: &World, declared: &Declared, falls: &ResourceRef) -> Option<String> {
    let End::Resource(from) = &declared.from else {
        return None;
    };
    let origin = Origin { node: declared.node.clone(), from: Some(from.clone()) };
    let mut way = world.estate.sources.graph.as_ref()?.way(&origin, falls).await.ok()?;
    way.reverse();
    let way: Vec<_> = way.iter().map(ResourceRef::as_str).collect();
    (way.len() > 1).then(|| format!("on {}, {}", declared.node, way.join(" relies on ")))
}

fn has_catalog(world: &World, node: NodeId) -> bool {
    world.estate.catalogs.documents[node] == Document::Readable
}

#[async_trait]
impl Sentence for NothingFallen {
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
        let mut hidden = hidden(&graph, &world, &worlds);
        if !graph.anybody.is_empty() && !Self::may_name(&joint(&world, &worlds)).await {
            hidden.retain(|unknown| !graph.anybody.contains(unknown));
        }
        scene.doubt(hidden);
        let mut failure = Failure::in_world(&graph, &world).await;
        let base = failure.unmet();
        let mut certain = BTreeMap::new();
        let mut possible = BTreeMap::new();
        for gone in worlds {
            let others = |id: &&DependencyId| {
                Some(graph.all[**id].node) != gone && graph.all[**id].is_hard()
            };
            let mut add = |failure: &Failure<'_>, unmet: &Unmet, without: Option<NodeId>| {
                for id in unmet.certain.iter().filter(others) {
                    certain.entry(*id).or_insert_with(|| {
                        let because = because(&graph, &world, failure, *id);
                        Reason { without, because }
                    });
                }
                for id in unmet.possible.iter().filter(others) {
                    possible.entry(*id).or_insert_with(|| doubt(&graph, &world, failure, *id));
                }
            };
            add(&failure, &base, None);
            if let Some(node) = gone {
                failure.without(node, |failure, newly| add(failure, newly, gone));
            }
        }
        possible.retain(|id, _| !certain.contains_key(id));
        Self::judge(scene, &graph, &certain, &possible).await;
    }
}

/// A dependency that is not met, of which it is not known what falls with it.
fn unplaced(graph: &Dependencies, world: &World, id: DependencyId) -> Unknown {
    let Dependency { declared, node, .. } = &graph.all[id];
    let needed = declared.needed();
    let lacks = match &declared.from {
        End::Missing(from) => format!(", since its catalog lacks {from}"),
        End::Node | End::Resource(_) => String::new(),
    };
    let why = format!(
        "its dependency on {needed} is not met, and what falls with it is not known{lacks}"
    );
    world.unknown(*node, Source::Catalogs, &why.into())
}
