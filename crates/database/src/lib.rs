//! Opening what keeps things: SQLite files and MongoDB, and what goes wrong in words.

pub mod mongodb;
pub mod sqlite;

/// Why a database cannot be used, as a sentence.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// For now.
    Away(String),
    /// However often it is tried.
    Refused(String),
}
