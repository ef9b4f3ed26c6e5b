//! Data, as it is looked up by the program: beside what the real tools print, and beside Puppet itself.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod changing;
mod classifying;
mod extlookup;
mod fleet;
mod hiera;
mod linting;
mod site;
