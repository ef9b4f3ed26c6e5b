//! How long to wait before the next try.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(10);

/// Waits that double up to ten seconds, each of them up to a half shorter by chance, so that not
/// everybody comes back to a broker at once.
pub struct Patience {
    next: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Patience {
    /// How long to wait now.
    pub fn wait(&mut self) -> Duration {
        let whole = self.next;
        self.next = (whole * 2).min(LONGEST);
        // The standard library's seeds of hash tables are chance enough.
        let chance = RandomState::new().hash_one(0u8) as u32;
        whole - whole.mul_f64(f64::from(chance) / f64::from(u32::MAX) / 2.0)
    }

    /// It worked: the next wait is a short one.
    pub fn renew(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_ten_seconds_and_begin_anew() {
        let mut patience = Patience::default();
        let waits: Vec<_> = (0..12).map(|_| patience.wait()).collect();
        assert!(waits[0] <= FIRST && waits[0] >= FIRST / 2, "{waits:?}");
        assert!(waits[11] <= LONGEST && waits[11] >= LONGEST / 2, "{waits:?}");
        assert!(waits.windows(2).take(5).all(|pair| pair[1] * 2 >= pair[0] * 2), "{waits:?}");
        patience.renew();
        assert!(patience.wait() <= FIRST);
    }
}
