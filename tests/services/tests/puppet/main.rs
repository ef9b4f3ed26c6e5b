//! Events that the module in `puppet/groundrule` sends from real runs of Puppet.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod agent;
mod away;
mod destinations;
mod estate;
mod outcomes;
mod queue;
