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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, RwLock};

    use async_trait::async_trait;
    use bytes::Bytes;
    use groundrule_core::delivery::Message;
    use groundrule_core::event::{Draft, Kind};

    use super::super::portal::Portal;
    use super::super::queue::{Queue, Receipt, queue};
    use super::super::stats::Stats;
    use super::*;

    /// A part whose moods the test decides.
    #[derive(Clone, Default)]
    struct Moody {
        away: Arc<Mutex<bool>>,
        has: Arc<Mutex<Vec<String>>>,
    }

    #[async_trait]
    impl Part for Moody {
        async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
            if *self.away.lock().unwrap() {
                return Err(PartError::Away("away".to_owned()));
            }
            let names = events.iter().map(|event| event.name().to_owned());
            self.has.lock().unwrap().extend(names);
            Ok(Vec::new())
        }
    }

    /// A disk in memory, which takes so many messages.
    struct Disk {
        messages: Arc<Mutex<Vec<Bytes>>>,
        room: usize,
    }

    impl Backlog for Disk {
        fn append(&mut self, messages: &[Message]) -> Result<(), CarryError> {
            let mut held = self.messages.lock().unwrap();
            if held.len() + messages.len() > self.room {
                return Err(CarryError::Away("full".to_owned()));
            }
            held.extend(messages.iter().map(|message| message.body.clone()));
            Ok(())
        }

        fn first(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
            let held = self.messages.lock().unwrap();
            Ok(held.iter().take(max).map(|body| Message::new(body.clone())).collect())
        }

        fn forget(&mut self, n: usize) -> Result<(), CarryError> {
            self.messages.lock().unwrap().drain(..n);
            Ok(())
        }

        fn waiting(&self) -> u64 {
            self.messages.lock().unwrap().len() as u64
        }
    }

    fn event(n: usize) -> Event {
        Draft::new(Kind::Archive, "test", "s", &n.to_string(), 1.0).event()
    }

    fn at_work(
        moody: &Moody,
        disk: Option<Disk>,
    ) -> (Queue, CancellationToken, tokio::task::JoinHandle<Result<(), Stopped>>) {
        let clock: crate::part::Clock = Arc::new(|| 0.0);
        let outlet = Outlet {
            place: None,
            table: Arc::new(RwLock::new(Arc::default())),
            portal: Arc::new(Portal::new(clock, "h".to_owned(), 1000)),
            archive: None,
            stats: Stats::default(),
        };
        let (queue, waiting) = queue();
        let stop = CancellationToken::new();
        let backlog = disk.map(|disk| Box::new(disk) as Box<dyn Backlog>);
        let part = Box::new(moody.clone());
        let worker = Worker::new("test".to_owned(), part, waiting, outlet, backlog, stop.clone());
        (queue, stop, tokio::spawn(worker.run()))
    }

    async fn put(queue: &Queue, numbers: std::ops::Range<usize>) -> Receipt {
        let mut receipt = Receipt::default();
        queue.put(numbers.map(event).collect(), &mut receipt).await.unwrap();
        receipt
    }

    fn names(numbers: std::ops::Range<usize>) -> Vec<String> {
        numbers.map(|n| n.to_string()).collect()
    }

    #[tokio::test]
    async fn what_is_not_taken_waits_on_disk_and_is_taken_in_order() {
        let moody = Moody::default();
        let messages = Arc::new(Mutex::new(Vec::new()));
        let disk = Disk { messages: Arc::clone(&messages), room: 10_000 };
        let (queue, stop, work) = at_work(&moody, Some(disk));
        put(&queue, 0..3).await.wait().await.unwrap();
        *moody.away.lock().unwrap() = true;
        put(&queue, 3..1000).await.wait().await.unwrap();
        put(&queue, 1000..6000).await.wait().await.unwrap();
        assert_eq!(messages.lock().unwrap().len(), 5997);
        assert_eq!(*moody.has.lock().unwrap(), names(0..3));
        *moody.away.lock().unwrap() = false;
        put(&queue, 6000..6010).await.wait().await.unwrap();
        while moody.has.lock().unwrap().len() < 6010 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(*moody.has.lock().unwrap(), names(0..6010));
        assert!(messages.lock().unwrap().is_empty());
        stop.cancel();
        work.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn where_there_is_no_room_nothing_is_confirmed_before_it_is_taken() {
        let moody = Moody::default();
        let disk = Disk { messages: Arc::default(), room: 1 };
        let (queue, stop, work) = at_work(&moody, Some(disk));
        *moody.away.lock().unwrap() = true;
        let confirmed = tokio::spawn(put(&queue, 0..2).await.wait());
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert!(!confirmed.is_finished());
        *moody.away.lock().unwrap() = false;
        confirmed.await.unwrap().unwrap();
        assert_eq!(*moody.has.lock().unwrap(), names(0..2));
        stop.cancel();
        work.await.unwrap().unwrap();
    }
}
