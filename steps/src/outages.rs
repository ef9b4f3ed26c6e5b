//! Then: what fails when nodes are gone.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use groundrule_core::dependency::{Declared, End, in_words};
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Answer, Origin, StoreError};
use groundrule_core::source::{Source, Unknown};
use groundrule_core::verdict::Violation;
use groundrule_engine::estate::{Document, NodeId};
use groundrule_engine::policy::{Definition, Keyword::Then};
use groundrule_engine::scene::{Misfit, Scene, Sentence, Shape, Shapes, View};
use groundrule_engine::world::{
    Dependencies, Dependency, DependencyId, Failure, Standing, Unmet, World,
};

use crate::words::list;

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

/// A dependency that is not met, in words: `web1 needs 2 of db1, db2 and db3, but only db1 is
/// there: db2 is shut down and no source knows db3`.
fn why(graph: &Dependencies, world: &World, failure: &Failure<'_>, id: DependencyId) -> String {
    format!("{} {}", graph.all[id].declared.dependent(), because(graph, world, failure, id))
}

/// The same without who needs it.
fn because(graph: &Dependencies, world: &World, failure: &Failure<'_>, id: DependencyId) -> String {
    let declared = &graph.all[id].declared;
    let providers = failure.providers(world, id);
    let names = |standing: Standing| -> Vec<&str> {
        let such = providers.iter().filter(|(_, how)| *how == standing);
        such.map(|(name, _)| name.as_str()).collect()
    };
    let reason = |standing: Standing, words: &dyn Fn(&str, bool) -> String| {
        let names = names(standing);
        (!names.is_empty()).then(|| words(&in_words(&names), names.len() == 1))
    };
    let lacking = |who: &str, one: bool| {
        let on = declared.on.as_ref().map_or("it", ResourceRef::as_str);
        if one {
            format!("the catalog of {who} lacks {on}")
        } else {
            format!("the catalogs of {who} lack {on}")
        }
    };
    let fallen = |who: &str, one: bool| match &declared.on {
        Some(on) => format!("{on} has fallen on {who}"),
        None => format!("{who} {} fallen", if one { "has" } else { "have" }),
    };
    let reasons: Vec<_> = [
        reason(Standing::ShutDown, &|who, one| {
            format!("{who} {} shut down", if one { "is" } else { "are" })
        }),
        reason(Standing::Nobody, &|who, _| format!("no source knows {who}")),
        reason(Standing::Lacking, &lacking),
        reason(Standing::Fallen, &fallen),
        reason(Standing::NotKnown, &|who, _| format!("it is not known whether {who} provides it")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let standing = names(Standing::Stands);
    let are = if standing.len() == 1 { "is" } else { "are" };
    let because = match (standing.as_slice(), reasons.as_slice()) {
        // A filter: others may match, but lack what is needed.
        ([], []) => match &declared.on {
            Some(on) => format!("no other node that matches has {on}"),
            None => "no other node matches".to_owned(),
        },
        (standing, []) if declared.on.is_some() => {
            let have = if standing.len() == 1 { "has" } else { "have" };
            format!("only {} {have} it", in_words(standing))
        }
        ([], reasons) => in_words(reasons),
        (standing, []) => format!("only {} {are} there", in_words(standing)),
        (standing, reasons) => {
            format!("only {} {are} there: {}", in_words(standing), in_words(reasons))
        }
    };
    format!("needs {}, but {because}", declared.needed())
}

/// What a violation is about where a dependency is not met.
fn about(declared: &Declared) -> String {
    format!("dependency {}", declared.identity())
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

/// A dependency of which it is not known whether it is met, and whose fault that is.
fn doubt(graph: &Dependencies, world: &World, failure: &Failure<'_>, id: DependencyId) -> Unknown {
    let Dependency { declared, node, .. } = &graph.all[id];
    let providers = failure.providers(world, id).into_iter();
    let doubtful = providers.filter(|(_, how)| *how == Standing::NotKnown).map(|(name, _)| name);
    let doubtful: Vec<_> = doubtful.collect();
    let needed = declared.needed();
    let why = match doubtful.as_slice() {
        [] => format!("whether its dependency on {needed} is met is not known"),
        [one] => format!(
            "its dependency on {needed} may not be met: whether {one} provides it is not known"
        ),
        all => {
            let all = list(all);
            format!(
                "its dependency on {needed} may not be met: whether {all} provide it is not known"
            )
        }
    };
    world.unknown(*node, Source::Catalogs, &why.into())
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

/// What may be hidden in one of the worlds that are judged.
pub fn hidden(graph: &Dependencies, world: &World, worlds: &[Option<NodeId>]) -> Vec<Unknown> {
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

struct NothingFallen;

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
    fn fit(&self, _: &mut Shapes) -> Result<(), Misfit> {
        Ok(())
    }

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

struct NoSinglePoint;

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
