//! Tells people and programs of problems, and of their end.
//!
//! A change of severity is told at once, a problem that stays again after a while. What is the
//! consequence of something else that failed is told once its cause is gone, and what changes all
//! the time is told once, and then when it is quiet. The end of a problem is always told.
//!
//! What was told is kept in the status store: of the processes that share it, one tells a thing.
//! Every notification is sent at least once, and makes an archive event, as does one that fails.

mod causes;
mod consequences;
mod failed;
mod job;
mod notifier;
mod outbox;
mod part;
mod problems;
mod round;
mod rules;
mod said;
mod shared;
mod teller;
mod watch;

pub use causes::{Causes, NoCauses};
pub use notifier::NotifierSetting;
pub use part::{AlertsPart, AlertsSetup};
pub use rules::AlertRules;

pub use crate::actions::Ledger as AlertState;

/// Where events about notifications come from; nobody is notified of them.
pub const ORIGIN: &str = "groundrule alerts";
