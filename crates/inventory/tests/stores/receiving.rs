//! Registrations as they come, from a real MCollective and from what Choria sent.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Message, Source};
use groundrule_core::redaction::Redaction;
use groundrule_inventory::receiving::{Clock, Counts, Receiver, Remark, recorder};
use groundrule_inventory::source::{Location, Role};
use serde_json::json;

use crate::open::{access, sources};

/// Messages, and up to which one all is settled.
struct Given {
    messages: Vec<Vec<u8>>,
    settled: u64,
}

#[async_trait]
impl Source for Given {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        let count = max.min(self.messages.len());
        Ok(self.messages.drain(..count).map(|body| Message::new(Bytes::from(body))).collect())
    }

    async fn settle(&mut self, upto: u64) -> Result<(), CarryError> {
        self.settled = upto;
        Ok(())
    }
}

const NOW: i64 = 1_795_367_060;

async fn receive(address: &str, messages: Vec<Vec<u8>>) -> (Counts, Vec<Remark>) {
    let record = recorder(&Location::parse(address).unwrap(), &access()).await.unwrap();
    let clock: Clock = Arc::new(|| jiff::Timestamp::from_second(NOW).unwrap());
    let remarks = Mutex::new(Vec::new());
    let mut remark = |remark| remarks.lock().unwrap().push(remark);
    let total = messages.len() as u64;
    let mut source = Given { messages, settled: 0 };
    let mut receiver = Receiver {
        record: &*record,
        redaction: &Redaction::default(),
        clock,
        remark: &mut remark,
        counts: Counts::default(),
        clocks: Default::default(),
    };
    receiver.run(&mut source).await.unwrap();
    let counts = receiver.counts;
    assert_eq!(source.settled, total);
    (counts, remarks.into_inner().unwrap())
}

fn registration(node: &str, at: i64, class: &str) -> Vec<u8> {
    json!({"senderid": node, "msgtime": at, "body": {"classes": [class], "facts": {"my_password": "hunter2", "a.b": 1}}})
        .to_string()
        .into_bytes()
}

async fn check(address: &str) {
    let choria = include_str!("../captured/choria/registration-raw.out");
    let choria = choria.lines().filter(|line| line.starts_with('{'));
    let mut messages: Vec<Vec<u8>> = choria.map(|line| line.as_bytes().to_vec()).collect();
    messages.push(registration("web9", NOW - 10, "new"));
    // It comes once more, and then an older one.
    messages.push(registration("web9", NOW - 10, "new"));
    messages.push(registration("web9", NOW - 20, "old"));
    messages.push(b"nonsense".to_vec());
    messages.push(registration("ahead", NOW + 7_200, "x"));
    messages.push(registration("behind", NOW - 86_400, "x"));
    let (counts, remarks) = receive(address, messages).await;
    assert_eq!(counts, Counts { kept: 8, older: 1, unreadable: 2 });
    let clock = |node: &str, ahead| Remark::Clock { node: crate::loading::node(node), ahead };
    assert!(remarks.contains(&clock("ahead", 7_200)), "{remarks:?}");
    assert!(remarks.contains(&clock("behind", -86_400)), "{remarks:?}");
    let no = |number: u64| {
        remarks
            .iter()
            .any(|remark| matches!(remark, Remark::Unreadable { number: n, .. } if *n == number))
    };
    assert!(no(5) && no(9), "{remarks:?}");

    let store = sources(address, Role::Registrations).await.registry.unwrap();
    let listing = store.nodes().await.unwrap();
    let times = crate::contract::times(&listing);
    assert_eq!(times.len(), 7, "{times:?}");
    assert_eq!((times["ahead"], times["behind"]), (Some(NOW), Some(NOW - 86_400)));
    assert_eq!(times["web9"], Some(NOW - 10));
    let pattern = |text| groundrule_core::pattern::Pattern::parse(text).unwrap();
    let rows = store.classes(&pattern("new")).await.unwrap();
    let new = rows
        .iter()
        .filter(|(_, known)| matches!(known, groundrule_core::source::Known::Present(_)));
    assert_eq!(new.count(), 1);
    let rows = store.agents(&pattern("rpcutil")).await.unwrap();
    let four = rows
        .iter()
        .filter(|(_, known)| matches!(known, groundrule_core::source::Known::Present(())));
    assert_eq!(four.count(), 4);
    let fact = groundrule_core::fact::FactName::new("my_password");
    let rows = store.values(&fact).await.unwrap();
    assert!(
        rows.iter().all(|(_, known)| !matches!(known, groundrule_core::source::Known::Present(_)))
    );
}

#[tokio::test]
async fn into_sqlite() {
    let here = tempfile::tempdir().unwrap();
    let path = here.path().join("registrations.db");
    check(&format!("sqlite:{}", path.display())).await;
    assert!(!String::from_utf8_lossy(&std::fs::read(path).unwrap()).contains("hunter2"));
}

#[tokio::test]
async fn into_mongodb() {
    let service = groundrule_services::mongodb();
    check(&crate::mongo::address(&service, "puppet.nodes")).await;
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let service = groundrule_services::mongodb();
    let address = crate::mongo::address(&service, "puppet.nodes");
    receive(&address, vec![registration("a", 1, "x")]).await;
    let location = Location::parse(&address).unwrap();
    let mut access = access();
    access.timeout = std::time::Duration::from_secs(2);
    let record = recorder(&location, &access).await.unwrap();
    service.kill();
    let remarks = Mutex::new(Vec::new());
    let mut remark = |remark| remarks.lock().unwrap().push(remark);
    let mut source = Given { messages: vec![registration("b", 1, "x")], settled: 0 };
    let mut receiver = Receiver {
        record: &*record,
        redaction: &Redaction::default(),
        clock: Arc::new(|| jiff::Timestamp::from_second(NOW).unwrap()),
        remark: &mut remark,
        counts: Counts::default(),
        clocks: Default::default(),
    };
    let back = async {
        tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        tokio::task::spawn_blocking(move || {
            service.restart();
            service
        })
        .await
        .unwrap()
    };
    let (done, _service) = tokio::join!(receiver.run(&mut source), back);
    done.unwrap();
    assert_eq!((receiver.counts.kept, source.settled), (1, 1));
    let remarks = remarks.into_inner().unwrap();
    assert!(remarks.iter().any(|remark| matches!(remark, Remark::Away(_))), "{remarks:?}");
}
