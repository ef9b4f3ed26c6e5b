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
    /// What the policies came to before the action, for the actions that were allowed last.
    before: Mutex<Option<Before>>,
}

/// What the policies come to with these actions done.
type Before = (Vec<Action>, Arc<Vec<Outcome>>);

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
        let mut world = self.world(held);
        suppose(&mut world, action);
        let after = self.outcomes(&world).await;
        let mut decision = Decision::default();
        for ((policy, before), after) in self.policies.iter().zip(before.iter()).zip(&after) {
            self.compare(policy, before, after, &mut decision);
        }
        decision
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

    /// What the policies come to with these actions done: found once for each set of them.
    async fn before(&self, held: &[Action]) -> Arc<Vec<Outcome>> {
        let known = self.before.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, outcomes)) = known.filter(|(of, _)| of == held) {
            return outcomes;
        }
        let outcomes = Arc::new(self.outcomes(&self.world(held)).await);
        let mut known = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        *known = Some((held.to_vec(), Arc::clone(&outcomes)));
        outcomes
    }

    async fn outcomes(&self, world: &World) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(self.policies.len());
        for policy in &self.policies {
            let scene = Scene::in_world(world.clone(), policy.allow_empty);
            outcomes.push(scene.judge(policy).await);
        }
        outcomes
    }

    /// Today's world with these actions done.
    fn world(&self, done: &[Action]) -> World {
        let mut world = World::today(Arc::clone(&self.estate));
        for action in done {
            suppose(&mut world, action);
        }
        world
    }
}

/// Supposes that an action has happened. A node that no source knows is gone already.
fn suppose(world: &mut World, action: &Action) {
    if let Action::Add { class, facts, count } = action {
        for _ in 0..*count {
            world.add(Added { class: class.clone(), facts: facts.clone() });
        }
    }
    let mut gone = FixedBitSet::with_capacity(world.size());
    gone.extend(action.stopped().iter().filter_map(|node| world.estate.id(node)));
    world.shut_down(&gone, &BTreeMap::new());
}
