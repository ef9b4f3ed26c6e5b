//! What a broker calls a message, on real brokers.

use std::collections::BTreeSet;
use std::time::{Duration, UNIX_EPOCH};

use groundrule_core::delivery::Message;
use groundrule_core::event::EventId;

use crate::help::*;
use crate::{ACTIVEMQ, RABBITMQ};

/// The same texts twice: these are six messages.
const BODIES: [&str; 6] = ["one", "two", "three", "one", "two", "three"];

/// The identities, each with its time in milliseconds.
fn identities(messages: &[Message]) -> BTreeSet<(EventId, u64)> {
    let of = |message: &Message| {
        let time = Duration::from_secs_f64(message.time.unwrap());
        (message.identity.unwrap(), u64::try_from(time.as_millis()).unwrap())
    };
    messages.iter().map(of).collect()
}

#[tokio::test]
async fn activemq_calls_a_message_the_same_over_connections_versions_and_a_crash() {
    let service = ACTIVEMQ.own();
    let started = std::fs::metadata(service.directory().join("processes")).unwrap();
    let now = started.modified().unwrap().duration_since(UNIX_EPOCH).unwrap().as_secs();
    for version in ["1.0", "1.1", "1.2"] {
        let path = format!("/queue/named?version={version}");
        sink(&service, &path).send(&messages(&BODIES[..2])).await.unwrap();
    }
    let mut known = None;
    for version in ["1.0", "1.1", "1.2", "1.2", "crash", "1.1"] {
        if version == "crash" {
            service.restart();
            continue;
        }
        let mut source = source(&service, &format!("/queue/named?version={version}"));
        let ids = identities(&gather(&mut *source, 6).await);
        source.close().await;
        assert_eq!(ids.len(), 6, "each is another message");
        for (id, time) in &ids {
            let seconds = u32::from_be_bytes(id.0[..4].try_into().unwrap());
            assert_eq!(u64::from(seconds), time / 1000);
            assert!(now.abs_diff(seconds.into()) < 600, "{seconds}");
        }
        assert_eq!(known.get_or_insert_with(|| ids.clone()), &ids, "STOMP {version}");
    }
}

#[tokio::test]
async fn rabbitmq_has_no_name_for_a_message() {
    let service = RABBITMQ.shared();
    sink(&service, "/queue/nameless").send(&messages(BODIES)).await.unwrap();
    let mut source = source(&service, "/queue/nameless");
    let got = gather(&mut *source, 6).await;
    assert!(got.iter().all(|message| message.identity.is_none()));
    source.settle(6).await.unwrap();
    source.close().await;
}
