//! What holds for the project itself.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod commands;
mod layers;
mod vocabulary;
