//! Answers as text, as the Ruby tools write them.

mod json;
mod pretty;
mod yaml;

pub use json::json;
pub use pretty::pretty;
pub use yaml::yaml;
