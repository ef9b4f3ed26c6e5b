//! A second implementation of the policy language, to compare the engine with.
//!
//! It shares nothing with the engine and reads `vocabulary.md` literally: sets are `BTreeSet`s,
//! closures are loops that run until nothing changes, and nobody cares how long that takes. What the
//! vocabulary leaves open is listed in `CHOICES.md`.

pub mod generate;
pub mod judge;
pub mod model;
pub mod policy;
pub mod write;

mod filter;
mod gherkin;
mod pattern;
mod truth;
mod values;
