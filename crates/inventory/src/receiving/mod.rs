//! Receiving what nodes say of themselves, and keeping it.

mod decode;
mod record;
mod run;

pub use decode::{Received, Unreadable, decode};
pub use record::{Kept, Record, recorder};
pub use run::{Clock, Counts, Receiver, Remark};
