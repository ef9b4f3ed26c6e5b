//! The pipeline as its users run it: the program, real brokers, real servers.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[expect(dead_code, reason = "the tests of the command use more of it")]
#[path = "../command/running.rs"]
mod running;

mod lines;
mod process;

mod between;
mod callbacks;
mod crashes;
mod ending;
mod leftovers;
mod listening;
mod metrics;
mod reloading;
mod roles;
mod sharing;
mod suppressing;
mod travelling;
