//! The gate: whether an action may happen, by the policies that speak of it.
//!
//! The policies are judged in the world as it is, with everything that was allowed before done
//! already, and in the world where the action has happened too. What is violated only there denies
//! it; what is not known there, or not known to be new there, denies it as undecided.

mod deciding;
mod decision;
mod reply;
mod suggestion;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use fixedbitset::FixedBitSet;
use groundrule_core::name::NodeName;
use groundrule_core::reservation::Action;
use groundrule_core::verdict::Violation;

use crate::estate::Estate;
use crate::nearest::nearest;
use crate::policy::Policy;
use crate::scene::{Outcome, Scene};
use crate::waiver::{Mode, Ruling, Waivers};
use crate::world::{Added, Dependencies, World};

pub use deciding::{Asked, Changed, Deciding};
pub use decision::{Decision, Doubt, Reason, Verdict};
pub use reply::{Reply, Until};
pub use suggestion::Suggestion;

/// Policies, and the estate that they are judged on.
pub struct Gate {
    estate: Arc<Estate>,
    policies: Vec<Arc<Policy>>,
    waivers: Waivers,
    /// The world with the actions done that were allowed last.
    before: Mutex<Option<Arc<Before>>>,
}

/// A world in which actions have happened already.
struct Before {
    world: World,
    /// What the policies come to in it.
    outcomes: Vec<Outcome>,
}

/// A node that no source knows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no source knows the node {name}")]
pub struct UnknownNode {
    /// Its name.
    pub name: NodeName,
    /// A node of nearly that name.
    pub near: Option<NodeName>,
}

impl Gate {
    /// A gate with these policies.
    #[must_use]
    pub fn new(estate: Arc<Estate>, policies: Vec<Arc<Policy>>, waivers: Waivers) -> Self {
        Self { estate, policies, waivers, before: Mutex::default() }
    }

    /// The estate that it judges on.
    #[must_use]
    pub fn estate(&self) -> &Arc<Estate> {
        &self.estate
    }

    /// Finds out beforehand what every question needs.
    pub async fn warm(&self) {
        Dependencies::of(&World::today(Arc::clone(&self.estate))).await;
        self.before(&[]).await;
    }

    /// Whether every node of an action is known.
    ///
    /// # Errors
    /// The first one that is not.
    pub fn check(&self, action: &Action) -> Result<(), UnknownNode> {
        let unknown = action.stopped().iter().find(|name| self.estate.id(name).is_none());
        match unknown {
            None => Ok(()),
            Some(name) => {
                let names = self.estate.names();
                let near = nearest(names.iter().map(NodeName::as_str), name.as_str(), 2);
                let near = near.and_then(|near| NodeName::new(near).ok());
                Err(UnknownNode { name: name.clone(), near })
            }
        }
    }

    /// Judges an action in a world where others have happened. Its nodes must be known.
    pub async fn judge(&self, held: &[Action], action: &Action) -> Decision {
        let before = self.before(held).await;
        self.judge_after(&before, action).await.0
    }

    /// The same, with the world in which it has happened too.
    async fn judge_after(&self, before: &Before, action: &Action) -> (Decision, Before) {
        let mut world = before.world.clone();
        suppose(&mut world, std::slice::from_ref(action));
        let outcomes = self.outcomes(&world).await;
        let mut decision = Decision::default();
        let both = before.outcomes.iter().zip(&outcomes);
        for (policy, (before, after)) in self.policies.iter().zip(both) {
            self.compare(policy, before, after, &mut decision);
        }
        (decision, Before { world, outcomes })
    }

    fn compare(&self, policy: &Policy, before: &Outcome, after: &Outcome, into: &mut Decision) {
        let new = after.findings.violations().iter().filter(|v| !before.findings.has(v));
        for violation in new.filter(|violation| !self.is_waived(policy, violation)) {
            if before.findings.may_have(violation) {
                into.doubt(&policy.id, &format!("it may be so already: {}", violation.message));
            } else {
                into.deny(&policy.id, violation);
            }
        }
        if let Some(undecided) = after.findings.undecided() {
            into.doubt(&policy.id, &undecided.reason);
        }
    }

    fn is_waived(&self, policy: &Policy, violation: &Violation) -> bool {
        let now = self.estate.settings.now;
        let (ruling, _) = self.waivers.rule(&policy.id, violation, Mode::Gate, now);
        matches!(ruling, Ruling::Waived(_))
    }

    /// Today's world with these actions done: judged once as long as they are the same.
    async fn before(&self, held: &[Action]) -> Arc<Before> {
        let mut world = World::today(Arc::clone(&self.estate));
        suppose(&mut world, held);
        let known = self.before.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| known.world.supposes_the_same(&world)) {
            return known;
        }
        let outcomes = self.outcomes(&world).await;
        self.keep(Before { world, outcomes })
    }

    fn keep(&self, before: Before) -> Arc<Before> {
        let before = Arc::new(before);
        let mut known = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some(Arc::clone(&before));
        before
    }

    async fn outcomes(&self, world: &World) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(self.policies.len());
        for policy in &self.policies {
            let scene = Scene::in_world(world.clone(), policy.allow_empty);
            outcomes.push(scene.judge(policy).await);
        }
        outcomes
    }
}

/// Supposes that actions have happened. A node that no source knows is gone already.
fn suppose(world: &mut World, actions: &[Action]) {
    for action in actions {
        if let Action::Add { class, facts, count } = action {
            for _ in 0..*count {
                world.add(Added { class: class.clone(), facts: facts.clone() });
            }
        }
    }
    let stopped = actions.iter().flat_map(Action::stopped);
    let mut gone = FixedBitSet::with_capacity(world.size());
    gone.extend(stopped.filter_map(|node| world.estate.id(node)));
    world.shut_down(&gone, &BTreeMap::new());
}
