//! What works off the queue of one destination.

use std::time::Duration;

use groundrule_core::delivery::{Backlog, CarryError};
use groundrule_core::event::Event;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::message;
use super::outlet::{LONGEST_PAUSE, Outlet, Stopped};
use super::queue::{Batch, Waiting};
use crate::part::{Part, PartError};

/// How many events are handed to a part at once, at most, unless one batch has more.
const AT_ONCE: usize = 16_384;

/// A destination at work.
pub struct Worker {
    name: String,
    part: Box<dyn Part>,
    waiting: Waiting,
    outlet: Outlet,
    backlog: Option<Box<dyn Backlog>>,
    stop: CancellationToken,
    pause: Duration,
    again: Instant,
}

impl Worker {
    /// A destination of this name. What it says goes out by `outlet`; what it cannot take waits in
    /// `backlog`, if it has one, else in its queue.
    pub fn new(
        name: String,
        part: Box<dyn Part>,
        waiting: Waiting,
        outlet: Outlet,
        backlog: Option<Box<dyn Backlog>>,
        stop: CancellationToken,
    ) -> Self {
        let (pause, again) = (Duration::ZERO, Instant::now());
        Self { name, part, waiting, outlet, backlog, stop, pause, again }
    }

    /// Works until it is told to stop, and then on what is left.
    ///
    /// # Errors
    /// When it cannot go on.
    pub async fn run(mut self) -> Result<(), Stopped> {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        loop {
            let has_backlog = self.backlog.as_ref().is_some_and(|backlog| backlog.waiting() > 0);
            tokio::select! {
                batch = self.waiting.recv() => match batch {
                    Some(batch) => self.work(batch).await?,
                    None => break,
                },
                () = tokio::time::sleep_until(self.again), if has_backlog => self.catch_up().await?,
                _ = second.tick() => self.tick().await?,
                () = stop.cancelled() => break,
            }
        }
        while let Ok(batch) = self.waiting.try_recv() {
            self.work(batch).await?;
        }
        if let Ok(said) = self.part.finish().await {
            self.outlet.say(said).await?;
        }
        Ok(())
    }

    /// Takes a batch, and what waits behind it.
    async fn work(&mut self, batch: Batch) -> Result<(), Stopped> {
        let (mut events, done) = batch.split();
        let mut receipts = vec![done];
        while events.len() < AT_ONCE
            && let Ok(more) = self.waiting.try_recv()
        {
            let (mut more, done) = more.split();
            events.append(&mut more);
            receipts.push(done);
        }
        let n = events.len();
        let said = self.deliver(&events).await;
        self.outlet.stats.delivered(&self.name, n);
        self.outlet.say(said).await?;
        for done in receipts {
            // Nobody waits for it when the pipeline is being torn down.
            let _ = done.send(());
        }
        Ok(())
    }

    /// Hands events to the part, or to the backlog, however long that takes.
    async fn deliver(&mut self, events: &[Event]) -> Vec<Event> {
        loop {
            let waits = self.backlog.as_ref().is_some_and(|backlog| backlog.waiting() > 0);
            let why = if waits {
                String::new()
            } else {
                match self.part.take(events).await {
                    Ok(said) => {
                        self.works();
                        return said;
                    }
                    Err(PartError::Away(why) | PartError::Refused(why)) => why,
                }
            };
            if !waits {
                self.fails(&why);
            }
            match self.put_by(events) {
                Some(Ok(())) => return Vec::new(),
                Some(Err(error)) => self.fails(&format!("{why}; what waits on disk: {error}")),
                None => {}
            }
            tokio::time::sleep(self.pause).await;
        }
    }

    fn put_by(&mut self, events: &[Event]) -> Option<Result<(), CarryError>> {
        let messages: Vec<_> = events.iter().map(message).collect();
        Some(self.backlog.as_mut()?.append(&messages))
    }

    /// Hands over what waits on disk.
    async fn catch_up(&mut self) -> Result<(), Stopped> {
        let Some(backlog) = &mut self.backlog else {
            return Ok(());
        };
        let messages = match backlog.first(AT_ONCE) {
            Ok(messages) => messages,
            Err(error) => {
                self.fails(&error.to_string());
                return Ok(());
            }
        };
        let n = messages.len();
        // What was put there was an event.
        let events: Vec<_> =
            messages.into_iter().filter_map(|message| Event::read(message.body).ok()).collect();
        match self.part.take(&events).await {
            Ok(said) => {
                self.outlet.say(said).await?;
                if let Some(Err(error)) = self.backlog.as_mut().map(|backlog| backlog.forget(n)) {
                    self.fails(&error.to_string());
                    return Ok(());
                }
                self.works();
            }
            Err(PartError::Away(why) | PartError::Refused(why)) => self.fails(&why),
        }
        Ok(())
    }

    async fn tick(&mut self) -> Result<(), Stopped> {
        match self.part.tick().await {
            Ok(said) => self.outlet.say(said).await?,
            Err(PartError::Away(why) | PartError::Refused(why)) => self.fails(&why),
        }
        Ok(())
    }

    fn works(&mut self) {
        self.pause = Duration::ZERO;
        self.again = Instant::now();
        if self.outlet.stats.trouble(&self.name, None) {
            tracing::info!(destination = %self.name, "works again");
        }
    }

    fn fails(&mut self, why: &str) {
        self.pause = (self.pause * 2).clamp(Duration::from_millis(50), LONGEST_PAUSE);
        self.again = Instant::now() + self.pause;
        if self.outlet.stats.trouble(&self.name, Some(why)) {
            tracing::warn!(destination = %self.name, %why, "is away; events wait");
        }
    }
}
