//! Figures of events, to Graphite.
//!
//! Every figure of an event's `metrics` becomes a line `path value time` with the event's time in
//! whole seconds. A `simple_counter` event without metrics counts as 1 of the metric `count`: what
//! is sent is how many there were of its path in that second so far, in all processes that count in
//! one file.
//!
//! ## What can be lost
//!
//! Graphite's line protocol has no acknowledgements: nobody says what carbon has read. The last
//! lines written, more than the buffers of a connection hold, are therefore kept and written again
//! on the next connection when one breaks. That does no harm, as the same path and time are
//! overwritten. What is still lost is what carbon itself has read and not yet written to its
//! files when it is killed, and what is under way to it when both it and this process are killed.
//! An event that comes again after a crash may be counted twice. Times that Graphite cannot store (before 1970, after 2106) are left out.

mod connection;
mod counters;
mod mapping;
mod part;

pub use connection::{Address, AddressError};
pub use counters::Counters;
pub use mapping::{Mapping, MappingError};
pub use part::GraphitePart;
