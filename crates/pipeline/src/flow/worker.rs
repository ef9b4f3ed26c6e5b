//! What works off the queue of one destination.

use std::time::Duration;

use groundrule_core::delivery::{Backlog, CarryError};
use groundrule_core::event::Event;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use super::asked::Asked;
use super::message;
use super::outlet::{LONGEST_PAUSE, Outlet, Stopped};
use super::queue::{Batch, Waiting};
use crate::part::PartError;

/// How many events are handed to a part at once, at most.
const AT_ONCE: usize = 16_384;

/// How often it is looked for what other processes left.
const ADOPTED: Duration = Duration::from_secs(10);

/// What came of an attempt, or why the destination is away.
type Attempt<T> = Result<T, String>;

/// A destination at work.
pub struct Worker {
    name: String,
    part: Asked,
    waiting: Waiting,
    outlet: Outlet,
    backlog: Option<Box<dyn Backlog>>,
    stop: CancellationToken,
    /// How many events the part is handed at once: fewer while it refuses more.
    at_once: usize,
    pause: Duration,
    again: Instant,
    /// Whether it is away as far as is known, and was found so with nothing for it to do.
    idles: bool,
    /// When it was looked for what others left.
    looked: Option<Instant>,
}

impl Worker {
    /// A destination of this name. What it says goes out by `outlet`; what it cannot take waits in
    /// `backlog`, if it has one, else in its queue.
    pub fn new(
        name: String,
        part: Asked,
        waiting: Waiting,
        outlet: Outlet,
        backlog: Option<Box<dyn Backlog>>,
        stop: CancellationToken,
    ) -> Self {
        let (pause, at_once, idles) = (Duration::ZERO, AT_ONCE, false);
        let (again, looked) = (Instant::now(), None);
        Self { name, part, waiting, outlet, backlog, stop, at_once, pause, again, idles, looked }
    }

    /// Works until it is told to stop, and then on what is left.
    ///
    /// # Errors
    /// When it cannot go on.
    pub async fn run(mut self) -> Result<(), Stopped> {
        let mut second = interval(Duration::from_secs(1));
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let stop = self.stop.clone();
        // What was left comes before all that comes now.
        self.look_for_others();
        loop {
            let has_backlog = self.has_backlog();
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
        let (events, done) = batch.split();
        let mut n = events.len();
        let (mut batches, mut receipts) = (vec![events], vec![done]);
        while n < AT_ONCE
            && let Ok(more) = self.waiting.try_recv()
        {
            let (more, done) = more.split();
            n += more.len();
            batches.push(more);
            receipts.push(done);
        }
        let mut events = batches.remove(0);
        events.reserve_exact(n - events.len());
        for more in &mut batches {
            events.append(more);
        }
        self.deliver(&events).await?;
        for done in receipts {
            // Nobody waits for it when the pipeline is being torn down.
            let _ = done.send(());
        }
        Ok(())
    }

    /// Hands events to the part, or to the backlog, however long that takes.
    async fn deliver(&mut self, events: &[Event]) -> Result<(), Stopped> {
        let mut rest = events;
        while !rest.is_empty() {
            let behind = self.has_backlog();
            let mut why = String::new();
            if !behind {
                match self.hand_over(rest).await? {
                    Ok((n, said)) => {
                        self.outlet.say(said).await?;
                        rest = &rest[n..];
                        continue;
                    }
                    Err(away) => why = away,
                }
            }
            match self.put_by(rest) {
                Some(Ok(())) => {
                    // While others wait, trying them says whether it is away.
                    if !behind {
                        self.fails(&why);
                    }
                    break;
                }
                Some(Err(full)) => {
                    // Only what is sent makes room.
                    if behind {
                        match self.send_waiting().await? {
                            Ok(()) => continue,
                            Err(away) => why = away,
                        }
                    }
                    self.fails(&format!("{why}; what waits on disk: {full}"));
                }
                None => self.fails(&why),
            }
            tokio::time::sleep(self.pause).await;
        }
        Ok(())
    }

    /// Hands the first of these events to the part, as many as it takes at once; says how many are
    /// done with and what the part says to them, or why it is away.
    async fn hand_over(
        &mut self,
        events: &[Event],
    ) -> Result<Attempt<(usize, Vec<Event>)>, Stopped> {
        loop {
            let n = events.len().min(self.at_once);
            match self.part.take(&events[..n], self.backlog.is_some()).await {
                Ok(said) => {
                    self.at_once = (self.at_once * 2).min(AT_ONCE);
                    self.outlet.stats.delivered(&self.name, n);
                    self.works();
                    return Ok(Ok((n, said)));
                }
                Err(PartError::Away(why)) => return Ok(Err(why)),
                // All together may be too large, or one of them bad: each is tried for itself.
                Err(PartError::Refused(_)) if n > 1 => self.at_once = n / 2,
                Err(PartError::Refused(why)) => {
                    let letter = self.outlet.portal.refused(&events[0], &self.name, &why);
                    if !self.outlet.bury(letter).await? {
                        return Ok(Err(why));
                    }
                    // It is there, since it says what it does not want.
                    self.works();
                    return Ok(Ok((n, Vec::new())));
                }
            }
        }
    }

    fn has_backlog(&self) -> bool {
        self.backlog.as_ref().is_some_and(|backlog| backlog.waiting() > 0)
    }

    fn put_by(&mut self, events: &[Event]) -> Option<Result<(), CarryError>> {
        let messages: Vec<_> = events.iter().map(message).collect();
        Some(self.backlog.as_mut()?.append(&messages))
    }

    /// Hands over what waits on disk.
    async fn catch_up(&mut self) -> Result<(), Stopped> {
        if let Err(why) = self.send_waiting().await? {
            self.fails(&why);
        }
        Ok(())
    }

    /// Hands over the first of what waits on disk; or says why not.
    async fn send_waiting(&mut self) -> Result<Attempt<()>, Stopped> {
        let Some(backlog) = &mut self.backlog else {
            return Ok(Ok(()));
        };
        let messages = match backlog.first(self.at_once) {
            Ok(messages) => messages,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let all = messages.len();
        // What was put there was an event.
        let events: Vec<_> =
            messages.into_iter().filter_map(|message| Event::read(message.body).ok()).collect();
        let (n, said) = match self.hand_over(&events).await? {
            Ok(done) => done,
            Err(why) => return Ok(Err(why)),
        };
        self.outlet.say(said).await?;
        let n = if n == events.len() { all } else { n };
        let forgotten = self.backlog.as_mut().map_or(Ok(()), |backlog| backlog.forget(n));
        Ok(forgotten.map_err(|error| error.to_string()))
    }

    async fn tick(&mut self) -> Result<(), Stopped> {
        self.look_for_others();
        match self.part.tick().await {
            Ok(said) => {
                self.outlet.say(said).await?;
                // Whether it takes events is found out with events only.
                if self.idles {
                    self.works();
                }
            }
            Err(PartError::Away(why) | PartError::Refused(why)) => {
                self.fails(&why);
                self.idles = true;
            }
        }
        Ok(())
    }

    /// Takes over what other processes left that are gone.
    fn look_for_others(&mut self) {
        let is_due = self.looked.is_none_or(|looked| looked.elapsed() >= ADOPTED);
        let Some(backlog) = self.backlog.as_mut().filter(|_| is_due) else { return };
        self.looked = Some(Instant::now());
        if let Err(error) = backlog.adopt() {
            tracing::warn!(destination = %self.name, %error, "what others left is not taken over");
        }
    }

    fn works(&mut self) {
        self.idles = false;
        self.pause = Duration::ZERO;
        self.again = Instant::now();
        if self.outlet.stats.trouble(&self.name, None) {
            tracing::info!(destination = %self.name, "works again");
        }
    }

    fn fails(&mut self, why: &str) {
        self.idles = false;
        self.pause = (self.pause * 2).clamp(Duration::from_millis(50), LONGEST_PAUSE);
        self.again = Instant::now() + self.pause;
        if self.outlet.stats.trouble(&self.name, Some(why)) {
            tracing::warn!(destination = %self.name, %why, "is away; events wait");
        }
    }
}

#[cfg(test)]
mod tests;
