//! Requests of the gate, decided one after the other and reserved together: those that come while
//! others are written to the disk wait for the next time.

use std::sync::Arc;

use groundrule_engine::gate::{Asked, Deciding};
use tokio::sync::{Mutex, oneshot};

use super::state::State;

/// So often an estate that changes meanwhile is judged anew.
const ROUNDS: usize = 5;

/// So many are decided at once.
const AT_ONCE: usize = 64;

/// Where requests wait.
#[derive(Default)]
pub struct Desk {
    waiting: std::sync::Mutex<Vec<Waiting>>,
    /// Held by whoever decides for all.
    deciding: Mutex<()>,
}

struct Waiting {
    asked: Asked,
    tell: oneshot::Sender<Deciding>,
}

impl Desk {
    /// Decides on an action, together with others that wait.
    pub async fn decide(&self, state: &State, asked: Asked) -> Deciding {
        let (tell, mut told) = oneshot::channel();
        self.waiting
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(Waiting { asked, tell });
        loop {
            let _turn = self.deciding.lock().await;
            match told.try_recv() {
                Ok(deciding) => return deciding,
                // Whoever decided for all was broken off.
                Err(oneshot::error::TryRecvError::Closed) => {
                    return Deciding::away("(gate)", "it was broken off: ask again");
                }
                Err(oneshot::error::TryRecvError::Empty) => self.next(state).await,
            }
        }
    }

    async fn next(&self, state: &State) {
        let all: Vec<_> = {
            let mut waiting =
                self.waiting.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let count = waiting.len().min(AT_ONCE);
            waiting.drain(..count).collect()
        };
        let (asked, tell): (Vec<_>, Vec<_>) = all.into_iter().map(|w| (w.asked, w.tell)).unzip();
        for (tell, deciding) in tell.into_iter().zip(decided(state, &asked).await) {
            // Who asked may have gone; what it was allowed lapses by itself.
            let _ = tell.send(deciding);
        }
    }
}

async fn decided(state: &State, asked: &[Asked]) -> Vec<Deciding> {
    let away = |why: &str| asked.iter().map(|_| Deciding::away("(estate)", why)).collect();
    for _ in 0..ROUNDS {
        if let Some(why) = state.trouble() {
            return away(&why);
        }
        let current = state.current();
        let newest = || state.current().generation == current.generation;
        let reservations = Arc::clone(&state.reservations);
        let deciding = current.gate.decide(&*reservations, asked, || state.now(), newest);
        // Else the estate has changed meanwhile.
        if let Ok(decided) = deciding.await {
            return decided;
        }
    }
    away("it changes faster than it can be judged")
}
