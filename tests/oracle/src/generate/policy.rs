//! A random policy: mostly one whose sentences fit each other.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::checks;
use super::pick::{percent, weighted};
use super::sentences::{self, About};
use crate::model::Estate;
use crate::policy::{Given, Policy, Step, Then, When};

/// A random policy about things that the estate may well have.
pub fn policy(rng: &mut SmallRng, estate: &Estate) -> Policy {
    let mut draft = Draft { steps: Vec::new(), about: None };
    if percent(rng, 6) {
        draft.when(sentences::adding(rng));
    }
    if percent(rng, 12) {
        draft.given(sentences::nodes(rng, estate), Some("gone"), About::Nodes);
        draft.when(When::ShutDown(Some("gone".into())));
    }
    // Sentences about the whole estate need no Given.
    if percent(rng, 96) {
        draft.select(rng, estate);
        draft.relate(rng, estate);
    }
    let (of_nodes, related) = (draft.about == Some(About::Nodes), draft.steps.len());
    draft.judge(rng, estate);
    if percent(rng, 3) {
        draft.spoil(rng, estate);
    }
    let number = rng.random::<u32>();
    // A stream of its own: what the other numbers make stays what it was.
    let mut own = SmallRng::seed_from_u64(u64::from(number));
    if of_nodes && percent(&mut own, 15) {
        draft.steps.truncate(related);
        draft.when(sentences::looking_up(&mut own));
        draft.steps.push(Step::Then(sentences::of_answers(&mut own)));
    }
    let mut own = SmallRng::seed_from_u64(!u64::from(number));
    if of_nodes && percent(&mut own, 15) {
        draft.steps.truncate(related);
        let in_turn = draft.steps.contains(&Step::When(When::InTurn));
        draft.steps.extend(checks::sentences(&mut own, in_turn));
    }
    let id = format!("policy-{number:08x}");
    Policy { id, allow_empty: percent(rng, 45), steps: draft.steps }
}

/// A policy in the making.
struct Draft {
    steps: Vec<Step>,
    about: Option<About>,
}

impl Draft {
    fn given(&mut self, given: Given, name: Option<&str>, about: About) {
        self.steps.push(Step::Given(given, name.map(str::to_string)));
        self.about = Some(about);
    }

    fn when(&mut self, when: When) {
        self.steps.push(Step::When(when));
    }

    fn select(&mut self, rng: &mut SmallRng, estate: &Estate) {
        let about = match weighted(rng, &[72, 13, 15]) {
            0 => About::Nodes,
            1 => About::Resources,
            _ => About::Dependencies,
        };
        let given = match about {
            About::Resources => sentences::resources(rng, estate),
            About::Dependencies => sentences::dependencies(rng),
            _ => sentences::nodes(rng, estate),
        };
        // A table of nodes ends in a colon: where its name would go is not settled.
        let may_be_named = !matches!(given, Given::Nodes(_));
        let name = (may_be_named && percent(rng, 10)).then_some("first ones");
        self.given(given, name, about);
        for _ in 0..weighted(rng, &[65, 27, 8]) {
            let tail = if about == About::Resources {
                sentences::tail_of_resources(rng)
            } else {
                sentences::tail(rng)
            };
            let narrowed = if percent(rng, 60) { Given::Only(tail) } else { Given::Except(tail) };
            let name = percent(rng, 8).then_some("narrowed ones");
            self.given(narrowed, name, about);
        }
    }

    /// Sometimes a When or two.
    fn relate(&mut self, rng: &mut SmallRng, estate: &Estate) {
        let nodes = self.about == Some(About::Nodes);
        let resources = self.about == Some(About::Resources);
        match weighted(rng, &[36, 16, 18, 10, 14, 3, 3]) {
            1 if nodes => {
                self.when(sentences::grouping(rng));
                self.about = Some(About::Groups);
            }
            2 if nodes || resources => {
                self.when(sentences::following(rng));
                self.about = Some(About::Pairs);
            }
            3 if nodes => {
                self.when(When::ShutDown(None));
                self.again(rng, estate);
            }
            4 if nodes => {
                self.when(When::InTurn);
                self.again(rng, estate);
            }
            5 => self.when(sentences::adding(rng)),
            6 => {
                if let Some(name) = self.named_nodes() {
                    self.when(When::ShutDown(Some(name)));
                    let current = matches!(self.steps.iter().rev().nth(1), Some(Step::Given(..)));
                    // Shutting down the current set leaves the other nodes.
                    if current && self.about == Some(About::Nodes) {
                        self.again(rng, estate);
                    }
                }
            }
            _ => {}
        }
    }

    /// What may come after a supposition: nothing, another set, groups or pairs.
    fn again(&mut self, rng: &mut SmallRng, estate: &Estate) {
        match weighted(rng, &[55, 15, 10, 8, 12]) {
            1 => self.select(rng, estate),
            2 => {
                self.when(sentences::grouping(rng));
                self.about = Some(About::Groups);
            }
            3 => {
                self.when(sentences::following(rng));
                self.about = Some(About::Pairs);
            }
            4 => {
                let tail = sentences::tail(rng);
                self.given(Given::Only(tail), None, About::Nodes);
            }
            _ => {}
        }
    }

    /// A name that was given to nodes.
    fn named_nodes(&self) -> Option<String> {
        let mut made_of_nodes = false;
        let mut found = None;
        for step in &self.steps {
            let Step::Given(given, name) = step else { continue };
            made_of_nodes = match given {
                Given::Only(_) | Given::Except(_) => made_of_nodes,
                Given::AllNodes | Given::Node(_) | Given::Nodes(_) | Given::NodesThat(_) => true,
                _ => false,
            };
            if made_of_nodes && name.is_some() {
                found.clone_from(name);
            }
        }
        found
    }

    fn judge(&mut self, rng: &mut SmallRng, estate: &Estate) {
        for _ in 0..=weighted(rng, &[80, 17, 3]) {
            let then = match self.about {
                None => sentences::whole_estate(rng),
                // After a supposition the whole estate is what most policies are after.
                Some(_) if self.supposes() && percent(rng, 45) => sentences::whole_estate(rng),
                Some(about) => sentences::then(rng, estate, about),
            };
            self.steps.push(Step::Then(then));
        }
    }

    fn supposes(&self) -> bool {
        self.steps.iter().any(|step| {
            matches!(step, Step::When(When::ShutDown(_) | When::InTurn | When::Add { .. }))
        })
    }

    /// Makes a policy that cannot run, or nearly.
    fn spoil(&mut self, rng: &mut SmallRng, estate: &Estate) {
        match rng.random_range(0..6) {
            0 => self.steps.retain(|step| !matches!(step, Step::Then(_))),
            1 => self.steps.push(Step::Then(Then::GroupHas(crate::policy::Bound::AtLeast(1)))),
            2 => self.steps.push(Step::Then(Then::NoPairs)),
            3 => self.steps.push(Step::Then(Then::Managed)),
            4 => self.steps.insert(0, Step::When(When::ShutDown(None))),
            _ => {
                let about = About::Nodes;
                self.steps.push(Step::When(When::ShutDown(Some("nobody".into()))));
                self.steps.push(Step::Then(sentences::then(rng, estate, about)));
            }
        }
    }
}
