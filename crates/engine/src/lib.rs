//! Judges policies on an estate.
//!
//! [`estate`] knows what the sources know and what they do not; [`world`] answers every question of
//! a policy in the estate as a scenario supposes it; [`scene`] is one scenario while it is judged;
//! [`policy`] reads feature files and checks them before any store is opened; [`run`](run::run)
//! carries them out and tells [`event`]s; [`gate`] decides on an action by them.

pub mod estate;
pub mod event;
pub mod gate;
pub mod nearest;
pub mod policy;
pub mod run;
pub mod scene;
pub mod waiver;
pub mod world;
