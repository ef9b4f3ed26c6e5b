//! One scenario while it is judged: the world that it supposes, the sets that it has selected, and
//! what it has found.

mod findings;
mod set;
mod shape;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_trait::async_trait;
use fixedbitset::FixedBitSet;
use groundrule_core::check::{CheckName, Checked};
use groundrule_core::ports::Question;
use groundrule_core::source::{Known, Unknown};
use groundrule_core::verdict::Violation;

use crate::estate::{Estate, NodeId, Truth};
use crate::policy::Policy;
use crate::world::{Column, Dependencies, World};

pub use findings::Findings;
pub use set::{
    Current, DependencySet, Group, Groups, Members, Nodes, OnNode, PairSet, Resources, RowSet,
};
pub use shape::{Misfit, Shape, Shapes};

/// A sentence of a policy, read and checked.
#[async_trait]
pub trait Sentence: Send + Sync {
    /// Whether it fits what stands before it, and what it leaves: by itself it fits anything, and
    /// leaves that.
    ///
    /// # Errors
    /// When it does not.
    fn fit(&self, _: &mut Shapes) -> Result<(), Misfit> {
        Ok(())
    }

    /// Whether it asks who depends on whom, which is found out once, before the first policy.
    fn asks_dependencies(&self) -> bool {
        false
    }

    /// Carries it out.
    async fn perform(&self, scene: &mut Scene);
}

/// Worlds in which an empty set is explained.
#[derive(Clone, Debug, Default)]
struct Excused {
    everywhere: bool,
    /// Those without one of these nodes.
    without: BTreeSet<NodeId>,
}

/// A set with a number that tells it from others, however it is named.
#[derive(Clone, Debug, Default)]
struct Numbered {
    set: Current,
    number: usize,
}

/// The state of a scenario.
pub struct Scene {
    /// The world that it supposes.
    pub world: World,
    findings: Findings,
    current: Numbered,
    named: HashMap<String, Numbered>,
    numbers: usize,
    in_turn: Option<Vec<NodeId>>,
    /// The number of the set whose nodes are shut down in turn.
    turning: usize,
    population: usize,
    not_judged: usize,
    allow_empty: bool,
    /// In which worlds a violation has told already why the current set may be empty.
    excused: Excused,
    /// Texts of the sentences that made the current set.
    selection: Vec<String>,
    /// Text of the sentence that is carried out.
    text: String,
    /// What is looked up for each node.
    pub question: Option<Question>,
    /// The check that was run last, and what it came to.
    pub check: Option<(CheckName, Column<Checked>)>,
}

/// What a scenario came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// What it found.
    pub findings: Findings,
    /// How many subjects its Given steps selected.
    pub population: usize,
    /// How many nodes were left out, of which it is not known whether the rule is about them.
    pub not_judged: usize,
}

/// The current set of nodes in one of the worlds that are judged.
pub struct View {
    /// The one node that is gone in this world, if nodes are shut down in turn.
    pub without: Option<NodeId>,
    /// The nodes.
    pub nodes: Nodes,
}

impl Scene {
    /// A scenario in today's world.
    #[must_use]
    pub fn new(estate: Arc<Estate>, allow_empty: bool) -> Self {
        Self::in_world(World::today(estate), allow_empty)
    }

    /// A scenario in a world in which something has happened already.
    #[must_use]
    pub fn in_world(world: World, allow_empty: bool) -> Self {
        Self {
            world,
            findings: Findings::default(),
            current: Numbered::default(),
            named: HashMap::new(),
            numbers: 0,
            in_turn: None,
            turning: 0,
            population: 0,
            not_judged: 0,
            allow_empty,
            excused: Excused::default(),
            selection: Vec::new(),
            text: String::new(),
            question: None,
            check: None,
        }
    }

    /// Carries out a sentence.
    pub async fn perform(&mut self, sentence: &dyn Sentence, text: &str) {
        text.clone_into(&mut self.text);
        sentence.perform(self).await;
    }

    /// Carries out all sentences of a policy.
    pub async fn judge(mut self, policy: &Policy) -> Outcome {
        for step in &policy.steps {
            self.perform(&*step.sentence, &step.text).await;
            if let Some(name) = &step.name {
                self.name(name);
            }
        }
        self.finish()
    }

    /// How many violations and doubts there are so far.
    #[must_use]
    pub fn progress(&self) -> (usize, usize) {
        (self.findings.violations().len(), self.findings.doubts())
    }

    /// What it came to.
    #[must_use]
    pub fn finish(self) -> Outcome {
        Outcome {
            findings: self.findings,
            population: self.population,
            not_judged: self.not_judged,
        }
    }

    /// The current set.
    #[must_use]
    pub fn current(&self) -> &Current {
        &self.current.set
    }

    /// The current set, if it is one of nodes.
    #[must_use]
    pub fn nodes(&self) -> Option<&Nodes> {
        match self.current() {
            Current::Nodes(nodes) => Some(nodes),
            _ => None,
        }
    }

    /// The declared dependencies of the estate.
    pub async fn dependencies(&self) -> Arc<Dependencies> {
        Dependencies::of(&self.world).await
    }

    /// The nodes that are shut down one at a time.
    #[must_use]
    pub fn in_turn(&self) -> Option<&[NodeId]> {
        self.in_turn.as_deref()
    }

    /// Whether nothing to judge is permitted.
    #[must_use]
    pub fn allows_empty(&self) -> bool {
        self.allow_empty
    }

    /// Every node of the world.
    #[must_use]
    pub fn all_nodes(&self) -> Nodes {
        Nodes {
            known: self.world.nodes(),
            maybe: self.world.perhaps_gone().clone(),
            open: self.world.estate.unknown_nodes().to_vec(),
        }
    }

    /// Makes a set the current one, as a Given does.
    pub fn select(&mut self, set: Current) {
        self.excused = Excused::default();
        self.selection = vec![self.text.clone()];
        self.populate(set);
    }

    /// Replaces the current set by what a further Given leaves of it.
    pub fn narrow(&mut self, set: Current) {
        self.selection.push(self.text.clone());
        self.populate(set);
    }

    fn populate(&mut self, mut set: Current) {
        if self.world.estate.settings.ignore_unknown_nodes {
            self.not_judged += match &mut set {
                Current::Nodes(set) => set.ignore_unknown(),
                Current::Resources(set) => set.ignore_unknown(&self.world),
                Current::Dependencies(set) => set.ignore_unknown(&self.world),
                Current::Nothing | Current::Groups(_) | Current::Pairs(_) | Current::Rows(_) => 0,
            };
        }
        self.population = match &set {
            Current::Nodes(set) => set.known.count_ones(..),
            Current::Resources(set) => set.known.len(),
            Current::Dependencies(set) => set.known.len(),
            Current::Nothing | Current::Groups(_) | Current::Pairs(_) | Current::Rows(_) => 0,
        };
        self.make_current(set);
    }

    /// Makes a set the current one, as a When does.
    pub fn replace(&mut self, set: Current) {
        self.selection.push(self.text.clone());
        self.make_current(set);
    }

    fn make_current(&mut self, set: Current) {
        self.numbers += 1;
        self.current = Numbered { set, number: self.numbers };
    }

    /// Names the current set.
    pub fn name(&mut self, name: &str) {
        self.named.insert(name.to_owned(), self.current.clone());
    }

    /// Supposes that nodes are shut down: the current ones, or a named set.
    pub fn shut_down(&mut self, name: Option<&str>) {
        let chosen = match name {
            None => self.current.clone(),
            Some(name) => self.named.get(name).cloned().unwrap_or_default(),
        };
        let Current::Nodes(nodes) = chosen.set.in_world(&self.world) else {
            return;
        };
        // It is the named set that may be empty, not the current one.
        let named = name.map(|name| vec![format!("the \"{name}\"")]);
        let selection = self.selection.clone();
        self.selection = named.unwrap_or_else(|| selection.clone());
        self.refuse_no_members(None, nodes.known.is_clear(), nodes.unknown());
        self.selection = selection;
        self.world.shut_down(&nodes.known, &nodes.maybe);
        let rest = match chosen.number == self.current.number {
            true => {
                self.excused = Excused::default();
                Current::Nodes(self.all_nodes())
            }
            false => std::mem::take(&mut self.current.set).in_world(&self.world),
        };
        self.replace(rest);
    }

    /// Supposes that each of the current nodes is shut down, one at a time.
    pub fn shut_down_in_turn(&mut self) {
        let Some(nodes) = self.nodes().cloned() else {
            return;
        };
        self.refuse_no_members(None, nodes.known.is_clear(), nodes.unknown());
        self.findings.doubt(nodes.unknown().cloned());
        self.selection.push(self.text.clone());
        self.in_turn = Some(nodes.known.ones().collect());
        self.turning = self.current.number;
    }

    /// Adds a violation.
    pub fn violate(&mut self, violation: Violation) {
        self.findings.violate(violation);
    }

    /// Adds a violation that explains why the current set may be empty.
    pub fn violate_selection(&mut self, violation: Violation) {
        self.excused.everywhere = true;
        self.findings.violate(violation);
    }

    /// Adds a violation that explains why the current set may be empty in the world without a node.
    pub fn violate_selection_without(&mut self, gone: NodeId, violation: Violation) {
        self.excused.without.insert(gone);
        self.findings.violate(violation);
    }

    /// Notes something that is not known and could change the answer.
    pub fn doubt(&mut self, unknown: impl IntoIterator<Item = Unknown>) {
        self.findings.doubt(unknown);
    }

    /// Notes something that is not known and could bring just violations about these things; none,
    /// where it could only bring such as nobody can name.
    pub fn doubt_about(
        &mut self,
        unknown: impl IntoIterator<Item = Unknown>,
        about: impl IntoIterator<Item = String>,
    ) {
        self.findings.doubt_about(unknown, about);
    }

    /// Nothing to judge is a violation, unless that is permitted; where more may belong it is
    /// undecided. `gone` is the node that is shut down in turn, if one is.
    pub fn refuse_nothing(
        &mut self,
        gone: Option<NodeId>,
        empty: bool,
        unknown: impl Iterator<Item = Unknown>,
    ) {
        let unknown: Vec<_> = unknown.collect();
        let excused = self.excused.everywhere
            || gone.is_some_and(|gone| self.excused.without.contains(&gone));
        if empty && unknown.is_empty() && !self.allow_empty && !excused {
            let why = match self.selection.as_slice() {
                [selection] => format!("nothing fits \"{selection}\""),
                several => format!("nothing is left after \"{}\"", several.join("\", \"")),
            };
            let message = format!("there is nothing to judge: {why}");
            self.violate(Violation::new(Vec::new(), "nothing to judge", message));
        }
        self.findings.doubt(unknown);
    }

    /// Refuses a set without members where it does not matter else who belongs to it; where it is
    /// not certain that there are none, that is a doubt.
    fn refuse_no_members<'u>(
        &mut self,
        gone: Option<NodeId>,
        empty: bool,
        unknown: impl Iterator<Item = &'u Unknown>,
    ) {
        if empty && !self.allow_empty {
            self.refuse_nothing(gone, empty, unknown.cloned());
        }
    }

    /// The worlds in which a judgement about the whole estate is made: without any further node
    /// gone, or with each in turn. Who belongs to the current set does not matter for it, but in a
    /// world where it is empty that is refused, since it may come from a mistake.
    pub fn whole_worlds(&mut self) -> Vec<Option<NodeId>> {
        let worlds: Vec<_> = match &self.in_turn {
            None => vec![None],
            Some(nodes) => nodes.iter().copied().map(Some).collect(),
        };
        // That a node is missing from the set that it was shut down from is no mistake.
        if self.in_turn.is_some() && self.turning == self.current.number {
            return worlds;
        }
        let mut judged = Vec::with_capacity(worlds.len());
        for gone in worlds {
            let (empty, unknown) = self.left_without(gone);
            self.refuse_no_members(gone, empty, unknown.iter());
            if !empty || !unknown.is_empty() || self.allow_empty {
                judged.push(gone);
            }
        }
        judged
    }

    /// Refuses a current set of which nothing is left in a world; returns whether that is so.
    pub fn refuse_if_empty(&mut self, gone: Option<NodeId>) -> bool {
        let (empty, unknown) = self.left_without(gone);
        self.refuse_nothing(gone, empty, unknown.into_iter());
        empty
    }

    /// Whether nothing is certainly left of the current set in a world, and what may be then.
    fn left_without(&self, gone: Option<NodeId>) -> (bool, Vec<Unknown>) {
        let stays = |node: NodeId| Some(node) != gone;
        let world = &self.world;
        let some_left = match self.current() {
            Current::Nothing | Current::Rows(_) => true,
            Current::Nodes(set) => set.known.ones().any(stays),
            Current::Resources(set) => set.known.iter().any(|member| stays(member.node(world))),
            Current::Dependencies(set) => set.known.iter().any(|member| stays(member.node(world))),
            Current::Groups(groups) => {
                groups.groups.iter().any(|group| group.members.ones().any(stays))
            }
            Current::Pairs(set) => set
                .pairs_without(gone)
                .is_some_and(|pairs| pairs.known.iter().any(|(a, b)| stays(*a) && stays(*b))),
        };
        if some_left {
            return (false, Vec::new());
        }
        let of_node = |(node, why): (&NodeId, &Unknown)| stays(*node).then(|| why.clone());
        let unknown = match self.current() {
            Current::Nothing | Current::Rows(_) => Vec::new(),
            Current::Nodes(set) => {
                set.maybe.iter().filter_map(of_node).chain(set.open.clone()).collect()
            }
            Current::Resources(set) => set.unknown_without(world, gone),
            Current::Dependencies(set) => set.unknown_without(world, gone),
            Current::Groups(groups) => {
                let maybe = groups.groups.iter().flat_map(|group| &group.maybe).filter_map(of_node);
                let anywhere = groups.anywhere.iter().filter_map(of_node);
                maybe.chain(anywhere).chain(groups.open.clone()).collect()
            }
            Current::Pairs(set) => {
                set.pairs_without(gone).map_or_else(Vec::new, |pairs| pairs.unknown.clone())
            }
        };
        (true, unknown)
    }

    /// The current nodes in each world that is judged: one world, or one for each node that is
    /// shut down in turn. Empty sets are refused here.
    pub fn views(&mut self) -> Vec<View> {
        let Some(nodes) = self.nodes().cloned() else {
            return Vec::new();
        };
        let worlds: Vec<_> = match &self.in_turn {
            None => vec![None],
            Some(nodes) => nodes.iter().copied().map(Some).collect(),
        };
        let mut views = Vec::with_capacity(worlds.len());
        for (n, without) in worlds.into_iter().enumerate() {
            let mut nodes = nodes.clone();
            if let Some(gone) = without {
                nodes.remove(gone);
            }
            let empty = nodes.known.is_clear();
            // Whoever may belong does so in one of the first two worlds.
            if n < 2 || (empty && nodes.is_certain()) {
                self.refuse_nothing(without, empty, nodes.unknown().cloned());
            }
            if !empty {
                views.push(View { without, nodes });
            }
        }
        views
    }

    /// Nodes that are judged one by one: those that are in one of the worlds, with what is not
    /// known noted and empty sets refused.
    pub fn each(&mut self) -> FixedBitSet {
        let none = FixedBitSet::with_capacity(self.world.size());
        match self.in_turn.clone() {
            Some(turns) if turns.len() > 1 => {
                let Some(nodes) = self.nodes().cloned() else {
                    return none;
                };
                for gone in &turns {
                    self.refuse_if_empty(Some(*gone));
                }
                self.findings.doubt(nodes.unknown().cloned());
                nodes.known
            }
            _ => self.views().into_iter().next().map_or(none, |view| view.nodes.known),
        }
    }

    /// The current nodes without the one that is gone in the only world that is judged.
    #[must_use]
    pub fn judged_nodes(&self) -> Option<Nodes> {
        let mut nodes = self.nodes()?.clone();
        if let Some([only]) = self.in_turn.as_deref() {
            nodes.remove(*only);
        }
        Some(nodes)
    }

    /// Judges nodes one by one: `judge` says what breaks the rule at a node whose value is
    /// there, or is known to be absent.
    pub fn judge_each<T>(
        &mut self,
        column: &Column<T>,
        judge: impl Fn(&World, NodeId, Option<&T>) -> Option<Violation>,
    ) {
        for node in self.each().ones() {
            let violation = match &column.values[node] {
                Known::Present(value) => judge(&self.world, node, Some(value)),
                Known::Absent => judge(&self.world, node, None),
                Known::Unknown(why) => {
                    let unknown = self.world.unknown(node, column.source, why);
                    self.findings.doubt([unknown]);
                    None
                }
            };
            violation.into_iter().for_each(|violation| self.findings.violate(violation));
        }
    }

    /// Narrows nodes, or the nodes of resources and dependencies, to those of which something is
    /// true; it `closes` the set where it cannot be true of a node that nobody told us about.
    pub async fn restrict(&mut self, truth: &Truth, closes: bool) {
        let set = match self.current.set.clone() {
            Current::Nodes(mut set) => {
                set.narrow(truth);
                if closes {
                    set.open.clear();
                }
                Current::Nodes(set)
            }
            Current::Resources(mut set) => {
                set.narrow(&self.world, truth);
                if closes {
                    set.open.clear();
                }
                Current::Resources(set)
            }
            Current::Dependencies(mut set) => {
                self.dependencies().await;
                set.narrow(&self.world, truth);
                if closes {
                    set.open.clear();
                }
                Current::Dependencies(set)
            }
            other => other,
        };
        self.narrow(set);
    }
}
