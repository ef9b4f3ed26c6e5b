//! One suite for each port, over every store that has it.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]
#![expect(clippy::await_holding_lock, reason = "tests take turns at a server")]

mod graph;
mod stores;
