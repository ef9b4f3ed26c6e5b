//! The archive: one suite for every place where it can be, and what can go wrong there.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod contract;
mod events;
mod sqlite;
