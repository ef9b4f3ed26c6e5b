//! Declared dependencies with their ends found: who provides what, and what falls with what.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fixedbitset::FixedBitSet;
use groundrule_core::Text;
use groundrule_core::dependency::{Declared, End, Kind, Needs, Providers, in_words};
use groundrule_core::filter::Filter;
use groundrule_core::logic::Tri;
use groundrule_core::name::{NodeName, ResourceRef};
use groundrule_core::ports::{Cause, Ends, StoreError};
use groundrule_core::source::{Source, Unknown};

use super::World;
use super::failing::Bases;
use crate::estate::{Document, Estate, NodeId, Truth};

/// A declared dependency by its place.
pub type DependencyId = usize;

/// A resource at a provider, or a provider as a whole, by its place.
pub(super) type PointId = usize;

/// All declared dependencies of an estate.
pub struct Dependencies {
    /// By id, in the order of the nodes that declare them.
    pub all: Vec<Dependency>,
    /// Why nodes that nobody told us about may declare others.
    pub strangers: Vec<Unknown>,
    /// Why any node may declare others.
    pub anybody: Vec<Unknown>,
    /// Lists of providers, each once however many dependencies share it.
    pub(super) provisions: Vec<Provision>,
    pub(super) points: Vec<Point>,
    /// By node.
    pub(super) declared_by: Vec<Vec<DependencyId>>,
    /// By node.
    pub(super) points_of: Vec<Vec<PointId>>,
    /// Nodes with a catalog that cannot be read.
    pub(super) opaque: FixedBitSet,
    /// Whether nothing about them is unknown.
    pub(super) exact: bool,
    pub(super) bases: Bases,
}

/// One declared dependency.
pub struct Dependency {
    /// As it was declared.
    pub declared: Declared,
    /// Who declares it.
    pub node: NodeId,
    pub(super) provision: usize,
    /// The provider of the list that is the declaring node itself and does not count.
    pub(super) itself: Option<usize>,
    /// What falls with it on its node.
    pub(super) falls: Falls,
}

/// What falls on the declaring node when a dependency fails.
#[derive(Clone, Debug)]
pub(super) enum Falls {
    /// Everything.
    Everything,
    /// These points, and the node as the container of its resources.
    Points(Vec<PointId>),
    /// Not known: the resource that depends is not in the catalog.
    NotKnown,
}

/// Providers of one resource, and who depends on them.
pub(super) struct Provision {
    pub providers: Vec<Provider>,
    /// The filter that selects them, if one does; an added node may match it.
    pub filter: Option<Arc<Filter>>,
    pub on: Option<ResourceRef>,
    pub dependents: Vec<DependencyId>,
    /// The most that one of the dependents needs; all of them, if one needs all.
    pub most_needed: usize,
}

/// Somebody who may meet a dependency.
pub(super) struct Provider {
    /// The name, for a provider that was named.
    pub name: Option<NodeName>,
    /// The node, if somebody knows it.
    pub node: Option<NodeId>,
    pub point: Option<PointId>,
    /// Whether it is a provider at all: named, or matching.
    pub eligible: Tri,
    /// Whether its catalog has the resource.
    pub has: Tri,
    /// Whether it stands as far as its own catalog tells: known, readable, with the resource.
    pub stands: Tri,
}

impl Provider {
    /// Whether it stands for the nodes that nobody told us about.
    pub fn is_unheard(&self) -> bool {
        self.node.is_none() && self.name.is_none()
    }
}

/// A node, or a resource on it, that others need.
pub(super) struct Point {
    pub node: NodeId,
    pub on: Option<ResourceRef>,
    /// Whether the node's catalog has the resource.
    pub has: Tri,
    /// Lists that it is in, and where.
    pub provides: Vec<(usize, usize)>,
    /// Of a resource: the dependencies of its node with which it falls, and with which it may.
    pub falls_with: Vec<DependencyId>,
    pub may_fall_with: Vec<DependencyId>,
}

impl Dependencies {
    /// The dependencies of an estate, found once.
    pub async fn of(world: &World) -> Arc<Self> {
        let estate = &world.estate;
        if let Some(found) = estate.dependencies.get() {
            return Arc::clone(found);
        }
        let found = Arc::new(Builder::build(Arc::clone(estate)).await);
        Arc::clone(estate.dependencies.get_or_init(|| found))
    }

    /// The dependencies that nodes which stand declare.
    pub fn standing<'d>(&'d self, world: &'d World) -> impl Iterator<Item = DependencyId> + 'd {
        (0..self.all.len()).filter(|d| !world.gone().contains(self.all[*d].node))
    }

    /// Why there may be more dependencies than these in a world.
    #[must_use]
    pub fn hidden_in(&self, world: &World) -> Vec<Unknown> {
        let mut hidden = self.strangers.clone();
        let anybody_stands = world.gone().count_ones(..) < world.estate.size();
        if anybody_stands || !world.estate.unknown_nodes().is_empty() {
            hidden.extend(self.anybody.iter().cloned());
        }
        for node in 0..world.estate.size() {
            if let Some(why) = world.estate.catalog_unknown(node)
                && !world.gone().contains(node)
            {
                hidden.push(world.unknown(node, Source::Catalogs, why));
            }
        }
        hidden
    }

    /// Whether it is known what a dependency makes fall: not where it starts from a resource that
    /// the catalog does not have.
    pub(super) fn is_placed(&self, dependency: DependencyId) -> bool {
        !matches!(self.all[dependency].falls, Falls::NotKnown)
    }

    /// The resource that a dependency makes fall first, if it is one that the catalog has.
    #[must_use]
    pub fn from_resource(&self, dependency: DependencyId) -> Option<&ResourceRef> {
        match &self.all.get(dependency)?.declared.from {
            End::Resource(resource) => Some(resource),
            End::Node | End::Missing(_) => None,
        }
    }

    /// The dependencies that a node declares.
    #[must_use]
    pub fn declared_by(&self, node: NodeId) -> &[DependencyId] {
        self.declared_by.get(node).map_or(&[], Vec::as_slice)
    }
}

/// A dependency some provider of which nobody manages, or may not.
pub struct Unmanaged {
    /// Which one.
    pub dependency: DependencyId,
    /// What is missing, in words; empty where it is only not known.
    pub missing: Vec<String>,
    /// Nodes of which it is not known whether they provide it.
    pub unknown: Vec<Option<NodeId>>,
}

impl Dependencies {
    /// Which of these dependencies name a node that nobody knows or that lacks what is needed, or
    /// have a filter that finds no provider.
    pub async fn unmanaged(&self, world: &World, of: &[DependencyId]) -> Vec<Unmanaged> {
        let mut found = Vec::new();
        for dependency in of {
            let Dependency { provision, itself, .. } = &self.all[*dependency];
            let list = &self.provisions[*provision];
            let found_here = match &list.filter {
                None => self.unmanaged_names(world, list),
                Some(filter) => {
                    let added = match (&list.on, world.added()) {
                        (None, [_, ..]) => Some(world.filter(filter).await),
                        _ => None,
                    };
                    let new = (world.estate.size()..world.size())
                        .filter(|node| {
                            added.as_ref().is_some_and(|added| added.yes.contains(*node))
                        })
                        .map(|node| (Some(node), world.stands(node)));
                    let others =
                        list.providers.iter().enumerate().filter(|(p, _)| Some(*p) != *itself);
                    let others = others.map(|(_, provider)| {
                        let stands = provider.node.map_or(Tri::Unknown, |node| world.stands(node));
                        (provider.node, provider.eligible.and(stands))
                    });
                    unmanaged_filter(world, others.chain(new), list.on.as_ref())
                }
            };
            found.extend(found_here.map(|(missing, unknown)| Unmanaged {
                dependency: *dependency,
                missing,
                unknown,
            }));
        }
        found
    }

    fn unmanaged_names(
        &self,
        world: &World,
        list: &Provision,
    ) -> Option<(Vec<String>, Vec<Option<NodeId>>)> {
        let (mut nobody, mut gone, mut lacking, mut unknown) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for provider in &list.providers {
            let name = provider.name.as_ref().map_or("", NodeName::as_str);
            let Some(node) = provider.node else {
                nobody.push(name);
                continue;
            };
            match (world.stands(node), provider.has, &list.on) {
                (Tri::False, _, _) => gone.push(name),
                (_, Tri::False, Some(_)) => lacking.push(name),
                (Tri::Unknown, _, _) | (_, Tri::Unknown, Some(_)) => unknown.push(Some(node)),
                _ => {}
            }
        }
        let mut missing = Vec::new();
        if !nobody.is_empty() {
            missing.push(format!("no source knows {}", in_words(&nobody)));
        }
        if !gone.is_empty() {
            let are = if gone.len() == 1 { "is" } else { "are" };
            missing.push(format!("{} {are} shut down", in_words(&gone)));
        }
        if let (Some(on), false) = (&list.on, lacking.is_empty()) {
            missing.push(match lacking.as_slice() {
                [one] => format!("the catalog of {one} lacks {on}"),
                all => format!("the catalogs of {} lack {on}", in_words(all)),
            });
        }
        (!missing.is_empty() || !unknown.is_empty()).then_some((missing, unknown))
    }
}

fn unmanaged_filter(
    world: &World,
    providers: impl Iterator<Item = (Option<NodeId>, Tri)>,
    on: Option<&ResourceRef>,
) -> Option<(Vec<String>, Vec<Option<NodeId>>)> {
    let (mut unknown, mut lost) = (Vec::new(), Vec::new());
    for (node, provides) in providers {
        match provides {
            Tri::True => return None,
            Tri::Unknown => unknown.push(node),
            Tri::False => lost.extend(node),
        }
    }
    if !unknown.is_empty() {
        return Some((Vec::new(), unknown));
    }
    // Those that do not provide it match all the same.
    let missing = match (lost.as_slice(), on) {
        ([], _) => "no other node matches".to_owned(),
        (lost, Some(on)) if lost.iter().any(|node| world.stands(*node).may_be()) => {
            format!("no other node that matches has {on}")
        }
        _ => "no other node that matches is there".to_owned(),
    };
    Some((vec![missing], unknown))
}

struct Builder {
    estate: Arc<Estate>,
    all: Vec<Dependency>,
    strangers: Vec<Unknown>,
    anybody: Vec<Unknown>,
    provisions: Vec<Provision>,
    points: Vec<Point>,
    declared_by: Vec<Vec<DependencyId>>,
    points_of: Vec<Vec<PointId>>,
    point_ids: HashMap<(NodeId, Option<ResourceRef>), PointId>,
    /// Of each dependency with a resource as its dependent end: the resource.
    from: Vec<Option<ResourceRef>>,
}

impl Builder {
    async fn build(estate: Arc<Estate>) -> Dependencies {
        let size = estate.size();
        let mut builder = Self {
            estate,
            all: Vec::new(),
            strangers: Vec::new(),
            anybody: Vec::new(),
            provisions: Vec::new(),
            points: Vec::new(),
            declared_by: vec![Vec::new(); size],
            points_of: vec![Vec::new(); size],
            point_ids: HashMap::new(),
            from: Vec::new(),
        };
        let declared = builder.declared().await;
        let provisions = builder.provisions(&declared).await;
        builder.all.reserve(declared.len());
        builder.from.reserve(declared.len());
        for ((node, declared), provision) in declared.into_iter().zip(provisions) {
            builder.add(node, declared, provision);
        }
        builder.link().await;
        builder.finish()
    }

    /// Any node may declare more.
    fn hide(&mut self, why: &Text) {
        self.anybody.push(Unknown { node: None, source: Source::Catalogs, why: why.clone() });
    }

    /// Dependencies of nodes that somebody knows, by node.
    async fn declared(&mut self) -> Vec<(NodeId, Declared)> {
        let Some(store) = self.estate.sources.graph.clone() else {
            self.hide(&"the estate has neither catalogs nor relationships.yaml".into());
            return Vec::new();
        };
        let (declared, undeclared) = (store.dependencies().await, store.undeclared().await);
        match undeclared {
            Ok(all) => all.iter().for_each(|why| self.hide(why)),
            Err(StoreError(why)) => self.hide(&why),
        }
        let stranger =
            |why: &Text| Unknown { node: None, source: Source::Catalogs, why: why.clone() };
        self.strangers = self.estate.catalogs.gaps.iter().map(stranger).collect();
        let declared = declared.unwrap_or_else(|StoreError(why)| {
            self.hide(&why);
            Vec::new()
        });
        // The dependencies of a node mostly stand together.
        let mut last: Option<(NodeName, Option<NodeId>)> = None;
        let known = |d: Declared| {
            let id = match &last {
                Some((name, id)) if *name == d.node => *id,
                _ => self.estate.id(&d.node),
            };
            last = Some((d.node.clone(), id));
            self.relied_on(id?, d)
        };
        let mut declared: Vec<_> = declared.into_iter().filter_map(known).collect();
        declared.sort_by_key(|(node, _)| *node);
        // A dependency that is declared twice is one.
        let mut seen = HashSet::with_capacity(declared.len());
        let new: Vec<_> = declared.iter().map(|(_, d)| seen.insert(d.key())).collect();
        let mut new = new.into_iter();
        declared.retain(|_| new.next() == Some(true));
        declared
    }

    /// What a catalog that cannot be relied on declares is as little known as all else that it may
    /// declare; and what is in a resource of it as little as that resource.
    fn relied_on(&self, node: NodeId, mut declared: Declared) -> Option<(NodeId, Declared)> {
        if let Document::Unknown(_) = &self.estate.catalogs.documents[node] {
            if declared.source == Source::Catalogs {
                return None;
            }
            declared.from = match declared.from {
                End::Resource(from) => End::Missing(from),
                end => end,
            };
        }
        Some((node, declared))
    }

    /// Finds the providers of every dependency; dependencies with the same ones share a list.
    async fn provisions(&mut self, declared: &[(NodeId, Declared)]) -> Vec<usize> {
        let today = World::today(Arc::clone(&self.estate));
        // Thousands of dependencies share a few filters.
        let mut filters: HashMap<&str, &Filter> = HashMap::new();
        for (_, declared) in declared {
            if let Providers::Matching { written, filter } = &declared.providers {
                filters.insert(written, filter);
            }
        }
        today.ask_classes(filters.into_values()).await;
        let mut ids = HashMap::new();
        let mut matching: HashMap<String, Truth> = HashMap::new();
        let mut wanted = Vec::with_capacity(declared.len());
        for (_, declared) in declared {
            let new = self.provisions.len();
            let id = *ids.entry(declared.provision()).or_insert(new);
            wanted.push(id);
            if id < new {
                continue;
            }
            let (candidates, filter) = match &declared.providers {
                Providers::Nodes(names) => {
                    let named =
                        |name: &NodeName| (Some(name.clone()), self.estate.id(name), Tri::True);
                    (names.iter().map(named).collect(), None)
                }
                Providers::Matching { written, filter } => {
                    if !matching.contains_key(written) {
                        matching.insert(written.clone(), today.filter(filter).await);
                    }
                    (self.candidates(&matching[written]), Some(Arc::clone(filter)))
                }
            };
            let on = declared.on.clone();
            let providers = candidates.into_iter().map(|(name, node, eligible)| Provider {
                name,
                node,
                point: node.map(|node| self.point(node, on.clone())),
                eligible,
                has: Tri::True,
                stands: Tri::True,
            });
            let providers = providers.collect();
            self.provisions.push(Provision {
                providers,
                filter,
                on,
                dependents: Vec::new(),
                most_needed: 0,
            });
        }
        wanted
    }

    /// Nodes that match or may match; one more for those that nobody told us about.
    fn candidates(&self, matching: &Truth) -> Vec<(Option<NodeName>, Option<NodeId>, Tri)> {
        let certain = matching.yes.ones().map(|node| (None, Some(node), Tri::True));
        let maybe = matching.maybe.keys().map(|node| (None, Some(*node), Tri::Unknown));
        let unheard =
            (!self.estate.unknown_nodes().is_empty()).then_some((None, None, Tri::Unknown));
        certain.chain(maybe).chain(unheard).collect()
    }

    fn point(&mut self, node: NodeId, on: Option<ResourceRef>) -> PointId {
        let new = self.points.len();
        let id = *self.point_ids.entry((node, on.clone())).or_insert(new);
        if id == new {
            self.points.push(Point {
                node,
                has: if on.is_some() { Tri::Unknown } else { Tri::True },
                on,
                provides: Vec::new(),
                falls_with: Vec::new(),
                may_fall_with: Vec::new(),
            });
            self.points_of[node].push(id);
        }
        id
    }

    fn add(&mut self, node: NodeId, declared: Declared, provision: usize) {
        let id = self.all.len();
        let list = &mut self.provisions[provision];
        list.dependents.push(id);
        let needed = match declared.needs {
            Needs::AtLeast(n) => n,
            Needs::All => usize::MAX,
        };
        list.most_needed = list.most_needed.max(needed);
        let itself = match declared.providers {
            Providers::Matching { .. } => list.providers.iter().position(|p| p.node == Some(node)),
            Providers::Nodes(_) => None,
        };
        let falls = match &declared.from {
            End::Node => Falls::Everything,
            End::Resource(_) => Falls::Points(Vec::new()),
            End::Missing(_) => Falls::NotKnown,
        };
        self.from.push(match &declared.from {
            End::Resource(resource) => Some(resource.clone()),
            End::Node | End::Missing(_) => None,
        });
        self.declared_by[node].push(id);
        self.all.push(Dependency { declared, node, provision, itself, falls });
    }

    /// Asks the catalogs which provider has what, and what falls with which dependency.
    async fn link(&mut self) {
        let mut nodes = Vec::new();
        let mut ends = Vec::new();
        for node in 0..self.estate.size() {
            let on = self.points_of[node]
                .iter()
                .filter_map(|p| self.points[*p].on.clone())
                .collect::<Vec<_>>();
            let from = self.declared_by[node]
                .iter()
                .filter_map(|d| self.from[*d].clone())
                .collect::<Vec<_>>();
            if !on.is_empty() {
                nodes.push(node);
                let name = self.estate.names()[node].clone();
                ends.push(Ends { node: name, from, cause: Cause::Dependency, on });
            }
        }
        let links = match &self.estate.sources.graph {
            Some(store) => store.links(&ends).await,
            None => Ok(Vec::new()),
        };
        match links {
            Ok(links) => {
                for (node, links) in nodes.into_iter().zip(links) {
                    let with_on = |p: &&PointId| self.points[**p].on.is_some();
                    let on: Vec<_> = self.points_of[node].iter().filter(with_on).copied().collect();
                    let with_from = |d: &&DependencyId| self.from[**d].is_some();
                    let from: Vec<_> =
                        self.declared_by[node].iter().filter(with_from).copied().collect();
                    let known = self.estate.catalogs.documents[node] == Document::Readable;
                    for (point, found) in on.iter().zip(&links.has) {
                        self.points[*point].has =
                            if known { Tri::from(*found) } else { Tri::Unknown };
                    }
                    for (f, t) in links.falls {
                        let (dependency, point) = (from[f as usize], on[t as usize]);
                        if let Falls::Points(points) = &mut self.all[dependency].falls {
                            points.push(point);
                        }
                    }
                }
            }
            Err(StoreError(why)) => self.hide(&why),
        }
        self.settle();
    }

    /// Decides for each provider whether it stands, and connects points with what they fall with.
    fn settle(&mut self) {
        for (l, list) in self.provisions.iter_mut().enumerate() {
            for (p, provider) in list.providers.iter_mut().enumerate() {
                let unknown_catalog =
                    provider.node.is_some_and(|node| self.estate.catalog_unknown(node).is_some());
                provider.has = match (&list.on, provider.point) {
                    (None, _) => Tri::True,
                    (Some(_), Some(point)) if !unknown_catalog => self.points[point].has,
                    (Some(_), _) => Tri::Unknown,
                };
                let known = match provider.node {
                    Some(node) if self.estate.rumoured.contains_key(&node) => Tri::Unknown,
                    Some(_) => Tri::True,
                    None if provider.is_unheard() => Tri::Unknown,
                    None => Tri::False,
                };
                let readable = if unknown_catalog { Tri::Unknown } else { Tri::True };
                if list.filter.is_some() {
                    provider.eligible = provider.eligible.and(provider.has).and(known);
                }
                provider.stands = known.and(provider.has).and(readable);
                if let Some(point) = provider.point {
                    self.points[point].provides.push((l, p));
                }
            }
        }
        for (d, dependency) in self.all.iter().enumerate() {
            let here = &self.points_of[dependency.node];
            let (points, at_most) = match &dependency.falls {
                Falls::Points(points) => (points, Tri::True),
                Falls::Everything => (here, Tri::True),
                Falls::NotKnown => (here, Tri::Unknown),
            };
            for point in points {
                let point = &mut self.points[*point];
                match point.has.and(at_most) {
                    Tri::True => point.falls_with.push(d),
                    Tri::Unknown => point.may_fall_with.push(d),
                    Tri::False => {}
                }
            }
        }
    }

    fn finish(self) -> Dependencies {
        let undecided = |provider: &Provider| {
            provider.eligible == Tri::Unknown || provider.stands == Tri::Unknown
        };
        let mut opaque = FixedBitSet::with_capacity(self.estate.size());
        opaque.extend(
            (0..self.estate.size()).filter(|node| self.estate.catalog_unknown(*node).is_some()),
        );
        let exact = self.strangers.is_empty()
            && self.anybody.is_empty()
            && opaque.is_clear()
            && !self.provisions.iter().any(|list| list.providers.iter().any(undecided))
            && !self.all.iter().any(|d| matches!(d.falls, Falls::NotKnown));
        let mut dependencies = Dependencies {
            all: self.all,
            strangers: self.strangers,
            anybody: self.anybody,
            provisions: self.provisions,
            points: self.points,
            declared_by: self.declared_by,
            points_of: self.points_of,
            opaque,
            exact,
            bases: Bases::default(),
        };
        dependencies.bases = Bases::of_today(&dependencies, &World::today(self.estate));
        dependencies
    }
}

impl Dependency {
    /// Whether its failure spreads.
    #[must_use]
    pub fn is_hard(&self) -> bool {
        self.declared.kind == Kind::Hard
    }
}
