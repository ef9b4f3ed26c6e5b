//! The questions that a graph of dependencies answers: what falls with a machine, what to schedule
//! downtime on, whom to tell, in which order to stop, where to place.
//!
//! Every question is asked through the ports, so that its answer is the same from every store, and
//! tells beside what is so what is not known. Its parameters and its answer are documented in
//! docs/questions.md.

mod answer;
mod declared;
mod diff;
mod downtime;
mod impact;
mod missing;
mod path;
mod picture;
mod place;
mod plan;
mod spof;
mod stakeholders;
mod suppress;
mod target;

pub use answer::{Answer, Wrong};
pub use declared::{undeclared, unmanaged};
pub use diff::diff;
pub use downtime::{Template, downtime, shutdown_order};
pub use impact::impact;
pub use missing::missing;
pub use path::path;
pub use picture::Picture;
pub use place::{Latency, Placing, place};
pub use spof::spof;
pub use stakeholders::{Keys, stakeholders};
pub use suppress::suppress;
pub use target::{Target, nodes};
