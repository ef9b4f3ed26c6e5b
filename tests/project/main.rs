//! What holds for the project itself.

mod layers;
