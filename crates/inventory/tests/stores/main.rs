//! Every store beside the others: one contract a port, and the faults of each real server.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod contract;
mod embedded;
mod loading;
mod mongo;
mod mongo_faults;
mod open;
mod puppetdb;
mod receiving;
mod sqlite;
