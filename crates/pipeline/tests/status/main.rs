//! The status: one suite for every store, and what the part makes of it.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod contract;
mod model;
mod mongodb;
mod part;
mod sqlite;
