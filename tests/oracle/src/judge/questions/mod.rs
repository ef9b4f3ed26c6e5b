//! The gate and the questions, as plainly as they can be answered: worlds are judged whole, and
//! compared.

mod diff;
mod gate;
mod impact;
mod listing;
mod missing;
mod order;
mod path;
mod place;
mod stakeholders;

pub use diff::{Content, content, sorted};
pub use gate::{Gate, gate};
pub use impact::{Impact, impact};
pub use listing::{single_points, undeclared, unmanaged};
pub use missing::{Missing, missing};
pub use order::{Item, Order, order};
pub use path::{Hop, Place, Ways};
pub use place::{Latency, Placed, place};
pub use stakeholders::{Stakeholders, stakeholders};
