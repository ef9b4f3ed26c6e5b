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
    /// Whether to look for a part of it that may happen if it must not.
    pub suggest: bool,
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
    /// Decides on an action, and reserves it if it is allowed. `clock` tells the time, `current`
    /// whether the estate still is as it was judged.
    ///
    /// # Errors
    /// When it is not.
    pub async fn decide(
        &self,
        reservations: &dyn Reservations,
        asked: &Asked,
        clock: impl Fn() -> Timestamp,
        current: impl Fn() -> bool,
    ) -> Result<Deciding, Changed> {
        for _ in 0..ROUNDS {
            let held = match reservations.held(clock()).await {
                Ok(held) => held,
                Err(StoreError(why)) => return Ok(Deciding::away(RESERVATIONS, &why)),
            };
            let version = held.version;
            let mut deciding = self.once(&held, asked).await;
            if !current() {
                return Err(Changed);
            }
            if deciding.decision.verdict() != Verdict::Allow || asked.hold.is_zero() {
                return Ok(deciding);
            }
            let made = clock();
            let Ok(until) = made.checked_add(asked.hold) else {
                return Ok(Deciding::away(RESERVATIONS, "it would be held beyond the end of time"));
            };
            let id = Ulid::generate().to_string();
            let new = Reservation { id, action: asked.action.clone(), made, until };
            match reservations.reserve(&new, version).await {
                Ok(true) => {
                    deciding.reservation = Some(new);
                    return Ok(deciding);
                }
                Ok(false) => {}
                Err(StoreError(why)) => return Ok(Deciding::away(RESERVATIONS, &why)),
            }
        }
        Ok(Deciding::away(RESERVATIONS, "others reserve all the time"))
    }

    async fn once(&self, held: &Held, asked: &Asked) -> Deciding {
        let done: Vec<_> = held.all.iter().map(|held| held.action.clone()).collect();
        let decision = self.judge(&done, &asked.action).await;
        let suggestion = match asked.suggest && decision.verdict() != Verdict::Allow {
            true => Some(self.suggest(&done, &asked.action).await),
            false => None,
        };
        Deciding { decision, reservation: None, suggestion }
    }
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
