//! The events of a run for one destination.

use std::path::Path;

use groundrule_core::delivery::{Backlog as _, CarryError, Message};
use groundrule_transport::Settings;
use groundrule_transport::spool::Slots;
use tokio::time::Instant;

use super::held::Held;
use super::naming::shown;
use super::sending::{Sending, Tally};
use super::{DeadLetters, slots};

/// The events of a run for one destination.
pub struct Outbox {
    url: String,
    /// None where the disk gives no place for it.
    slots: Option<Slots>,
    /// Events that the disk did not take, and why.
    held: Held,
    trouble: Option<String>,
}

impl Outbox {
    /// Finds a place on the disk for events to an address.
    pub fn open(directory: &Path, url: String) -> Self {
        let (slots, trouble) = match slots(directory, &url) {
            Ok(slots) => (Some(slots), None),
            Err(failure) => (None, Some(failure.line())),
        };
        Self { url, slots, held: Held::default(), trouble }
    }

    /// Puts events onto the disk; what it does not take is held, and all that comes after it.
    pub fn put(&mut self, messages: &[Message]) {
        if let Some(slots) = self.slots.as_mut().filter(|_| self.held.waiting() == 0) {
            match slots.append(messages) {
                Ok(()) => return,
                Err(error) => self.trouble = Some(error.to_string()),
            }
        }
        self.held.hold(messages);
    }

    /// Sends what waits, and what earlier runs left; returns what there is to tell then.
    pub async fn send(
        &mut self,
        settings: &Settings,
        letters: &DeadLetters,
        deadline: Instant,
    ) -> Vec<String> {
        let mut notes = Vec::new();
        // Not before: while the policies are judged, others may send it.
        if let Some(Err(error)) = self.slots.as_mut().map(Slots::adopt) {
            let to = shown(&self.url);
            notes.push(format!("what an earlier run left for {to} cannot be sent: {error}"));
        }
        let url = self.url.clone();
        let sending = Sending { url: &url, settings, letters, deadline };
        let mut tally = Tally::default();
        let sent = self.drain(&sending, &mut tally).await;
        notes.extend(sending.note(&tally));
        notes.extend(self.left(sent));
        notes
    }

    async fn drain(&mut self, sending: &Sending<'_>, tally: &mut Tally) -> Result<(), CarryError> {
        if let Some(slots) = &mut self.slots {
            sending.drain(slots, tally).await?;
        }
        sending.drain(&mut self.held, tally).await
    }

    /// What there is to tell of what is not sent.
    fn left(&self, sent: Result<(), CarryError>) -> Vec<String> {
        let to = shown(&self.url);
        let trouble = self.trouble.as_deref().unwrap_or_default();
        let why = match sent {
            Ok(()) if trouble.is_empty() => return Vec::new(),
            Ok(()) => return vec![format!("the events for {to} were not kept on disk: {trouble}")],
            Err(why) => why,
        };
        let mut notes = Vec::new();
        let waiting = self.slots.as_ref().map_or(0, Slots::waiting);
        if waiting > 0 {
            notes.push(format!(
                "{waiting} events for {to} wait on disk: {why}; send them with `groundrule spool send`"
            ));
        }
        if self.held.waiting() > 0 {
            let lost = self.held.waiting();
            notes.push(format!(
                "{lost} events for {to} are lost, since the disk did not take them: {trouble}; nor could they be sent: {why}"
            ));
        }
        notes
    }
}
