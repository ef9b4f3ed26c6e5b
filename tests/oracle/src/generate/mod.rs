//! Random estates and policies: small, nasty, and the same for the same seed.

mod checks;
mod data;
mod dependencies;
mod estate;
mod facts;
mod pick;
mod policy;
mod sentences;
mod unknown;

pub use estate::estate;
pub use policy::policy;
pub use unknown::{hide, without};

use rand::SeedableRng;
use rand::rngs::SmallRng;

/// The source of randomness for a seed.
pub fn seeded(seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed)
}
