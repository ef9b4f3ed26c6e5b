//! The program as its users run it.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod faults;
mod running;
mod shipped;
