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
mod question;
mod spof;
mod stakeholders;
mod suppress;
mod target;
mod waiting;

pub use answer::{Answer, Wrong};
pub use diff::diff;
pub use downtime::Template;
pub use picture::Picture;
pub use place::{Latency, Placing};
pub use question::{Question, STALE, Settings};
pub use stakeholders::Keys;
pub use target::{Target, nodes};
