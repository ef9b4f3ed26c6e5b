//! What a part remembers of an identity, beside its status.

use super::Identity;

/// What a part remembers of an identity. The store reads nothing in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Of whom and what.
    pub of: Identity,
    /// What is remembered.
    pub text: String,
    /// Grows with every change; 0 where there is none yet.
    pub version: i64,
    /// Whether something is still to be done about it.
    pub open: bool,
    /// When it was heard of last, in seconds since 1970.
    pub heard: f64,
}
