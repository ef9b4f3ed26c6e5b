//! Walking from nodes and resources to what they depend on, or to what depends on them.

use std::collections::{HashMap, VecDeque};

use fixedbitset::FixedBitSet;
use groundrule_core::dependency::Kind;
use groundrule_core::logic::Tri;
use groundrule_core::name::ResourceRef;
use groundrule_core::ports::{Answer, Cause, Ends, Origin, StoreError};
use groundrule_core::source::{Source, Unknown};

use super::World;
use super::dependencies::{Dependencies, DependencyId, Falls, PointId};
use crate::estate::NodeId;

/// Which way to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To what is needed.
    Needs,
    /// To what needs it.
    NeededBy,
}

/// How to walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Following {
    /// Which way.
    pub direction: Direction,
    /// Along one declared dependency only.
    pub directly: bool,
    /// Along dependencies of one kind only.
    pub kind: Option<Kind>,
}

/// Who was reached from whom.
#[derive(Clone, Debug, Default)]
pub struct Pairs {
    /// The subject's node and the other node, sorted, each pair once.
    pub known: Vec<(NodeId, NodeId)>,
    /// Why there may be more pairs.
    pub unknown: Vec<Unknown>,
}

/// Where a walk begins: a node with everything on it, or some of its resources.
#[derive(Clone, Debug)]
pub struct Start {
    /// The node.
    pub node: NodeId,
    /// Its resources that count; none for everything on it.
    pub resources: Option<Vec<ResourceRef>>,
}

/// One declared dependency of a walk, and the node that it was followed to.
pub type Step = (DependencyId, NodeId);

/// A walk over all dependencies of a world.
pub struct Walk<'w> {
    graph: &'w Dependencies,
    world: &'w World,
    how: Following,
    /// Added nodes that provide what a list's filter selects.
    added: HashMap<usize, Vec<NodeId>>,
}

/// What the catalogs say of where a walk begins.
struct Opening {
    certain: Vec<DependencyId>,
    possible: Vec<DependencyId>,
    points: Vec<PointId>,
}

impl<'w> Walk<'w> {
    /// Prepares a walk.
    pub async fn new(graph: &'w Dependencies, world: &'w World, how: Following) -> Self {
        let mut added = HashMap::new();
        if !world.added().is_empty() {
            for (l, list) in graph.provisions.iter().enumerate() {
                if let (Some(filter), None) = (&list.filter, &list.on) {
                    let truth = world.filter(filter).await;
                    let new = (world.estate.size()..world.size())
                        .filter(|node| truth.yes.contains(*node) && world.stands(*node).may_be());
                    added.insert(l, new.collect());
                }
            }
        }
        Self { graph, world, how, added }
    }

    /// Everyone who is reached from each of these.
    pub async fn pairs(&self, from: &[Start]) -> Pairs {
        let mut pairs = Pairs::default();
        let openings = self.openings(from).await.unwrap_or_else(|StoreError(why)| {
            pairs.unknown.push(Unknown { node: None, source: Source::Catalogs, why });
            Vec::new()
        });
        let exact = self.graph.exact && self.world.perhaps_gone().is_empty();
        let mut search = Search::new(self);
        for (start, opening) in from.iter().zip(openings) {
            let certain = search.run(start, &opening, Tri::True);
            let new = pairs.known.len();
            pairs.known.extend(certain.reached.iter().map(|other| (start.node, *other)));
            // Walks mostly begin in the order of the nodes, so that little is left to sort.
            pairs.known[new..].sort_unstable();
            if exact {
                continue;
            }
            let possible = search.run(start, &opening, Tri::Unknown);
            let more = possible.reached.iter().filter(|other| !certain.reached.contains(other));
            pairs.unknown.extend(more.map(|other| {
                let other = self.world.name(*other);
                let why = format!("whether it is connected with {other} is not known");
                self.world.unknown(start.node, Source::Catalogs, &why.into())
            }));
            pairs.unknown.extend(self.unseen(start.node, &certain, &possible));
            if possible.strangers {
                pairs.unknown.extend(self.world.estate.unknown_nodes().iter().cloned());
            }
        }
        pairs.known.sort_unstable();
        pairs.known.dedup();
        pairs.unknown.sort_unstable();
        pairs.unknown.dedup();
        pairs
    }

    /// Why a walk may come to nodes over dependencies that nobody sees. Added nodes declare none,
    /// but others may name them or find them with a filter.
    fn unseen(&self, start: NodeId, certain: &Reach, possible: &Reach) -> Vec<Unknown> {
        let known = self.world.estate.size();
        let opaque = |node: NodeId| {
            let why = self.world.estate.catalog_unknown(node)?;
            Some(self.world.unknown(node, Source::Catalogs, why))
        };
        let fresh = |node: &NodeId| {
            let there = *node != start && self.world.stands(*node).may_be();
            there && !certain.reached.contains(node)
        };
        let strangers = !self.world.estate.unknown_nodes().is_empty();
        match self.how.direction {
            Direction::Needs => {
                if !strangers && !(0..self.world.size()).any(|node| fresh(&node)) {
                    return Vec::new();
                }
                let came_by = certain.reached.iter().chain(&possible.reached).chain([&start]);
                let declares = came_by.into_iter().any(|node| *node < known);
                let anybody = self.graph.anybody.iter().filter(|_| declares).cloned();
                let on_the_way = certain.opaque.iter().chain(&possible.opaque);
                on_the_way.filter_map(|node| opaque(*node)).chain(anybody).collect()
            }
            Direction::NeededBy => {
                let declares = strangers || (0..known).any(|node| fresh(&node));
                let anybody = self.graph.anybody.iter().filter(|_| declares).cloned();
                let hidden = self.graph.strangers.iter().cloned();
                let nodes = (0..known).filter(fresh);
                nodes.filter_map(opaque).chain(hidden).chain(anybody).collect()
            }
        }
    }

    /// Asks the catalogs, once for all, where resources that a walk begins with belong.
    async fn openings(&self, from: &[Start]) -> Answer<Vec<Opening>> {
        let mut ends = Vec::new();
        for start in from {
            if let Some(resources) = &start.resources {
                let ours = self.graph.declared_by(start.node).iter();
                let of = |d: &DependencyId| self.graph.from_resource(*d).cloned();
                let dependents: Vec<_> = ours.filter_map(of).collect();
                let points = &self.graph.points_of[start.node];
                let on: Vec<_> =
                    points.iter().filter_map(|p| self.graph.points[*p].on.clone()).collect();
                let node = self.world.name(start.node).clone();
                ends.push(match self.how.direction {
                    Direction::Needs => Ends {
                        node,
                        from: dependents,
                        cause: Cause::Dependency,
                        on: resources.clone(),
                    },
                    Direction::NeededBy => {
                        Ends { node, from: resources.clone(), cause: Cause::Itself, on }
                    }
                });
            }
        }
        let links = match &self.world.estate.sources.graph {
            Some(store) if !ends.is_empty() => store.links(&ends).await?,
            _ => Vec::new(),
        };
        let mut links = links.into_iter();
        let opening = |start: &Start| match &start.resources {
            None => self.whole(start.node),
            Some(_) => self.part(start.node, &links.next().unwrap_or_default().falls),
        };
        Ok(from.iter().map(opening).collect())
    }

    fn whole(&self, node: NodeId) -> Opening {
        let declared = self.graph.declared_by(node).iter().copied();
        let (certain, possible) = declared.partition(|d| self.graph.is_placed(*d));
        let points = match self.how.direction {
            Direction::Needs => Vec::new(),
            Direction::NeededBy => self.graph.points_of.get(node).cloned().unwrap_or_default(),
        };
        Opening { certain, possible, points }
    }

    fn part(&self, node: NodeId, falls: &[(u32, u32)]) -> Opening {
        let mut opening = Opening { certain: Vec::new(), possible: Vec::new(), points: Vec::new() };
        match self.how.direction {
            Direction::Needs => {
                let mut n = 0;
                for dependency in self.graph.declared_by(node) {
                    match &self.graph.all[*dependency].falls {
                        Falls::Everything => opening.certain.push(*dependency),
                        Falls::NotKnown => opening.possible.push(*dependency),
                        Falls::Points(_) => {
                            if falls.iter().any(|(f, _)| *f as usize == n) {
                                opening.certain.push(*dependency);
                            }
                            n += 1;
                        }
                    }
                }
            }
            Direction::NeededBy => {
                let mut n = 0;
                for point in &self.graph.points_of[node] {
                    if self.graph.points[*point].on.is_none() {
                        opening.points.push(*point);
                        continue;
                    }
                    if falls.iter().any(|(_, t)| *t as usize == n) {
                        opening.points.push(*point);
                    }
                    n += 1;
                }
            }
        }
        opening
    }

    /// Whether a walk from a node that nobody told us about may come anywhere: such a node has no
    /// catalog, so that it needs nobody; but others may name it, or select it with a filter, and of
    /// those whose catalogs cannot be read we do not know.
    #[must_use]
    pub fn leads_from_strangers(&self) -> bool {
        let hidden = !self.graph.anybody.is_empty() || !self.graph.strangers.is_empty();
        let provides = |list: &super::dependencies::Provision| {
            list.providers.iter().any(|provider| provider.node.is_none())
                && list.dependents.iter().any(|d| {
                    self.follows(*d) && self.world.stands(self.graph.all[*d].node).may_be()
                })
        };
        let estate = &self.world.estate;
        let opaque = |node: NodeId| {
            estate.catalog_unknown(node).is_some() && self.world.stands(node).may_be()
        };
        hidden
            || (self.how.direction == Direction::NeededBy
                && (self.graph.provisions.iter().any(provides) || (0..estate.size()).any(opaque)))
    }

    fn follows(&self, dependency: DependencyId) -> bool {
        let kind = self.graph.all[dependency].declared.kind;
        self.how.kind.is_none_or(|wanted| wanted == kind)
    }

    /// One shortest way from a node to another, each hop in words.
    pub async fn path(&self, start: &Start, other: NodeId) -> Vec<String> {
        let steps = self.steps(start, other, None).await.unwrap_or_default();
        self.in_words(&steps).await
    }

    /// One shortest way from a node to another, or to a resource on it; empty where there is none.
    ///
    /// # Errors
    /// When the store of the catalogs does not answer.
    pub async fn steps(
        &self,
        start: &Start,
        other: NodeId,
        on: Option<&ResourceRef>,
    ) -> Answer<Vec<Step>> {
        let openings = self.openings(std::slice::from_ref(start)).await?;
        let Some(opening) = openings.first() else {
            return Ok(Vec::new());
        };
        let mut search = Search::new(self);
        let found = search.run(start, opening, Tri::True);
        let mut steps = match on {
            None => found.way(other),
            Some(on) => found.way_on(self.graph, &self.points_with(other, on).await?),
        };
        if self.how.direction == Direction::Needs {
            steps.reverse();
        }
        Ok(steps)
    }

    /// What is needed of a node by those that need a resource on it.
    async fn points_with(&self, node: NodeId, on: &ResourceRef) -> Answer<Vec<PointId>> {
        let how = Following { direction: Direction::NeededBy, ..self.how };
        let back = Walk { how, added: HashMap::new(), ..*self };
        let start = Start { node, resources: Some(vec![on.clone()]) };
        let opening = back.openings(&[start]).await?.pop();
        let mut points = opening.map(|opening| opening.points).unwrap_or_default();
        // A catalog that is not there tells nothing of what is named.
        let named = |point: &&PointId| self.graph.points[**point].on.as_ref() == Some(on);
        points.extend(self.graph.points_of[node].iter().filter(named));
        Ok(points)
    }

    /// The hops of a way in words.
    pub async fn in_words(&self, steps: &[(DependencyId, NodeId)]) -> Vec<String> {
        let mut words = Vec::new();
        let mut arrived: Option<(NodeId, ResourceRef)> = None;
        for (dependency, provider) in steps {
            let declared = &self.graph.all[*dependency].declared;
            if let (Some((node, on)), Some(from)) =
                (arrived.take(), self.graph.from_resource(*dependency))
            {
                words.extend(self.inside(node, from, &on).await);
            }
            let dependent = declared.dependent();
            let kind = declared.kind;
            let provider_name = self.world.name(*provider);
            words.push(match &declared.on {
                Some(on) => format!("{dependent} needs {on} on {provider_name} ({kind})"),
                None => format!("{dependent} needs {provider_name} ({kind})"),
            });
            arrived = declared.on.clone().map(|on| (*provider, on));
        }
        words
    }

    /// How a resource relies on another of the same node.
    async fn inside(
        &self,
        node: NodeId,
        from: &ResourceRef,
        falls: &ResourceRef,
    ) -> Option<String> {
        let name = self.world.name(node).clone();
        let store = self.world.estate.sources.graph.as_ref()?;
        let origin = Origin { node: name.clone(), from: Some(from.clone()) };
        let mut way = store.way(&origin, falls).await.ok()?;
        way.reverse();
        let way: Vec<_> = way.iter().map(ResourceRef::as_str).collect();
        (way.len() > 1).then(|| format!("on {name}, {}", way.join(" relies on ")))
    }
}

/// Breadth-first, with arrays that are made once for all walks.
struct Search<'w> {
    walk: &'w Walk<'w>,
    seen: FixedBitSet,
    seen_points: FixedBitSet,
    seen_nodes: FixedBitSet,
}

/// One search: how certain its way must be, where it began, and what it found.
struct Reach {
    start: NodeId,
    at_least: Tri,
    reached: Vec<NodeId>,
    /// Nodes on the way that may declare anything.
    opaque: Vec<NodeId>,
    /// Whether it may go on to nodes that nobody told us about, which a filter may select.
    strangers: bool,
    /// How each node was reached first: by which step, and from which earlier one.
    steps: Vec<(Step, Option<usize>)>,
    /// Of each reached node: its step.
    by: Vec<usize>,
}

impl Reach {
    fn enough(&self, truth: Tri) -> bool {
        truth.is_true() || (self.at_least == Tri::Unknown && truth.may_be())
    }

    /// The steps to one of these points, the last one first.
    fn way_on(&self, graph: &Dependencies, points: &[PointId]) -> Vec<Step> {
        let there = |(id, provider): Step| {
            let on = &graph.all[id].declared.on;
            let mut points = points.iter().map(|point| &graph.points[*point]);
            points.any(|point| point.node == provider && point.on == *on)
        };
        let mut way = Vec::new();
        let mut here = self.steps.iter().position(|(step, _)| there(*step));
        while let Some(step) = here {
            way.push(self.steps[step].0);
            here = self.steps[step].1;
        }
        way
    }

    /// The steps to a node, the last one first.
    fn way(&self, node: NodeId) -> Vec<Step> {
        let mut way = Vec::new();
        let mut here = self.reached.iter().position(|n| *n == node).map(|n| self.by[n]);
        while let Some(step) = here {
            way.push(self.steps[step].0);
            here = self.steps[step].1;
        }
        way
    }
}

impl<'w> Search<'w> {
    fn new(walk: &'w Walk<'w>) -> Self {
        Self {
            walk,
            seen: FixedBitSet::with_capacity(walk.graph.all.len()),
            seen_points: FixedBitSet::with_capacity(walk.graph.points.len()),
            seen_nodes: FixedBitSet::with_capacity(walk.world.size()),
        }
    }

    /// Searches along everything that is at least this certain.
    fn run(&mut self, start: &Start, opening: &Opening, at_least: Tri) -> Reach {
        let mut reach = Reach {
            start: start.node,
            at_least,
            reached: Vec::new(),
            opaque: Vec::new(),
            strangers: false,
            steps: Vec::new(),
            by: Vec::new(),
        };
        match self.walk.how.direction {
            Direction::Needs => self.forwards(opening, &mut reach),
            Direction::NeededBy => self.backwards(opening, &mut reach),
        }
        for node in &reach.reached {
            self.seen_nodes.remove(*node);
        }
        reach
    }

    fn note_opaque(&self, node: NodeId, reach: &mut Reach) {
        if self.walk.world.estate.catalog_unknown(node).is_some() && !reach.opaque.contains(&node) {
            reach.opaque.push(node);
        }
    }

    fn arrive(
        &mut self,
        node: NodeId,
        step: Step,
        from: Option<usize>,
        reach: &mut Reach,
    ) -> usize {
        reach.steps.push((step, from));
        let here = reach.steps.len() - 1;
        if node != reach.start && !self.seen_nodes.put(node) {
            reach.reached.push(node);
            reach.by.push(here);
        }
        here
    }

    fn forwards(&mut self, opening: &Opening, reach: &mut Reach) {
        let (walk, graph) = (self.walk, self.walk.graph);
        let mut queue: VecDeque<(DependencyId, Option<usize>)> = VecDeque::new();
        let possible = opening.possible.iter().filter(|_| reach.enough(Tri::Unknown));
        queue.extend(opening.certain.iter().chain(possible).map(|d| (*d, None)));
        self.note_opaque(reach.start, reach);
        let mut touched = Vec::new();
        while let Some((id, from)) = queue.pop_front() {
            if !walk.follows(id) || self.seen.put(id) {
                continue;
            }
            touched.push(id);
            let dependency = &graph.all[id];
            for (p, provider) in graph.provisions[dependency.provision].providers.iter().enumerate()
            {
                reach.strangers |= provider.is_unheard() && reach.enough(provider.eligible);
                let (Some(node), Some(point)) = (provider.node, provider.point) else {
                    continue;
                };
                let there = walk.world.stands(node).and(provider.eligible);
                if dependency.itself == Some(p) || !reach.enough(there) {
                    continue;
                }
                let step = self.arrive(node, (id, node), from, reach);
                if walk.how.directly {
                    continue;
                }
                self.note_opaque(node, reach);
                let point = &graph.points[point];
                let (on, maybe): (&[_], &[_]) = match point.on {
                    None => (graph.declared_by(node), &[]),
                    Some(_) => (&point.falls_with, &point.may_fall_with),
                };
                let maybe = maybe.iter().filter(|_| reach.enough(Tri::Unknown));
                let on = on.iter().filter(|d| reach.enough(Tri::Unknown) || graph.is_placed(**d));
                queue.extend(on.chain(maybe).map(|d| (*d, Some(step))));
            }
            for node in walk.added.get(&dependency.provision).into_iter().flatten() {
                if reach.enough(walk.world.stands(*node)) {
                    self.arrive(*node, (id, *node), from, reach);
                }
            }
        }
        for dependency in touched {
            self.seen.remove(dependency);
        }
    }

    fn backwards(&mut self, opening: &Opening, reach: &mut Reach) {
        let (walk, graph) = (self.walk, self.walk.graph);
        let mut queue: VecDeque<(PointId, Option<usize>)> = VecDeque::new();
        queue.extend(opening.points.iter().map(|p| (*p, None)));
        for (l, nodes) in &walk.added {
            if nodes.contains(&reach.start) {
                for dependent in &graph.provisions[*l].dependents {
                    self.step_back(*dependent, reach.start, None, &mut queue, reach);
                }
            }
        }
        let mut touched = Vec::new();
        while let Some((id, from)) = queue.pop_front() {
            if self.seen_points.put(id) {
                continue;
            }
            touched.push(id);
            let point = &graph.points[id];
            for (l, p) in &point.provides {
                let list = &graph.provisions[*l];
                if !reach.enough(list.providers[*p].eligible) {
                    continue;
                }
                for dependent in &list.dependents {
                    if graph.all[*dependent].itself != Some(*p) {
                        self.step_back(*dependent, point.node, from, &mut queue, reach);
                    }
                }
            }
        }
        for point in touched {
            self.seen_points.remove(point);
        }
    }

    /// From a provider to a node that depends on it, and to what falls there.
    fn step_back(
        &mut self,
        id: DependencyId,
        provider: NodeId,
        from: Option<usize>,
        queue: &mut VecDeque<(PointId, Option<usize>)>,
        reach: &mut Reach,
    ) {
        let (walk, graph) = (self.walk, self.walk.graph);
        let dependency = &graph.all[id];
        let node = dependency.node;
        let placed = if graph.is_placed(id) { Tri::True } else { Tri::Unknown };
        if !walk.follows(id) || !reach.enough(walk.world.stands(node).and(placed)) {
            return;
        }
        let step = self.arrive(node, (id, provider), from, reach);
        if walk.how.directly {
            return;
        }
        let here = &graph.points_of[node];
        let (falling, certain) = match &dependency.falls {
            Falls::Points(points) => (points, Tri::True),
            Falls::Everything => (here, Tri::True),
            Falls::NotKnown => (here, Tri::Unknown),
        };
        let falling = falling.iter().filter(|p| reach.enough(graph.points[**p].has.and(certain)));
        let whole = here.iter().filter(|p| graph.points[**p].on.is_none());
        queue.extend(falling.chain(whole).map(|p| (*p, Some(step))));
    }
}
