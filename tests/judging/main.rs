//! Verdicts, judged in the process.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod agreement;
mod cases;
mod checks;
mod gate;
mod ignorance;
mod in_process;
mod outdated;
mod partial;
mod questions;
mod steps;
mod suppositions;
mod told;
