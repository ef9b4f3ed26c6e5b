//! The program and the real stores: the same policies, the same verdicts.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[expect(dead_code, reason = "the tests of the command use more of it")]
#[path = "../command/running.rs"]
mod running;

#[expect(dead_code, reason = "the tests of judging use more of it")]
#[path = "../judging/cases.rs"]
mod cases;

#[expect(dead_code, reason = "the tests of judging use more of it")]
#[path = "../judging/in_process.rs"]
mod in_process;

#[expect(dead_code, reason = "the tests of judging use more of it")]
#[path = "../judging/told.rs"]
mod told;

mod server;

mod alike;
mod asking;
mod checks;
mod counting;
mod doctor;
mod documents;
mod faults;
mod queries;
mod random;
mod registrations;
