//! What happens to messages when a broker is killed, or hangs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::help::*;
use crate::relay::Relay;
use groundrule_core::delivery::CarryError;
use groundrule_services::Service;
use tokio::sync::mpsc;

/// How many messages are sent in all, and at a time.
const COUNT: u64 = 6000;
const BATCH: u64 = 100;

/// What the sender knows of a batch: its first number, and whether the broker was away while it
/// was sent, so that it may have been sent twice.
type Confirmed = (u64, bool);

pub async fn a_killed_broker_loses_nothing_that_it_confirmed(broker: &Broker) {
    let service = Arc::new(broker.own());
    // Goes up when the broker is killed, and again when it is back.
    let away = Arc::new(AtomicU64::new(0));
    let (said, mut heard) = mpsc::channel(1);
    let sending = tokio::spawn(send(Arc::clone(&service), Arc::clone(&away), said));
    let receiving = tokio::spawn(receive(Arc::clone(&service)));
    let mut disturbed = BTreeMap::new();
    while let Some((first, twice)) = heard.recv().await {
        disturbed.insert(first, twice);
        if first == COUNT / 3 {
            away.fetch_add(1, Ordering::SeqCst);
            let (service, away) = (Arc::clone(&service), Arc::clone(&away));
            tokio::task::spawn_blocking(move || {
                service.kill();
                service.restart();
                away.fetch_add(1, Ordering::SeqCst);
            });
        }
    }
    sending.await.unwrap();
    let received = tokio::time::timeout(LONG, receiving).await.unwrap().unwrap();
    assert_eq!(disturbed.len() as u64, COUNT / BATCH);
    for number in 0..COUNT {
        let times = received.get(&number);
        assert!(times.is_some(), "{number} was confirmed and never came");
        let unmarked = times.unwrap().iter().filter(|redelivered| !**redelivered).count();
        let batch = number - number % BATCH;
        assert!(unmarked <= 1 || disturbed[&batch], "{number} came twice and did not say so");
    }
    assert!(disturbed.values().any(|twice| *twice), "the broker was killed under load");
}

async fn send(service: Arc<Service>, away: Arc<AtomicU64>, said: mpsc::Sender<Confirmed>) {
    let mut sink = sink(&service, "/queue/load?timeout=100&heartbeat=1");
    for first in (0..COUNT).step_by(BATCH as usize) {
        let batch = messages((first..first + BATCH).map(|number| number.to_string()));
        let before = away.load(Ordering::SeqCst);
        sink.send(&batch).await.unwrap();
        let twice = before % 2 == 1 || before != away.load(Ordering::SeqCst);
        said.send((first, twice)).await.unwrap();
    }
}

/// How often each message came, and whether it said that it may have come before.
async fn receive(service: Arc<Service>) -> BTreeMap<u64, Vec<bool>> {
    let mut source = source(&service, "/queue/load?heartbeat=1");
    let mut got: BTreeMap<u64, Vec<bool>> = BTreeMap::new();
    let mut count = 0;
    while (got.len() as u64) < COUNT {
        let some = source.receive(64).await.unwrap();
        count += some.len() as u64;
        for message in some {
            let number = std::str::from_utf8(&message.body).unwrap().parse().unwrap();
            got.entry(number).or_default().push(message.redelivered);
        }
        source.settle(count).await.unwrap();
    }
    got
}

pub async fn a_broker_that_hangs_is_noticed(broker: &Broker) {
    let service = broker.own();
    let relay = Relay::new(&service).await;
    let mut source = relay.source("/queue/hung?heartbeat=0.5");
    let mut sink = sink(&service, "/queue/hung?heartbeat=0.5&timeout=3");
    sink.send(&messages(["before"])).await.unwrap();
    gather(&mut *source, 1).await;
    source.settle(1).await.unwrap();
    let made = relay.made();
    service.stop();
    match sink.send(&messages(["during"])).await {
        Err(CarryError::Away(why)) => assert!(why.contains("/queue/hung"), "{why}"),
        other => panic!("{other:?}"),
    }
    let again = tokio::time::timeout(LONG, async {
        while relay.made() == made {
            let waited = tokio::time::timeout(Duration::from_millis(100), source.receive(1)).await;
            assert!(waited.is_err(), "{waited:?}");
        }
    });
    assert!(again.await.is_ok(), "silence is taken for life");
    service.cont();
    tokio::time::timeout(LONG, async {
        while let Err(error) = sink.send(&messages(["after"])).await {
            assert!(matches!(error, CarryError::Away(_)), "{error}");
        }
    })
    .await
    .unwrap();
    while &gather(&mut *source, 1).await[0].body[..] != b"after" {}
}

pub async fn a_broker_that_is_away_is_shown_until_it_is_back(broker: &Broker) {
    let service = broker.own();
    let mut source = source(&service, "/queue/shown?heartbeat=1");
    let health = source.health();
    assert_eq!(health.trouble(), None, "nobody has asked yet");
    sink(&service, "/queue/shown").send(&messages(["x"])).await.unwrap();
    gather(&mut *source, 1).await;
    source.settle(1).await.unwrap();
    assert_eq!(health.trouble(), None);
    service.kill();
    let receiving = tokio::spawn(async move { source.receive(1).await });
    until(&health, true, Duration::from_secs(10)).await;
    let why = health.trouble().unwrap();
    assert!(why.contains(&service.port().to_string()), "{why}");
    assert!(!why.contains(service.password()), "{why}");
    service.restart();
    until(&health, false, LONG).await;
    receiving.abort();
}

/// Waits until a source is in trouble or not.
async fn until(health: &groundrule_core::delivery::Health, trouble: bool, most: Duration) {
    let waited = tokio::time::timeout(most, async {
        while health.trouble().is_some() != trouble {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", health.trouble());
}
