//! The product beside the real systems: Puppet, PuppetDB, Facter and MCollective.
//!
//! What is in `captured/` was recorded from them. `declaring`, `documents`, `matcher` and `ordering`
//! run the real ones, Debian's puppet-agent, puppet-terminus-puppetdb, facter and mcollective-common:
//! nothing is left out where they are missing, the tests fail and name the package.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

#[path = "../command/running.rs"]
#[expect(dead_code, reason = "shared with the tests of the command")]
mod running;

mod declaring;
mod documents;
mod filters;
mod forms;
mod graph;
mod matcher;
mod ordering;
mod random;
mod real;
mod rules;
