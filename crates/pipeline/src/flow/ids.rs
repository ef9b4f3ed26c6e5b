//! Identities that grow with time.

use std::sync::Mutex;

use groundrule_core::event::EventId;
use rand::Rng as _;

use crate::part::Clock;

/// Gives identities: seconds, a number of this process, and a count. Each is greater than the one
/// before, also when the clock jumps back.
pub struct Ids {
    clock: Clock,
    process: [u8; 5],
    last: Mutex<(u32, u32)>,
}

const COUNTS: u32 = 1 << 24;

impl Ids {
    /// Identities of this process.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self { clock, process: rand::rng().random(), last: Mutex::new((0, 0)) }
    }

    /// The next identity.
    ///
    /// # Panics
    /// When another thread panicked here.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "identities have room for seconds up to 2106"
    )]
    pub fn next(&self) -> EventId {
        let now = (self.clock)().max(0.0) as u32;
        let mut last = self.last.lock().expect("nobody panics here");
        let (seconds, count) = match *last {
            (seconds, count) if now <= seconds && count + 1 < COUNTS => (seconds, count + 1),
            (seconds, _) if now <= seconds => (seconds + 1, 0),
            _ => (now, 0),
        };
        *last = (seconds, count);
        let mut id = [0; 12];
        id[..4].copy_from_slice(&seconds.to_be_bytes());
        id[4..9].copy_from_slice(&self.process);
        id[9..].copy_from_slice(&count.to_be_bytes()[1..]);
        EventId(id)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn identities_grow_though_the_clock_jumps_back() {
        let now = Arc::new(AtomicU32::new(1_790_000_000));
        let clock = Arc::clone(&now);
        let ids = Ids::new(Arc::new(move || f64::from(clock.load(Ordering::Relaxed))));
        let mut last = ids.next();
        assert_eq!(last.0[..4], 1_790_000_000_u32.to_be_bytes());
        for seconds in [1_790_000_000, 1_790_000_001, 5, 5, 1_790_000_002] {
            now.store(seconds, Ordering::Relaxed);
            for _ in 0..3 {
                let next = ids.next();
                assert!(next > last, "{next} after {last}");
                last = next;
            }
        }
    }
}
