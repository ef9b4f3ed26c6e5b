//! Values and ports of groundrule.
//!
//! This crate knows what an estate is made of (nodes, resources, facts, registrations, declared
//! dependencies), how values compare, which filters select nodes, and which questions a store
//! answers. It does no I/O and knows no store.

pub mod check;
pub mod comparison;
pub mod delivery;
pub mod dependency;
pub mod event;
pub mod fact;
pub mod filter;
pub mod logic;
pub mod nagios;
pub mod name;
pub mod number;
pub mod pattern;
pub mod plain;
pub mod ports;
pub mod redaction;
pub mod reservation;
pub mod source;
pub mod verdict;
pub mod version;

/// Shared, immutable text: names and titles that many values refer to.
pub type Text = std::sync::Arc<str>;
