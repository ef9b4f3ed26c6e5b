//! Where events go.
//!
//! Rule files stand in `DIR/<place>/*.yaml`, one rule a file:
//!
//! ```yaml
//! name: graphite                     # the file's name, if it is left out
//! types: [metric, status]            # or "*", as if it is left out
//! when: size(event.metrics) > 0      # CEL; see `fields` for what events have
//! to: [metrics, "stomp:///queue/x"]  # parts of the pipeline, and transports
//! sample: 0.1                        # only a random share of the events
//! set: {severity: 1, tags: {dc: x}}  # null removes; tags are changed one by one
//! drop: true                         # instead of `to` and `set`
//! ```
//!
//! All rules that match apply. `when` sees the event as it came. If one that matches says `drop`
//! the event goes nowhere. Else it goes once to each destination that any of them names. What they
//! `set` is set in the order of file names: first by the rules without `to`, for all destinations,
//! then by those with `to`, for their own. Where that makes no valid event, that rule changes
//! nothing. A condition that asks for something that the event does not have is not met, nor is one
//! whose comprehensions take too many rounds. All that is said once for each rule.
//!
//! A place without rule files has the defaults: from the portal status and alert events go to
//! status and events with metrics to metrics; from status everything goes to alerts.

mod budget;
mod check;
mod condition;
mod conditions;
mod direct;
mod explain;
mod fault;
mod fields;
mod index;
mod keys;
mod load;
mod member;
mod patterns;
mod place;
mod position;
mod raw;
mod reload;
mod rule;
mod rules;
mod set;
mod when;

pub use explain::RuleOutcome;
pub use fault::{Problem, RouteFault};
pub use place::{Destination, PartName, Place};
pub use reload::Reloader;
pub use rules::{Delivery, Routed, Rules};
pub(crate) use when::When;
