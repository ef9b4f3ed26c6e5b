//! A destination with moods, and a disk with an end.

use std::sync::{Arc, Mutex, RwLock};

use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::delivery::Message;
use groundrule_core::event::{Draft, Kind};

use super::super::portal::Portal;
use super::super::queue::{Queue, Receipt, queue};
use super::super::stats::Stats;
use super::*;
use crate::part::Part;

/// A part whose moods the test decides.
#[derive(Clone, Default)]
struct Moody {
    away: Arc<Mutex<bool>>,
    /// Whether it takes nothing and says nothing.
    hangs: bool,
    /// The most that it takes at once, if that is not all.
    most: Option<usize>,
    /// Whom it never takes.
    never: Vec<usize>,
    has: Arc<Mutex<Vec<String>>>,
}

#[async_trait]
impl Part for Moody {
    async fn tick(&mut self) -> Result<Vec<Event>, PartError> {
        match *self.away.lock().unwrap() {
            true => Err(PartError::Away("away".to_owned())),
            false => Ok(Vec::new()),
        }
    }

    async fn take(&mut self, events: &[Event]) -> Result<Vec<Event>, PartError> {
        if *self.away.lock().unwrap() {
            return Err(PartError::Away("away".to_owned()));
        }
        if self.hangs {
            std::future::pending::<()>().await;
        }
        let names: Vec<_> = events.iter().map(|event| event.name().to_owned()).collect();
        let bad = names.iter().any(|name| self.never.iter().any(|n| n.to_string() == *name));
        if bad || self.most.is_some_and(|most| names.len() > most) {
            return Err(PartError::Refused("too large".to_owned()));
        }
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

type Work = tokio::task::JoinHandle<Result<(), Stopped>>;

fn at_work(
    moody: &Moody,
    disk: Option<Disk>,
    dead: Option<Queue>,
) -> (Queue, CancellationToken, Work) {
    counted(moody, disk, dead, Stats::default())
}

fn counted(
    moody: &Moody,
    disk: Option<Disk>,
    dead: Option<Queue>,
    stats: Stats,
) -> (Queue, CancellationToken, Work) {
    let clock: crate::part::Clock = Arc::new(|| 0.0);
    let outlet = Outlet {
        place: None,
        table: Arc::new(RwLock::new(Arc::default())),
        portal: Arc::new(Portal::new(clock, "h".to_owned(), 1000)),
        archive: None,
        dead,
        stats,
    };
    let (queue, waiting) = queue();
    let stop = CancellationToken::new();
    let backlog = disk.map(|disk| Box::new(disk) as Box<dyn Backlog>);
    let part = Box::new(moody.clone());
    let part = Asked::new("test".to_owned(), part, outlet.stats.clone(), stop.clone());
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
    let (queue, stop, work) = at_work(&moody, Some(disk), None);
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
    let (queue, stop, work) = at_work(&moody, Some(disk), None);
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

/// Waits until so many events arrived; they are told.
async fn arrived(moody: &Moody, count: usize) -> Vec<String> {
    let waiting = async {
        while moody.has.lock().unwrap().len() < count {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let _ = tokio::time::timeout(Duration::from_secs(20), waiting).await;
    moody.has.lock().unwrap().clone()
}

#[tokio::test]
async fn a_full_disk_is_emptied_when_the_destination_is_back() {
    let moody = Moody::default();
    let disk = Disk { messages: Arc::default(), room: 3 };
    let (queue, stop, work) = at_work(&moody, Some(disk), None);
    *moody.away.lock().unwrap() = true;
    put(&queue, 0..3).await.wait().await.unwrap();
    let confirmed = tokio::spawn(put(&queue, 3..6).await.wait());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!confirmed.is_finished());
    *moody.away.lock().unwrap() = false;
    assert_eq!(arrived(&moody, 6).await, names(0..6));
    confirmed.await.unwrap().unwrap();
    stop.cancel();
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_too_much_at_once_is_handed_over_in_pieces() {
    let moody = Moody { most: Some(3), ..Moody::default() };
    let disk = Disk { messages: Arc::default(), room: 1000 };
    let (queue, stop, work) = at_work(&moody, Some(disk), None);
    *moody.away.lock().unwrap() = true;
    put(&queue, 0..100).await.wait().await.unwrap();
    *moody.away.lock().unwrap() = false;
    assert_eq!(arrived(&moody, 100).await, names(0..100));
    put(&queue, 100..200).await.wait().await.unwrap();
    assert_eq!(arrived(&moody, 200).await, names(0..200));
    stop.cancel();
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_refused_for_good_is_a_dead_letter_and_the_others_go_on() {
    let moody = Moody { never: vec![2, 7], ..Moody::default() };
    let disk = Disk { messages: Arc::default(), room: 1000 };
    let (dead, mut letters) = queue();
    let (queue, stop, work) = at_work(&moody, Some(disk), Some(dead));
    let kept = tokio::spawn(async move {
        let mut kept = Vec::new();
        while kept.len() < 2
            && let Some(batch) = letters.recv().await
        {
            let (events, done) = batch.split();
            kept.extend(events);
            done.send(()).unwrap();
        }
        kept
    });
    put(&queue, 0..5).await.wait().await.unwrap();
    *moody.away.lock().unwrap() = true;
    put(&queue, 5..10).await.wait().await.unwrap();
    *moody.away.lock().unwrap() = false;
    assert_eq!(arrived(&moody, 8).await, ["0", "1", "3", "4", "5", "6", "8", "9"]);
    for (letter, number) in kept.await.unwrap().into_iter().zip([2, 7]) {
        assert_eq!(
            (letter.name(), letter.text()),
            ("dead.letter", "an event is refused for good: too large")
        );
        let raw = String::from_utf8_lossy(letter.raw()).into_owned();
        assert!(raw.contains(&format!(r#"\"name\":\"{number}\""#)), "{raw}");
    }
    stop.cancel();
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_has_no_place_for_dead_letters_waits() {
    let moody = Moody { never: vec![0], ..Moody::default() };
    let disk = Disk { messages: Arc::default(), room: 1000 };
    let messages = Arc::clone(&disk.messages);
    let (queue, stop, work) = at_work(&moody, Some(disk), None);
    put(&queue, 0..1).await.wait().await.unwrap();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(messages.lock().unwrap().len(), 1);
    stop.cancel();
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn only_what_was_taken_counts_as_delivered() {
    let moody = Moody { never: vec![1], ..Moody::default() };
    let disk = Disk { messages: Arc::default(), room: 1000 };
    let stats = Stats::default();
    let (dead, mut letters) = queue();
    let (queue, stop, work) = counted(&moody, Some(disk), Some(dead), stats.clone());
    let burying = tokio::spawn(async move {
        if let Some(batch) = letters.recv().await {
            batch.split().1.send(()).unwrap();
        }
    });
    let is_delivered = |n: usize| {
        let line = format!("groundrule_events_delivered_total{{destination=\"test\"}} {n}\n");
        stats.exposition().contains(&line)
    };
    put(&queue, 0..3).await.wait().await.unwrap();
    burying.await.unwrap();
    assert!(is_delivered(2), "{}", stats.exposition());
    *moody.away.lock().unwrap() = true;
    put(&queue, 3..6).await.wait().await.unwrap();
    assert!(is_delivered(2), "{}", stats.exposition());
    *moody.away.lock().unwrap() = false;
    arrived(&moody, 5).await;
    assert!(is_delivered(5), "{}", stats.exposition());
    stop.cancel();
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_has_nothing_to_do_is_well_again_when_it_can_be_reached() {
    let moody = Moody::default();
    let stats = Stats::default();
    let (_queue, stop, work) = counted(&moody, None, None, stats.clone());
    for away in [true, false] {
        *moody.away.lock().unwrap() = away;
        let told = async {
            while stats.troubles().is_empty() == away {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), told).await.unwrap();
    }
    stop.cancel();
    work.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_hangs_in_the_end_costs_disk_and_no_events() {
    let moody = Moody { hangs: true, ..Moody::default() };
    let messages = Arc::new(Mutex::new(Vec::new()));
    let disk = Disk { messages: Arc::clone(&messages), room: 1000 };
    let (queue, stop, work) = at_work(&moody, Some(disk), None);
    let confirmed = [put(&queue, 0..3).await, put(&queue, 3..5).await];
    stop.cancel();
    tokio::time::timeout(Duration::from_secs(9), work).await.unwrap().unwrap().unwrap();
    for receipt in confirmed {
        receipt.wait().await.unwrap();
    }
    assert_eq!(messages.lock().unwrap().len(), 5);
}
