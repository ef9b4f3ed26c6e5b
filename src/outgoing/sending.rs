//! Sending what waits, and what becomes of events that the far side refuses for good.

use groundrule_core::delivery::{Backlog, CarryError};
use groundrule_transport::{Settings, sink};
use tokio::time::{Instant, timeout_at};

use super::DeadLetters;
use super::naming::shown;

/// How many events are sent at once.
const AT_ONCE: usize = 512;

/// Where events are sent, and until when that is tried.
pub struct Sending<'s> {
    /// The address.
    pub url: &'s str,
    /// What connections have in common.
    pub settings: &'s Settings,
    /// Where events are kept that are refused for good.
    pub letters: &'s DeadLetters,
    /// Until when it is tried.
    pub deadline: Instant,
}

/// What came of sending.
#[derive(Default)]
pub struct Tally {
    /// How many events were sent.
    pub sent: usize,
    /// How many the far side refused for good.
    pub refused: usize,
    /// Why it refused the first of them.
    why: String,
}

impl Sending<'_> {
    /// Sends what waits, in order. What is refused together is tried in halves, and what is refused
    /// alone becomes a dead letter, so that it holds nothing up.
    pub async fn drain(
        &self,
        backlog: &mut dyn Backlog,
        tally: &mut Tally,
    ) -> Result<(), CarryError> {
        if backlog.waiting() == 0 {
            return Ok(());
        }
        let mut sink = sink(self.url, self.settings)?;
        let mut at_once = AT_ONCE;
        while backlog.waiting() > 0 {
            let messages = backlog.first(at_once)?;
            match self.in_time(sink.send(&messages)).await {
                Ok(()) => {
                    tally.sent += messages.len();
                    at_once = (at_once * 2).min(AT_ONCE);
                    backlog.forget(messages.len())?;
                }
                Err(CarryError::Refused(_)) if messages.len() > 1 => at_once = messages.len() / 2,
                Err(CarryError::Refused(why)) => {
                    for message in &messages {
                        self.letters.keep(message, self.url, &why).await?;
                    }
                    tally.refuse(why);
                    backlog.forget(messages.len())?;
                }
                Err(away) => return Err(away),
            }
        }
        Ok(())
    }

    async fn in_time(
        &self,
        sending: impl Future<Output = Result<(), CarryError>>,
    ) -> Result<(), CarryError> {
        let late = || CarryError::Away("no answer in time".to_owned());
        timeout_at(self.deadline, sending).await.unwrap_or_else(|_| Err(late()))
    }

    /// What there is to tell of events that were refused.
    pub fn note(&self, tally: &Tally) -> Option<String> {
        let (to, kept, why) = (shown(self.url), self.letters.place(), &tally.why);
        match tally.refused {
            0 => None,
            1 => Some(format!("1 event is refused for good by {to}: {why}; it is kept in {kept}")),
            n => Some(format!(
                "{n} events are refused for good by {to}: {why} (the first of them); they are kept in {kept}"
            )),
        }
    }
}

impl Tally {
    fn refuse(&mut self, why: String) {
        if self.refused == 0 {
            self.why = why;
        }
        self.refused += 1;
    }
}
