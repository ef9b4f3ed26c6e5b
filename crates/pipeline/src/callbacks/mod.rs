//! Calls: rules like those of routes, with something to do.
//!
//! Rule files stand in `DIR/callbacks/*.yaml`, one rule a file:
//!
//! ```yaml
//! name: restart                      # the file's name, if it is left out
//! types: [archive]                   # or "*", as if it is left out
//! when: event.name == "Service[x]"   # CEL; a field that is missing makes it false
//! action: {kind: command, run: [/usr/local/bin/tell, "--about={subject}"]}
//! rate: 10/m                         # at most so many calls in a second, minute, hour or day
//! dedup: {by: [subject, name], for: 5m}  # one call for equal events in this time
//! timeout: 30s                       # then it is ended
//! ```
//!
//! A call is done at least once: a process that ends before its calls do does them when it is
//! started again, if it has a ledger. Rates and equal events are counted anew then.

mod job;
mod limits;
mod load;
mod part;
mod rule;

pub use load::{CallbackFaults, CallbackRules};
pub use part::CallbacksPart;

/// Where events about calls come from; they never make calls.
pub const ORIGIN: &str = "groundrule callbacks";
