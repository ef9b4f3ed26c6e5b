//! What a check comes to on a node.

use super::world::World;
use crate::policy::Then;
use crate::truth::Truth;

/// Whether it is as the sentence wants it; nobody asks a node that is only supposed.
pub fn good(world: &World, node: &str, check: &str, then: &Then) -> Truth {
    let code = match &world.estate.checks {
        Some(checks) if !world.is_added(node) => checks.get(check).and_then(|all| all.get(node)),
        _ => None,
    };
    match (code.copied().flatten(), then) {
        (None, _) => Truth::Maybe,
        (Some(code), Then::ResultsOk) => (code == 0).into(),
        (Some(code), _) => (code == 0 || code == 1).into(),
    }
}
