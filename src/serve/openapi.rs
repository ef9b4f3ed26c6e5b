//! The description of the routes.

/// OpenAPI 3.1; a test holds it against the routes and their answers.
pub const DOCUMENT: &str = include_str!("openapi.json");
