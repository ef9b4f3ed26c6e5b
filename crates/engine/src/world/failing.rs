//! What fails when nodes are gone: which dependencies are not met, and what falls with them.
//!
//! What has fallen is the smallest set that the rules allow, so it is built from nothing: a
//! provider stops standing, a dependency is no longer met, resources fall, which stops further
//! providers. Two of these sets are kept, what has certainly failed and what may have; where
//! nothing is unknown they are the same.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use fixedbitset::FixedBitSet;
use groundrule_core::dependency::Needs;
use groundrule_core::logic::Tri;

use super::World;
use super::dependencies::{
    Dependencies, Dependency, DependencyId, Falls, PointId, Provider, Provision,
};
use crate::estate::NodeId;

/// Which of the two sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// What has failed whatever the unknowns are.
    #[default]
    Certainly,
    /// What has failed if the unknowns are at their worst.
    Possibly,
}

/// Dependencies that are not met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// Certainly not.
    pub certain: Vec<DependencyId>,
    /// Perhaps not: without the certain ones.
    pub possible: Vec<DependencyId>,
}

/// An added node that provides what a list's filter selects.
#[derive(Clone, Copy, Debug)]
struct Addition {
    node: NodeId,
    list: usize,
    provides: Tri,
}

/// How many providers of a list stand.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    /// For dependencies that need some.
    some: u32,
    /// For dependencies that need all: of those that count, and how many count.
    all: u32,
    relevant: u32,
}

/// One of the two sets.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    mode: Mode,
    counts: Vec<Count>,
    down: FixedBitSet,
    unmet: FixedBitSet,
}

/// What fails beside what has failed already.
#[derive(Clone, Copy)]
pub(super) struct Further<'f> {
    /// Nodes that are shut down.
    pub nodes: &'f [NodeId],
    /// Points that fall.
    pub points: &'f [PointId],
}

/// Changes of a state, to take them back.
#[derive(Default)]
struct Journal {
    down: Vec<PointId>,
    counts: Vec<(usize, Share)>,
    unmet: Vec<DependencyId>,
}

/// What one provider contributes to the counts of its list.
#[derive(Clone, Copy)]
struct Share {
    some: u32,
    all: bool,
    relevant: bool,
}

/// Nodes that nobody told us about may be any number.
const UNHEARD: u32 = 1 << 30;

impl Mode {
    fn share(self, provider: &Provider) -> Share {
        let count = if provider.is_unheard() { UNHEARD } else { 1 };
        let some = |stands: bool| if stands { count } else { 0 };
        match self {
            Self::Certainly => Share {
                some: some(provider.eligible.may_be() && provider.stands.may_be()),
                all: provider.eligible.is_true() && provider.stands.may_be(),
                relevant: provider.eligible.is_true(),
            },
            Self::Possibly => Share {
                some: some(provider.eligible.is_true() && provider.stands.is_true()),
                all: provider.eligible.may_be() && provider.stands.is_true(),
                relevant: provider.eligible.may_be(),
            },
        }
    }

    /// An added node counts as one provider more, but is none of all those that match today.
    fn share_of_added(self, provides: Tri) -> Share {
        let counts = match self {
            Self::Certainly => provides.may_be(),
            Self::Possibly => provides.is_true(),
        };
        Share { some: u32::from(counts), all: false, relevant: false }
    }
}

impl Count {
    fn lose(&mut self, share: Share) {
        self.some -= share.some;
        self.all -= u32::from(share.all);
    }

    fn regain(&mut self, share: Share) {
        self.some += share.some;
        self.all += u32::from(share.all);
    }
}

/// Both sets of a world without added nodes, to go on from: what has failed there has failed in
/// every world where the same nodes are gone and others too.
#[derive(Debug, Default)]
struct Base {
    /// The nodes that are gone, and those that are or may be.
    gone: [FixedBitSet; 2],
    states: [State; 2],
}

/// A world with so many more nodes gone is gone on from next.
const FAR: usize = 3;

impl Base {
    /// Today's world.
    fn of_today(graph: &Dependencies, today: &World) -> Self {
        let gone = [today.gone().clone(), today.gone().clone()];
        let modes = [Mode::Certainly, Mode::Possibly];
        Self { states: modes.map(|mode| State::of(graph, today, mode, today.gone(), &[])), gone }
    }

    fn is_within(&self, gone: &[FixedBitSet; 2]) -> bool {
        self.gone.iter().zip(gone).all(|(own, all)| own.is_subset(all))
    }

    fn is_far_from(&self, gone: &[FixedBitSet; 2]) -> bool {
        self.gone.iter().zip(gone).any(|(own, all)| all.difference_count(own) > FAR)
    }

    /// The sets of a world where these nodes are gone; those that are gone here are among them.
    fn with(&self, graph: &Dependencies, gone: &[FixedBitSet; 2]) -> [State; 2] {
        let mut states = self.states.clone();
        for ((state, own), all) in states.iter_mut().zip(&self.gone).zip(gone) {
            let new: Vec<_> = all.difference(own).collect();
            state.without(graph, all, &[], Further { nodes: &new, points: &[] });
        }
        states
    }
}

/// The worlds to go on from: today's, and the one that was far from it last.
#[derive(Debug, Default)]
pub(super) struct Bases {
    today: Base,
    last: Mutex<Option<Arc<Base>>>,
}

impl Bases {
    pub(super) fn of_today(graph: &Dependencies, today: &World) -> Self {
        Self { today: Base::of_today(graph, today), last: Mutex::default() }
    }

    /// The sets of a world where these nodes are gone, and those that may be.
    fn states(&self, graph: &Dependencies, gone: [FixedBitSet; 2]) -> [State; 2] {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let last = last.filter(|last| last.is_within(&gone));
        let base = last.as_deref().unwrap_or(&self.today);
        let states = base.with(graph, &gone);
        if base.is_far_from(&gone) {
            let kept = Base { gone, states: states.clone() };
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(kept));
        }
        states
    }
}

impl State {
    /// The set of a world, from nothing.
    fn of(
        graph: &Dependencies,
        world: &World,
        mode: Mode,
        gone: &FixedBitSet,
        added: &[Addition],
    ) -> Self {
        let mut counts: Vec<Count> = Vec::with_capacity(graph.provisions.len());
        for (l, list) in graph.provisions.iter().enumerate() {
            let new = added.iter().filter(|addition| addition.list == l);
            let some = new.map(|addition| mode.share_of_added(addition.provides).some).sum();
            let mut count = Count { some, ..Count::default() };
            for provider in &list.providers {
                let share = mode.share(provider);
                count.regain(share);
                count.relevant += u32::from(share.relevant);
            }
            counts.push(count);
        }
        let mut state = Self {
            mode,
            counts,
            down: FixedBitSet::with_capacity(graph.points.len()),
            unmet: FixedBitSet::with_capacity(graph.all.len()),
        };
        let mut start: Vec<NodeId> = gone.ones().collect();
        if mode == Mode::Possibly {
            let any = !graph.anybody.is_empty();
            let suspect = |node: &NodeId| any || world.estate.catalog_unknown(*node).is_some();
            start.extend((0..world.estate.size()).filter(suspect));
        }
        let mut failed: Vec<_> =
            (0..graph.all.len()).filter(|d| !state.is_met(graph, *d)).collect();
        for dependency in &failed {
            state.unmet.insert(*dependency);
        }
        let mut journal = Journal::default();
        for node in start {
            state.stop(graph, node, &mut failed, &mut journal);
        }
        state.spread(graph, &|node| gone.contains(node), failed, &mut journal);
        state
    }

    fn is_up(&self, provider: &Provider) -> bool {
        provider.point.is_none_or(|point| !self.down.contains(point))
    }

    fn is_met(&self, graph: &Dependencies, dependency: DependencyId) -> bool {
        let Dependency { declared, provision, itself, .. } = &graph.all[dependency];
        let mut count = self.counts[*provision];
        if let Some(itself) = itself {
            let provider = &graph.provisions[*provision].providers[*itself];
            let share = self.mode.share(provider);
            count.relevant -= u32::from(share.relevant);
            if self.is_up(provider) {
                count.lose(share);
            }
        }
        match declared.needs {
            Needs::AtLeast(n) => count.some as usize >= n,
            Needs::All => count.all >= count.relevant,
        }
    }

    /// Nothing on a node stands any more.
    fn stop(
        &mut self,
        graph: &Dependencies,
        node: NodeId,
        failed: &mut Vec<DependencyId>,
        journal: &mut Journal,
    ) {
        for point in graph.points_of.get(node).into_iter().flatten() {
            self.fall(graph, *point, failed, journal);
        }
    }

    /// A point falls; adds the dependencies that are no longer met to `failed`.
    fn fall(
        &mut self,
        graph: &Dependencies,
        point: PointId,
        failed: &mut Vec<DependencyId>,
        journal: &mut Journal,
    ) {
        if self.down.put(point) {
            return;
        }
        journal.down.push(point);
        for (l, p) in &graph.points[point].provides {
            let share = self.mode.share(&graph.provisions[*l].providers[*p]);
            self.lose(graph, *l, share, failed, journal);
        }
    }

    /// A list loses a provider.
    fn lose(
        &mut self,
        graph: &Dependencies,
        list: usize,
        share: Share,
        failed: &mut Vec<DependencyId>,
        journal: &mut Journal,
    ) {
        self.counts[list].lose(share);
        journal.counts.push((list, share));
        let Provision { dependents, most_needed, .. } = &graph.provisions[list];
        if self.counts[list].some as usize > *most_needed {
            return;
        }
        for dependent in dependents {
            if !self.unmet.contains(*dependent) && !self.is_met(graph, *dependent) {
                self.unmet.insert(*dependent);
                journal.unmet.push(*dependent);
                failed.push(*dependent);
            }
        }
    }

    /// Lets failures of hard dependencies spread on the nodes that stand.
    fn spread(
        &mut self,
        graph: &Dependencies,
        gone: &dyn Fn(NodeId) -> bool,
        mut failed: Vec<DependencyId>,
        journal: &mut Journal,
    ) {
        while let Some(next) = failed.pop() {
            let dependency = &graph.all[next];
            // Whether a node with a catalog that cannot be read stands is never certain.
            let opaque = self.mode == Mode::Certainly && graph.opaque.contains(dependency.node);
            if !dependency.is_hard() || gone(dependency.node) || opaque {
                continue;
            }
            match (&dependency.falls, self.mode) {
                (Falls::Everything | Falls::NotKnown, Mode::Possibly) => {
                    self.stop(graph, dependency.node, &mut failed, journal);
                }
                (Falls::Everything, Mode::Certainly) => {
                    // Of a resource that may not be there it is not known that it falls.
                    for point in &graph.points_of[dependency.node] {
                        if graph.points[*point].has != Tri::Unknown {
                            self.fall(graph, *point, &mut failed, journal);
                        }
                    }
                }
                (Falls::Points(points), _) => {
                    for point in points {
                        self.fall(graph, *point, &mut failed, journal);
                    }
                    self.fall_as_container(graph, dependency.node, &mut failed, journal);
                }
                (Falls::NotKnown, Mode::Certainly) => {}
            }
        }
    }

    /// Something on a node has fallen, so the node has, which contains it.
    fn fall_as_container(
        &mut self,
        graph: &Dependencies,
        node: NodeId,
        failed: &mut Vec<DependencyId>,
        journal: &mut Journal,
    ) {
        for point in &graph.points_of[node] {
            if graph.points[*point].on.is_none() {
                self.fall(graph, *point, failed, journal);
            }
        }
    }

    /// Lets further nodes and points fail and returns what they make fail; `undo` takes it back.
    /// `gone` has those nodes already.
    fn without(
        &mut self,
        graph: &Dependencies,
        gone: &FixedBitSet,
        added: &[Addition],
        failing: Further<'_>,
    ) -> Journal {
        let mut journal = Journal::default();
        let mut failed = Vec::new();
        for node in failing.nodes {
            self.stop(graph, *node, &mut failed, &mut journal);
        }
        for addition in added.iter().filter(|addition| failing.nodes.contains(&addition.node)) {
            let share = self.mode.share_of_added(addition.provides);
            self.lose(graph, addition.list, share, &mut failed, &mut journal);
        }
        for point in failing.points {
            self.fall(graph, *point, &mut failed, &mut journal);
        }
        self.spread(graph, &|other| gone.contains(other), failed, &mut journal);
        journal
    }

    fn undo(&mut self, journal: &Journal) {
        for point in &journal.down {
            self.down.remove(*point);
        }
        for (list, share) in &journal.counts {
            self.counts[*list].regain(*share);
        }
        for dependency in &journal.unmet {
            self.unmet.remove(*dependency);
        }
    }
}

/// What certainly fails beside what fails today.
pub(super) struct Failing;

impl Failing {
    /// The hard dependencies that are not met because nodes and points have failed.
    pub(super) fn of(
        graph: &Dependencies,
        nodes: &BTreeSet<NodeId>,
        points: &BTreeSet<PointId>,
    ) -> Vec<DependencyId> {
        let mut state = graph.bases.today.states[0].clone();
        let (mut failed, mut journal) = (Vec::new(), Journal::default());
        for node in nodes {
            state.stop(graph, *node, &mut failed, &mut journal);
        }
        for point in points {
            state.fall(graph, *point, &mut failed, &mut journal);
        }
        state.spread(graph, &|node| nodes.contains(&node), failed, &mut journal);
        journal.unmet.retain(|d| graph.all[*d].is_hard() && !nodes.contains(&graph.all[*d].node));
        journal.unmet
    }
}

/// What fails in a world, and in each world with one more node shut down.
pub struct Failure<'d> {
    graph: &'d Dependencies,
    gone: FixedBitSet,
    perhaps_gone: BTreeSet<NodeId>,
    added: Vec<Addition>,
    certainly: State,
    /// None where nothing is unknown: then it is the same.
    possibly: Option<State>,
}

impl<'d> Failure<'d> {
    /// What fails in this world.
    pub async fn in_world(graph: &'d Dependencies, world: &World) -> Self {
        let exact = graph.exact && world.perhaps_gone().is_empty();
        let mut at_worst = world.gone().clone();
        at_worst.extend(world.perhaps_gone().keys().copied());
        let added = added_providers(graph, world).await;
        let [certainly, possibly] = if added.is_empty() {
            graph.bases.states(graph, [world.gone().clone(), at_worst])
        } else {
            let of = |mode, gone| State::of(graph, world, mode, gone, &added);
            [of(Mode::Certainly, world.gone()), of(Mode::Possibly, &at_worst)]
        };
        Self {
            graph,
            gone: world.gone().clone(),
            perhaps_gone: world.perhaps_gone().keys().copied().collect(),
            added,
            certainly,
            possibly: (!exact).then_some(possibly),
        }
    }

    /// Hard or soft dependencies of standing nodes that are not met.
    #[must_use]
    pub fn unmet(&self) -> Unmet {
        let certain = self.certainly.unmet.ones().collect();
        let possible = self.possibly.as_ref().map(|state| state.unmet.ones().collect());
        self.of_standing(certain, possible.unwrap_or_default())
    }

    /// Dependencies of nodes that stand, the certain ones of nodes that certainly do.
    fn of_standing(&self, certain: Vec<usize>, possible: Vec<usize>) -> Unmet {
        let node = |d: &DependencyId| self.graph.all[*d].node;
        let stands = |d: &DependencyId| !self.gone.contains(node(d));
        let surely = |d: &DependencyId| !self.perhaps_gone.contains(&node(d));
        let (certain, doubtful): (Vec<_>, Vec<_>) =
            certain.into_iter().filter(stands).partition(surely);
        let mut possible: Vec<_> = possible.into_iter().filter(stands).chain(doubtful).collect();
        possible.sort_unstable();
        possible.dedup();
        possible.retain(|d| certain.binary_search(d).is_err());
        Unmet { certain, possible }
    }

    /// Whether a dependency is not met.
    #[must_use]
    pub fn is_unmet(&self, dependency: DependencyId) -> Tri {
        let possibly = self.possibly.as_ref().unwrap_or(&self.certainly);
        match (self.certainly.unmet.contains(dependency), possibly.unmet.contains(dependency)) {
            (true, _) => Tri::True,
            (false, true) => Tri::Unknown,
            (false, false) => Tri::False,
        }
    }

    /// What is no longer met, beyond what is not met already, when one more node is shut down;
    /// dependencies of that node are not among it. `look` sees that world.
    pub fn without<R>(&mut self, node: NodeId, look: impl FnOnce(&Self, &Unmet) -> R) -> R {
        self.with(Further { nodes: &[node], points: &[] }, look)
    }

    /// The same when several nodes are shut down and points of others fall.
    pub(super) fn with<R>(
        &mut self,
        failing: Further<'_>,
        look: impl FnOnce(&Self, &Unmet) -> R,
    ) -> R {
        let before = self.gone.clone();
        for node in failing.nodes {
            self.gone.grow_and_insert(*node);
        }
        let (graph, gone, added) = (self.graph, &self.gone, &self.added);
        let newly = |state: &mut State| {
            let mut journal = state.without(graph, gone, added, failing);
            journal.unmet.sort_unstable();
            journal
        };
        let certain = newly(&mut self.certainly);
        let possible = self.possibly.as_mut().map(newly);
        let of_possible =
            possible.as_ref().map(|journal| journal.unmet.clone()).unwrap_or_default();
        let unmet = self.of_standing(certain.unmet.clone(), of_possible);
        let seen = look(self, &unmet);
        self.gone = before;
        self.certainly.undo(&certain);
        if let (Some(state), Some(journal)) = (&mut self.possibly, &possible) {
            state.undo(journal);
        }
        seen
    }

    /// How each provider of a dependency does; those that a filter may select among them.
    #[must_use]
    pub fn providers(&self, world: &World, dependency: DependencyId) -> Vec<(String, Standing)> {
        let Dependency { provision, itself, .. } = &self.graph.all[dependency];
        let providers = self.graph.provisions[*provision].providers.iter().enumerate();
        providers
            .filter(|(p, provider)| Some(*p) != *itself && provider.eligible.may_be())
            .filter_map(|(_, provider)| {
                let name = provider.node.map(|node| world.name(node)).or(provider.name.as_ref())?;
                Some((name.to_string(), self.standing(provider)))
            })
            .collect()
    }

    fn standing(&self, provider: &Provider) -> Standing {
        let Some(node) = provider.node else {
            return if provider.is_unheard() { Standing::NotKnown } else { Standing::Nobody };
        };
        let fallen = provider.point.is_some_and(|point| self.certainly.down.contains(point));
        match (self.gone.contains(node), provider.has, fallen) {
            (true, _, _) => Standing::ShutDown,
            (_, Tri::False, _) => Standing::Lacking,
            (_, _, true) => Standing::Fallen,
            _ if provider.stands.and(provider.eligible) == Tri::Unknown
                || self.perhaps_gone.contains(&node) =>
            {
                Standing::NotKnown
            }
            _ => Standing::Stands,
        }
    }
}

/// How a provider does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there and has what is needed.
    Stands,
    /// It is shut down.
    ShutDown,
    /// No source knows it.
    Nobody,
    /// Its catalog lacks what is needed.
    Lacking,
    /// What is needed has fallen.
    Fallen,
    /// It is not known.
    NotKnown,
}

/// Which lists the added nodes that are not gone belong to.
async fn added_providers(graph: &Dependencies, world: &World) -> Vec<Addition> {
    let mut added = Vec::new();
    if world.added().is_empty() {
        return added;
    }
    for (list, provision) in graph.provisions.iter().enumerate() {
        let (Some(filter), None) = (&provision.filter, &provision.on) else {
            continue;
        };
        let truth = world.filter(filter).await;
        let new = world.estate.size()..world.size();
        added.extend(new.filter_map(|node| {
            let provides = truth.of(node).and(world.stands(node));
            provides.may_be().then_some(Addition { node, list, provides })
        }));
    }
    added
}
