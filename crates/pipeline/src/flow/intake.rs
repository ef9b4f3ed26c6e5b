//! What takes from one source: archive first, then the routes, then the acknowledgement.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures::StreamExt as _;
use futures::stream::FuturesOrdered;
use groundrule_core::delivery::{Message, Source};
use groundrule_core::event::Event;
use tokio_util::sync::CancellationToken;

use super::outlet::{Outlet, Stopped};
use super::queue::{Queue, Receipt};
use super::{FAREWELL, overdue};

/// How many messages are taken at once, at most.
const AT_ONCE: usize = 1024;

/// How many batches are under way, at most.
const UNDER_WAY: usize = 32;

/// What becomes of what comes in.
#[derive(Clone)]
pub enum Entrance {
    /// It is checked, archived and routed; or, once archived, handed on as it is.
    Portal { to: Option<Queue> },
    /// It was archived before, and is routed.
    Router,
    /// It is for one part.
    Part(Queue),
}

/// One source at work.
pub struct Intake {
    /// Its address.
    pub name: String,
    /// Where messages come from.
    pub source: Box<dyn Source>,
    /// What becomes of them.
    pub entrance: Entrance,
    /// The place where they leave.
    pub outlet: Outlet,
    /// Ends it.
    pub stop: CancellationToken,
    /// Who is waited for.
    pub asks: &'static str,
}

/// A batch whose events are archived.
struct Archived {
    upto: u64,
    events: Vec<Event>,
    dead: Vec<Event>,
}

type Steps<T> = FuturesOrdered<Pin<Box<dyn Future<Output = Result<T, Stopped>> + Send>>>;

impl Intake {
    /// Takes until the source ends or it is told to stop, and sees everything through that it
    /// took, if there is time for that.
    ///
    /// # Errors
    /// When it cannot go on; what is not settled comes again where the source can do that.
    pub async fn run(mut self) -> Result<(), Stopped> {
        let stop = self.stop.clone();
        let ended = tokio::select! {
            ended = self.work() => Some(ended),
            () = overdue(&stop, FAREWELL) => None,
        };
        let ended = ended.unwrap_or_else(|| {
            let away = self.outlet.stats.away();
            Err(Stopped::Late(away.unwrap_or_else(|| format!("{} does not answer", self.asks))))
        });
        self.source.close().await;
        ended
    }

    async fn work(&mut self) -> Result<(), Stopped> {
        let outlet = Arc::new(self.outlet.clone());
        let stop = self.stop.clone();
        let mut taken = 0_u64;
        let mut archiving: Steps<Archived> = Steps::new();
        let mut delivering: Steps<u64> = Steps::new();
        let (mut open, mut told) = (true, false);
        while open || !archiving.is_empty() || !delivering.is_empty() {
            self.asks = if archiving.is_empty() { "a destination" } else { "the archive" };
            let room = open && archiving.len() + delivering.len() < UNDER_WAY;
            tokio::select! {
                messages = self.source.receive(AT_ONCE), if room => {
                    let messages = messages?;
                    open = !messages.is_empty();
                    taken += messages.len() as u64;
                    outlet.stats.received(messages.len());
                    archiving.push_back(self.archived(&outlet, messages, taken));
                }
                Some(archived) = archiving.next(), if !archiving.is_empty() => {
                    let Archived { upto, events, dead } = archived?;
                    let receipt = deliver(&self.entrance, &outlet, events, dead).await?;
                    delivering.push_back(Box::pin(async move {
                        receipt.wait().await?;
                        Ok(upto)
                    }));
                }
                Some(upto) = delivering.next(), if !delivering.is_empty() => {
                    let upto = upto?;
                    if let Err(error) = self.source.settle(upto).await {
                        tracing::warn!(source = %self.name, %error, "cannot acknowledge; events may come again");
                    }
                }
                () = stop.cancelled(), if open && !told => {
                    told = true;
                    open = self.source.stop();
                }
            }
        }
        Ok(())
    }

    /// Reads and archives a batch.
    fn archived(
        &self,
        outlet: &Arc<Outlet>,
        messages: Vec<Message>,
        upto: u64,
    ) -> Pin<Box<dyn Future<Output = Result<Archived, Stopped>> + Send>> {
        let outlet = Arc::clone(outlet);
        let keep = matches!(self.entrance, Entrance::Portal { .. });
        let apart = outlet.dead.is_some();
        Box::pin(async move {
            let mut read = outlet.portal.read(messages);
            let events = match keep && outlet.archive.is_some() {
                true => read.entries.iter().map(|entry| entry.event.clone()).collect(),
                false => read.entries.drain(..).map(|entry| entry.event).collect(),
            };
            outlet.stats.dead(read.dead.len());
            for letter in read.dead.iter().map(|letter| &letter.event) {
                tracing::warn!(reason = letter.text(), eventid = letter.eventid(), "dead letter");
            }
            if !apart {
                read.entries.append(&mut read.dead);
            }
            outlet.archive(read.entries).await?;
            let dead = read.dead.into_iter().map(|letter| letter.event).collect();
            Ok(Archived { upto, events, dead })
        })
    }
}

/// Puts events where they go next.
async fn deliver(
    entrance: &Entrance,
    outlet: &Outlet,
    events: Vec<Event>,
    dead: Vec<Event>,
) -> Result<Receipt, Stopped> {
    let onwards = match entrance {
        Entrance::Portal { to: None } | Entrance::Router => None,
        Entrance::Portal { to } => to.as_ref(),
        Entrance::Part(queue) => Some(queue),
    };
    let mut receipt = match onwards {
        None => outlet.route(events).await?,
        Some(queue) => {
            let mut receipt = Receipt::default();
            if !events.is_empty() {
                queue.put(events, &mut receipt).await?;
            }
            receipt
        }
    };
    if let Some(queue) = outlet.dead.as_ref().filter(|_| !dead.is_empty()) {
        queue.put(dead, &mut receipt).await?;
    }
    Ok(receipt)
}
