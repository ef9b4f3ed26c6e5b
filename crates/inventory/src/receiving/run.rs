//! Takes registrations in until their source ends.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use groundrule_core::delivery::{CarryError, Message, Source};
use groundrule_core::name::NodeName;
use groundrule_core::ports::StoreError;
use groundrule_core::redaction::Redaction;
use jiff::Timestamp;

use super::decode::{Received, Unreadable, decode};
use super::record::{Kept, Record};
use crate::source::Registration;

/// How many messages are taken at a time.
const AT_A_TIME: usize = 64;
/// A clock that is off by less than this is not worth a word, in seconds.
const TOLERATED: i64 = 60;
/// How long a store that is away is waited for between two tries.
const PAUSE: Duration = Duration::from_secs(1);

/// What became of the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Registrations that were kept.
    pub kept: u64,
    /// Those that were older than what was there.
    pub older: u64,
    /// Messages that are no registrations.
    pub unreadable: u64,
}

/// Something that people should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Remark {
    /// A message is no registration: its number, what is wrong, what to do.
    Unreadable {
        /// Its number, from 1.
        number: u64,
        /// What is wrong.
        what: String,
        /// What to do.
        help: String,
    },
    /// A node's clock, or the way of its message: seconds that it is ahead of ours, or behind.
    Clock {
        /// The node.
        node: NodeName,
        /// Ahead, or behind if negative.
        ahead: i64,
    },
    /// The store is away; its words. It is tried again.
    Away(String),
}

/// The time, as the command line hands it down.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Takes registrations in.
///
/// When a node registered is what its message tells, but never later than now: a clock that is ahead
/// must not make a node look alive when it is gone.
pub struct Receiver<'r> {
    /// Where they are kept.
    pub record: &'r dyn Record,
    /// Names whose values stay out.
    pub redaction: &'r Redaction,
    /// The time.
    pub clock: Clock,
    /// Who is told what people should know.
    pub remark: &'r mut (dyn FnMut(Remark) + Send),
    /// What became of the messages so far.
    pub counts: Counts,
    /// Nodes whose clock was remarked on.
    pub clocks: HashSet<NodeName>,
}

impl Receiver<'_> {
    /// Takes registrations in until the source ends. A message is settled after its registration is
    /// kept, or found to be none.
    ///
    /// # Errors
    /// When the source will not work again.
    pub async fn run(&mut self, source: &mut dyn Source) -> Result<(), CarryError> {
        let mut number = 0;
        loop {
            let messages = source.receive(AT_A_TIME).await?;
            if messages.is_empty() {
                return Ok(());
            }
            for message in &messages {
                number += 1;
                self.take(message, number).await;
            }
            source.settle(number).await?;
        }
    }

    async fn take(&mut self, message: &Message, number: u64) {
        let read = match message.cut {
            None => decode(&message.body),
            Some(bytes) => Err(Unreadable {
                what: format!("it has {bytes} bytes"),
                help: "no registration is that large: look at who sends there".to_owned(),
            }),
        };
        let Received { node, mut registration } = match read {
            Ok(received) => received,
            Err(Unreadable { what, help }) => return self.refuse(number, what, help),
        };
        if let Some(facts) = &mut registration.facts {
            self.redaction.strip(facts);
        }
        let now = (self.clock)().as_second();
        let told = registration.seen;
        registration.seen = Some(told.map_or(now, |told| told.min(now)));
        let ahead = told.map_or(0, |told| told - now);
        if ahead.abs() > TOLERATED && self.clocks.insert(node.clone()) {
            (self.remark)(Remark::Clock { node: node.clone(), ahead });
        }
        match self.keep(&node, &registration).await {
            Kept::Yes => self.counts.kept += 1,
            Kept::Older => self.counts.older += 1,
            Kept::Never(what) => {
                self.refuse(number, what, format!("look at what {node} registers"));
            }
        }
    }

    fn refuse(&mut self, number: u64, what: String, help: String) {
        self.counts.unreadable += 1;
        (self.remark)(Remark::Unreadable { number, what, help });
    }

    /// A store that is away is waited for: the message is not settled before it is kept.
    async fn keep(&mut self, node: &NodeName, registration: &Registration) -> Kept {
        let mut told = None;
        loop {
            match self.record.record(node, registration).await {
                Ok(kept) => return kept,
                Err(StoreError(why)) => {
                    if told.as_ref() != Some(&why) {
                        (self.remark)(Remark::Away(why.to_string()));
                        told = Some(why);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }
    }
}
