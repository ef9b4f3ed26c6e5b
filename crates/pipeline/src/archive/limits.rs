//! How much an archive keeps.

use std::time::Duration;

/// How much is kept; what is beyond goes, the oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// How large it may become.
    pub bytes: Option<u64>,
    /// How long ago events may have been archived.
    pub age: Option<Duration>,
}
