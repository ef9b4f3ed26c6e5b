//! Why a spool cannot be used.

use std::io;
use std::path::{Path, PathBuf};

use groundrule_core::delivery::CarryError;

/// Why a spool cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// Another process has it.
    #[error("the spool {}: another process has it open; only one may", .directory.display())]
    Locked {
        /// Where it is.
        directory: PathBuf,
    },
    /// It would hold more than it may.
    #[error("the spool {}: it is full with {limit} bytes, the most that may wait: make the destination work again, and what waits is sent", .directory.display())]
    Full {
        /// Where it is.
        directory: PathBuf,
        /// The most that it may hold.
        limit: u64,
    },
    /// A message is larger than a record can be.
    #[error("a message of {0} bytes is too large for a spool")]
    TooLarge(usize),
    /// What was once written as a whole is not there as it was.
    #[error("the spool's file {}: damaged at byte {offset}: move it away, what is behind that byte is lost", .file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// From where on.
        offset: u64,
    },
    /// The disk says no.
    #[error("cannot {what} {}: {source}", .file.display())]
    Disk {
        /// What was tried.
        what: &'static str,
        /// On which file.
        file: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl SpoolError {
    /// What the disk said to an attempt.
    pub(super) fn at(what: &'static str, file: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let file = file.to_owned();
        move |source| Self::Disk { what, file, source }
    }
}

impl From<SpoolError> for CarryError {
    fn from(error: SpoolError) -> Self {
        match error {
            SpoolError::Full { .. } | SpoolError::Disk { .. } => Self::Away(error.to_string()),
            _ => Self::Refused(error.to_string()),
        }
    }
}
