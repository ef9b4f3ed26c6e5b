//! Deciding so that two gates at once cannot break a rule together: what one allows is reserved
//! only if nothing was reserved while it judged.

use std::time::Duration;

use groundrule_core::ports::{Reservations, StoreError};
use groundrule_core::reservation::{Action, Held, Reservation};
use jiff::Timestamp;
use ulid::Ulid;

use super::{Decision, Gate, Suggestion, Verdict};

/// So often a gate judges anew because another one was quicker.
const ROUNDS: usize = 1000;

/// What stands for the policy where the store of reservations is what is not known.
const RESERVATIONS: &str = "(reservations)";

/// The estate is not any more what was judged: judge it anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Changed;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is to happen.
    pub action: Action,
    /// How long it is held if it is allowed; nothing is reserved for no time.
    pub hold: Duration,
}

/// What was decided.
#[derive(Clone, Debug, Default)]
pub struct Deciding {
    /// What the policies say.
    pub decision: Decision,
    /// What is held now.
    pub reservation: Option<Reservation>,
    /// A part that may happen, where one was looked for.
    pub suggestion: Option<Suggestion>,
}

impl Gate {
    /// Decides on actions, as if they were asked for one after the other, and reserves those that
    /// are allowed. `clock` tells the time, `current` whether the estate still is as it was judged.
    ///
    /// # Errors
    /// When it is not.
    pub async fn decide(
        &self,
        reservations: &dyn Reservations,
        asked: &[Asked],
        clock: impl Fn() -> Timestamp,
        current: impl Fn() -> bool,
    ) -> Result<Vec<Deciding>, Changed> {
        for _ in 0..ROUNDS {
            let held = match reservations.held(clock()).await {
                Ok(held) => held,
                Err(StoreError(why)) => return Ok(away(asked, &why)),
            };
            let decided = self.once(&held, asked, clock()).await;
            if !current() {
                return Err(Changed);
            }
            let new = decided.iter().filter_map(|one| one.reservation.clone());
            let new: Vec<_> = new.collect();
            if new.is_empty() {
                return Ok(decided);
            }
            match reservations.reserve(&new, held.version).await {
                Ok(true) => return Ok(decided),
                Ok(false) => {}
                Err(StoreError(why)) => return Ok(away(asked, &why)),
            }
        }
        Ok(away(asked, "others reserve all the time"))
    }

    /// Looks for a part of an action that may happen.
    pub async fn part(
        &self,
        reservations: &dyn Reservations,
        action: &Action,
        now: Timestamp,
    ) -> Option<Suggestion> {
        let held = reservations.held(now).await.ok()?;
        Some(self.suggest(&done(&held), action).await)
    }

    async fn once(&self, held: &Held, asked: &[Asked], now: Timestamp) -> Vec<Deciding> {
        let mut before = self.before(&done(held)).await;
        let mut decided = Vec::with_capacity(asked.len());
        for Asked { action, hold } in asked {
            let (decision, after) = self.judge_after(&before, action).await;
            let mut one = Deciding { decision, ..Deciding::default() };
            if one.decision.verdict() == Verdict::Allow && !hold.is_zero() {
                let id = Ulid::generate().to_string();
                match now.checked_add(*hold) {
                    Ok(until) => {
                        let action = action.clone();
                        before = self.keep(after);
                        one.reservation = Some(Reservation { id, action, made: now, until });
                    }
                    Err(_) => one = Deciding::away(RESERVATIONS, "no time ends so late"),
                }
            }
            decided.push(one);
        }
        decided
    }
}

fn done(held: &Held) -> Vec<Action> {
    held.all.iter().map(|held| held.action.clone()).collect()
}

fn away(asked: &[Asked], why: &str) -> Vec<Deciding> {
    let why = format!("what others were allowed is not known: {why}");
    asked.iter().map(|_| Deciding::away(RESERVATIONS, &why)).collect()
}

impl Deciding {
    /// Undecided because of something that is no policy: written in parentheses in its place.
    #[must_use]
    pub fn away(what: &str, why: &str) -> Self {
        let mut decision = Decision::default();
        decision.doubt(what, why);
        Self { decision, ..Self::default() }
    }
}
