//! Runs the sentences of a policy one after the other.

use std::collections::{BTreeMap, BTreeSet};

use super::set::Set;
use super::world::World;
use super::{follow, groups, select, sentences};
use crate::model::Estate;
use crate::pattern;
use crate::policy::{Given, Merging, Policy, Step, When};
use crate::truth::Truth;

/// Something that certainly breaks the rule. Two with the same subjects about the same thing are one.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    pub subjects: Vec<String>,
    /// The fact, the resource, the dependency, or the sentence itself.
    pub about: String,
}

/// What was found so far.
#[derive(Clone, Default)]
pub struct Verdict {
    pub violations: BTreeSet<Violation>,
    /// What could still change the answer.
    pub unknown: BTreeSet<String>,
}

impl Verdict {
    /// Notes a violation as far as it is true.
    pub fn breaks(
        &mut self,
        truth: Truth,
        about: &str,
        subjects: impl IntoIterator<Item = String>,
    ) {
        let subjects: BTreeSet<String> = subjects.into_iter().collect();
        let subjects: Vec<String> = subjects.into_iter().collect();
        match truth {
            Truth::No => {}
            Truth::Maybe => {
                self.unknown.insert(format!("{about}: {}", subjects.join(", ")));
            }
            Truth::Yes => {
                self.violations.insert(Violation { subjects, about: about.to_string() });
            }
        }
    }

    fn extend(&mut self, other: Verdict) {
        self.violations.extend(other.violations);
        self.unknown.extend(other.unknown);
    }
}

/// What a Then sees.
#[derive(Clone)]
pub struct State<'a> {
    pub world: World<'a>,
    pub current: Option<Set>,
    /// The name that the current set has, as long as it is just that set.
    current_name: Option<String>,
    named: BTreeMap<String, Set>,
    pub allow_empty: bool,
    /// The emptiness of the current set was told already, by a violation that names someone.
    pub excused: bool,
    /// The node that is gone in this judgement of `in turn`.
    pub turn: Option<String>,
    /// Whether the current set is the one that `in turn` left.
    pub left_by_turn: bool,
    /// What is looked up.
    pub question: Option<(String, Merging)>,
    /// The check that was run last, and where.
    pub check: Option<(String, BTreeSet<String>)>,
}

/// Judges a policy that fits.
pub fn policy(estate: &Estate, policy: &Policy) -> Verdict {
    policy_in(World::today(estate), policy)
}

/// The same in a world in which something has happened already.
pub fn policy_in(world: World, policy: &Policy) -> Verdict {
    let mut state = State {
        world,
        current: None,
        current_name: None,
        named: BTreeMap::new(),
        allow_empty: policy.allow_empty,
        excused: false,
        turn: None,
        left_by_turn: false,
        question: None,
        check: None,
    };
    state.run(&policy.steps)
}

impl State<'_> {
    fn run(&mut self, steps: &[Step]) -> Verdict {
        let mut verdict = Verdict::default();
        for (position, step) in steps.iter().enumerate() {
            match step {
                Step::Given(given, name) => self.given(given, name.as_ref(), &mut verdict),
                Step::When(When::InTurn) => {
                    self.in_turn(&steps[position + 1..], &mut verdict);
                    return verdict;
                }
                Step::When(when) => self.when(when, &mut verdict),
                Step::Then(then) => sentences::then(self, then, &mut verdict),
            }
        }
        verdict
    }

    /// Makes a set the current one.
    fn take(&mut self, set: Set) {
        self.current = Some(set);
        self.current_name = None;
        self.left_by_turn = false;
    }

    fn given(&mut self, given: &Given, name: Option<&String>, verdict: &mut Verdict) {
        let narrows = matches!(given, Given::Only(_) | Given::Except(_));
        self.excused = self.excused && narrows;
        let Some(set) = self.selected(given, verdict) else { return };
        if let Some(name) = name {
            self.named.insert(name.clone(), set.clone());
        }
        self.take(set);
        self.current_name = name.cloned();
    }

    /// What a Given selects; `None` if there is nothing that it could narrow.
    fn selected(&mut self, given: &Given, verdict: &mut Verdict) -> Option<Set> {
        match given {
            Given::Node(name) => {
                return Some(self.named_nodes(std::slice::from_ref(name), verdict));
            }
            Given::Nodes(names) => return Some(self.named_nodes(names, verdict)),
            _ => {}
        }
        let world = &self.world;
        Some(match given {
            Given::NodesThat(tail) => {
                let mut set = Set::Nodes(select::all_nodes(world));
                select::narrow(world, &mut set, tail, true);
                set
            }
            Given::ResourcesOfType(kind) => resources_of_type(world, kind),
            Given::Services => resources_of_type(world, "Service"),
            Given::Resource(reference) => {
                let wanted = pattern::reference(reference);
                Set::Resources(select::resources(world, |one| one == wanted))
            }
            Given::Dependencies(kind) => select::dependencies(world, *kind),
            Given::Only(tail) | Given::Except(tail) => {
                let mut set = self.current.clone()?;
                select::narrow(world, &mut set, tail, matches!(given, Given::Only(_)));
                set
            }
            _ => Set::Nodes(select::all_nodes(world)),
        })
    }

    /// A name that nobody knows is a violation naming it.
    fn named_nodes(&mut self, names: &[String], verdict: &mut Verdict) -> Set {
        let names: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        for name in &names {
            self.world.mention(name);
            let missing = self.world.stands(name).negate();
            verdict.breaks(missing, "known", [name.clone()]);
            self.excused |= missing == Truth::Yes;
        }
        Set::Nodes(select::named(&self.world, &names))
    }

    fn when(&mut self, when: &When, verdict: &mut Verdict) {
        match when {
            When::GroupByFact(_) | When::GroupByEnvironment | When::GroupByClass(_) => {
                if let Some(Set::Nodes(nodes)) = &self.current {
                    let (groups, broken) = groups::group(&self.world, nodes, when, verdict);
                    self.excused |= broken;
                    self.take(Set::Groups(groups));
                }
            }
            When::Follow(direction, through) => {
                if let Some(set) = &self.current {
                    let pairs = follow::follow(&self.world, set, *direction, *through);
                    self.take(Set::Pairs(pairs));
                }
            }
            When::ShutDown(name) => self.shut_down(name.as_ref(), verdict),
            When::Add { class, facts } => self.world.add(class, facts),
            When::LookUp(key, merging) => self.question = Some((key.clone(), *merging)),
            When::Check(check) => {
                if let Some(Set::Nodes(nodes)) = &self.current {
                    let asked = nodes.certain().cloned().collect();
                    self.check = Some((check.clone(), asked));
                }
            }
            // Runs everything after it, so `run` has taken it out.
            When::InTurn => {}
        }
    }

    fn shut_down(&mut self, name: Option<&String>, verdict: &mut Verdict) {
        let of_current = name.is_none() || self.current_name.as_ref() == name;
        let set = match name {
            Some(name) => self.named.get(name),
            None => self.current.as_ref(),
        };
        let Some(set) = set.cloned() else { return };
        self.nothing_to_judge(&set, verdict);
        let Set::Nodes(nodes) = set else { return };
        for (node, truth) in &nodes.known {
            self.world.shut_down(node, *truth);
        }
        self.lose();
        if of_current {
            self.take(Set::Nodes(select::all_nodes(&self.world)));
            self.excused = false;
        }
    }

    /// Every set loses the nodes that are gone.
    fn lose(&mut self) {
        for set in self.named.values_mut().chain(self.current.as_mut()) {
            set.lose(&self.world);
        }
    }

    /// Runs the rest once for every node of the current set, with only that one gone.
    fn in_turn(&mut self, rest: &[Step], verdict: &mut Verdict) {
        let Some(set) = self.current.clone() else { return };
        self.nothing_to_judge(&set, verdict);
        let Set::Nodes(nodes) = set else { return };
        if !nodes.closed() {
            verdict.unknown.insert("others may belong to those in turn".into());
        }
        for node in nodes.certain() {
            let mut state = self.clone();
            state.world.shut_down(node, Truth::Yes);
            state.lose();
            state.current_name = None;
            state.turn = Some(node.clone());
            state.left_by_turn = true;
            verdict.extend(state.run(rest));
        }
    }

    /// Nothing to judge is a violation, unless the policy allows it or says so already.
    pub fn nothing_to_judge(&self, set: &Set, verdict: &mut Verdict) {
        if !self.allow_empty && !self.excused {
            verdict.breaks(set.emptiness(), "nothing to judge", []);
        }
    }
}

fn resources_of_type(world: &World, kind: &str) -> Set {
    let kind = pattern::type_name(kind);
    Set::Resources(select::resources(world, |one| pattern::type_of(one) == kind))
}
