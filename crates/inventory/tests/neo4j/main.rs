//! Faults of a real Neo4j: each is noticed, told, and over within its time.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod server;

mod access;
mod again;
mod changing;
mod leaving;
mod loading;
mod many;
mod values;
