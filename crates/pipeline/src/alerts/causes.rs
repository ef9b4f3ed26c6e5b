//! What is the consequence of what.

use crate::status::Identity;

/// Knows which failures explain which others.
pub trait Causes: Send + Sync {
    /// How one of these failures, of which none is `of` itself, is the cause of the failure `of`:
    /// one hop a line; none if there is no such. A cause may be far away: those in between need
    /// not be among the failures.
    fn cause(&self, failed: &[Identity], of: &Identity) -> Option<Vec<String>>;
}

/// Every failure stands for itself.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoCauses;

impl Causes for NoCauses {
    fn cause(&self, _: &[Identity], _: &Identity) -> Option<Vec<String>> {
        None
    }
}
