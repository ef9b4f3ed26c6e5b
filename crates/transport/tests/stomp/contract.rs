//! What every broker does with messages over STOMP.

use std::time::Duration;

use crate::help::*;
use crate::relay::Relay;
use groundrule_core::delivery::Message;

pub async fn bodies_come_back_as_they_went(broker: &Broker) {
    let service = broker.shared();
    let mib: Vec<u8> = (0..1 << 20).map(|at: u32| ((at * 7) >> 3) as u8).collect();
    let bodies =
        [&b"{\"a\":1}"[..], b"a\0b\0", b"\0", "\u{feff}é\r\n".as_bytes(), &[0xff; 40_000], &mib];
    sink(&service, "/queue/bodies").send(&messages(bodies)).await.unwrap();
    let mut source = source(&service, "/queue/bodies");
    let got = gather(&mut *source, bodies.len()).await;
    for (got, sent) in got.iter().zip(bodies) {
        assert!(got.body == sent, "{} bytes instead of {}", got.body.len(), sent.len());
        assert_eq!((got.redelivered, got.cut), (false, None));
    }
    source.settle(bodies.len() as u64).await.unwrap();
}

pub async fn versions_are_spoken(broker: &Broker) {
    let service = broker.shared();
    for version in ["1.0", "1.1", "1.2"] {
        let path = format!("/queue/version.{version}?version={version}");
        let bodies = ["one", "two", "three"];
        sink(&service, &path).send(&messages(bodies)).await.unwrap();
        let mut first = source(&service, &path);
        assert_eq!(gather(&mut *first, 3).await.len(), 3);
        first.settle(2).await.unwrap();
        drop(first);
        // Only what was not settled is there for the next.
        sink(&service, &path).send(&messages(["four"])).await.unwrap();
        let mut second = source(&service, &path);
        let got = gather(&mut *second, 2).await;
        let mut bodies: Vec<_> = got.iter().map(|message| &message.body[..]).collect();
        bodies.sort_unstable();
        assert_eq!(bodies, [&b"four"[..], b"three"], "STOMP {version}");
        second.settle(2).await.unwrap();
    }
}

pub async fn what_is_not_settled_comes_again(broker: &Broker) {
    let service = broker.shared();
    let relay = Relay::new(&service).await;
    let bodies: Vec<_> = (0..100).map(|number| format!("{number:03}")).collect();
    relay.sink("/queue/again").send(&messages(&bodies)).await.unwrap();
    let mut source = relay.source("/queue/again");
    gather(&mut *source, 100).await;
    source.settle(40).await.unwrap();
    // The acknowledgement is on its way; the connection is cut only after the broker has it.
    relay.quiet().await;
    relay.cut();
    let again = gather(&mut *source, 60).await;
    let got: Vec<_> = again.iter().map(|message| message.body.to_vec()).collect();
    assert_eq!(got, bodies[40..].iter().map(|body| body.as_bytes().to_vec()).collect::<Vec<_>>());
    assert!(again.iter().all(|message| message.redelivered), "all were here before");
    source.settle(160).await.unwrap();
}

pub async fn settling_what_came_by_a_lost_connection_does_nothing(broker: &Broker) {
    let service = broker.shared();
    let relay = Relay::new(&service).await;
    relay.sink("/queue/numbers").send(&messages(["a", "b", "c"])).await.unwrap();
    let mut source = relay.source("/queue/numbers");
    gather(&mut *source, 3).await;
    relay.cut();
    let again = gather(&mut *source, 1).await;
    assert_eq!(&again[0].body[..], b"a");
    // These three are the lost connection's; the fourth came anew and is not settled by them.
    source.settle(3).await.unwrap();
    relay.quiet().await;
    relay.cut();
    // What had come before the cut may still be received; then "a" comes once more.
    let mut count = 4;
    loop {
        count += 1;
        if &gather(&mut *source, 1).await[0].body[..] == b"a" {
            break;
        }
    }
    gather(&mut *source, 2).await;
    source.settle(count + 2).await.unwrap();
}

pub async fn a_dropped_receive_loses_nothing(broker: &Broker) {
    let service = broker.shared();
    let mut source = source(&service, "/queue/dropped");
    let mut sink = sink(&service, "/queue/dropped");
    let mut got = Vec::new();
    for number in 0..50u8 {
        sink.send(&messages([[number]])).await.unwrap();
        let short = Duration::from_micros(u64::from(number) * 40);
        if let Ok(came) = tokio::time::timeout(short, source.receive(10)).await {
            got.extend(came.unwrap());
        }
    }
    let missing = 50 - got.len();
    got.extend(gather(&mut *source, missing).await);
    let got: Vec<_> = got.iter().map(|message| message.body[0]).collect();
    assert_eq!(got, (0..50).collect::<Vec<_>>());
    source.settle(50).await.unwrap();
}

pub async fn a_topic_reaches_who_listens(broker: &Broker) {
    let service = broker.shared();
    let mut sink = sink(&service, "/topic/news");
    // Nobody listens yet, and that is no fault.
    sink.send(&messages(["unheard"])).await.unwrap();
    let mut sources = [source(&service, "/topic/news"), source(&service, "/topic/news")];
    for source in &mut sources {
        let heard = tokio::time::timeout(LONG, async {
            loop {
                let some = tokio::time::timeout(Duration::from_millis(50), source.receive(1)).await;
                if let Ok(some) = some {
                    break some.unwrap();
                }
                sink.send(&messages(["news"])).await.unwrap();
            }
        });
        assert_eq!(&heard.await.unwrap()[0].body[..], b"news");
    }
}

pub async fn a_wrong_password_is_refused_and_not_repeated(broker: &Broker) {
    let service = broker.shared();
    let settings = with_password("quite-wrong");
    let address = address(&service, "/queue/x");
    let mut sink = groundrule_transport::sink(&address, &settings).unwrap();
    let mut source = groundrule_transport::source(&address, &settings).unwrap();
    for why in [
        for_now(sink.send(&messages(["x"])).await),
        refusal(source.receive(1).await),
        refusal(source.receive(1).await),
    ] {
        assert!(why.contains(service.user()) && !why.contains("quite-wrong"), "{why}");
    }
}

pub async fn a_dead_host_is_passed_over(broker: &Broker) {
    let service = broker.shared();
    let hosts = format!("{}:{},{}:{}", service.host(), free(), service.host(), service.port());
    let address = format!("stomp://{}@{hosts}/queue/hosts", service.user());
    let settings = settings(&service);
    groundrule_transport::sink(&address, &settings).unwrap().send(&messages(["x"])).await.unwrap();
    let mut source = groundrule_transport::source(&address, &settings).unwrap();
    gather(&mut *source, 1).await;
    source.settle(1).await.unwrap();
}

pub async fn a_huge_message_is_cut_and_what_follows_comes(broker: &Broker) {
    const HUGE: usize = 100_000_000;
    let service = broker.own();
    let huge = Message::new(vec![b'x'; HUGE].into());
    let mut sink = sink(&service, "/queue/huge?timeout=20");
    // A broker may refuse it, or take it and not say so in time; it must not stand in the way.
    let taken = sink.send(&[huge]).await.is_ok();
    sink.send(&messages(["next"])).await.unwrap();
    let mut source = source(&service, "/queue/huge");
    let mut count = 0;
    loop {
        let got = gather(&mut *source, 1).await.remove(0);
        count += 1;
        source.settle(count).await.unwrap();
        if &got.body[..] == b"next" {
            break;
        }
        assert_eq!((got.cut, got.body.len()), (Some(HUGE as u64), 64 << 10));
    }
    assert!(!taken || count > 1, "it was taken and is gone");
}

/// More than ActiveMQ takes by itself (`wireFormat.maxDataLength`, 100 MiB), and more than RabbitMQ does
/// (`max_message_size`, 128 MiB).
pub async fn a_message_that_is_too_large_is_refused_and_others_are_taken(broker: &Broker) {
    const TOO_LARGE: usize = (128 << 20) + 1;
    let service = broker.own();
    let mut all = messages(["before", "", "after"]);
    all[1] = Message::new(vec![b'x'; TOO_LARGE].into());
    let mut sink = sink(&service, "/queue/large?timeout=60");
    let why = refusal(sink.send(&all).await);
    assert!(why.contains("exceeded") || why.contains("max size"), "{why}");
    // In halves, until it is alone.
    refusal(sink.send(&all[..2]).await);
    sink.send(&all[..1]).await.unwrap();
    refusal(sink.send(&all[1..2]).await);
    sink.send(&all[2..]).await.unwrap();
    let mut source = source(&service, "/queue/large");
    let mut count = 0;
    loop {
        let got = gather(&mut *source, 1).await.remove(0);
        count += 1;
        source.settle(count).await.unwrap();
        assert_eq!(got.cut, None);
        if &got.body[..] == b"after" {
            break;
        }
    }
}

pub async fn a_stopped_source_gives_back_what_nobody_received(broker: &Broker) {
    let service = broker.shared();
    let bodies: Vec<_> = (0..100).map(|number| format!("{number:03}")).collect();
    sink(&service, "/queue/stopped").send(&messages(&bodies)).await.unwrap();
    let mut first = source(&service, "/queue/stopped");
    gather(&mut *first, 10).await;
    first.settle(5).await.unwrap();
    assert!(!first.stop(), "the broker has what was not received");
    assert_eq!(first.receive(10).await.unwrap().len(), 0);
    // What was received before may still be settled.
    first.settle(7).await.unwrap();
    first.close().await;
    drop(first);
    let mut second = source(&service, "/queue/stopped");
    let mut got: Vec<_> =
        gather(&mut *second, 93).await.iter().map(|message| message.body.to_vec()).collect();
    got.sort_unstable();
    assert_eq!(got, bodies[7..].iter().map(|body| body.as_bytes().to_vec()).collect::<Vec<_>>());
    second.settle(93).await.unwrap();
    second.close().await;
    let mut unused = source(&service, "/queue/stopped");
    unused.stop();
    assert_eq!(unused.receive(1).await.unwrap().len(), 0);
}

pub async fn a_stopped_source_of_a_topic_hands_on_what_came(broker: &Broker) {
    let service = broker.shared();
    let mut sink = sink(&service, "/topic/stopped");
    let mut source = source(&service, "/topic/stopped");
    // It listens when something arrives.
    let heard = tokio::time::timeout(LONG, async {
        while tokio::time::timeout(Duration::from_millis(50), source.receive(1)).await.is_err() {
            sink.send(&messages(["probe"])).await.unwrap();
        }
    });
    heard.await.unwrap();
    sink.send(&messages((0..50).map(|number| number.to_string()))).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(source.stop(), "nobody sends it again");
    let mut count = 0;
    loop {
        let some = tokio::time::timeout(LONG, source.receive(7)).await.unwrap().unwrap();
        if some.is_empty() {
            break;
        }
        count += some.iter().filter(|message| &message.body[..] != b"probe").count();
    }
    assert_eq!(count, 50);
}
