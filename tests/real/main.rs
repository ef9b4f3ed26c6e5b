//! The product beside the real systems: Puppet, PuppetDB, Facter and MCollective.
//!
//! What is in `captured/` was recorded from them. Tests in `puppet`, `module` and `matcher` run the
//! real ones: Debian's puppet-agent, ruby and mcollective-common.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "../command/running.rs"]
mod running;

mod declaring;
mod documents;
mod filters;
mod forms;
mod graph;
mod matcher;
mod ordering;
mod real;
mod rules;
