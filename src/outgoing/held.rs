//! Events that the disk did not take.

use groundrule_core::delivery::{Backlog, CarryError, Message};

/// Messages in memory, which end with the process.
#[derive(Default)]
pub struct Held(Vec<Message>);

impl Held {
    /// Adds messages at the end.
    pub fn hold(&mut self, messages: &[Message]) {
        self.0.extend_from_slice(messages);
    }
}

impl Backlog for Held {
    fn append(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        self.hold(messages);
        Ok(())
    }

    fn first(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        Ok(self.0[..max.min(self.0.len())].to_vec())
    }

    fn forget(&mut self, n: usize) -> Result<(), CarryError> {
        self.0.drain(..n.min(self.0.len()));
        Ok(())
    }

    fn waiting(&self) -> u64 {
        self.0.len() as u64
    }
}
