//! Peers that do what real brokers do not, or not when asked to.

use std::time::Duration;

use groundrule_core::delivery::{Sink, Source};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::help::{LONG, for_now, gather, messages, refusal, with_password};

const GREETING: &str = "CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0";

/// A peer that says these things, each after it was told something, and then listens to the end:
/// where it is, and all that it was told.
async fn peer(says: &'static [&'static str]) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("stomp://me@{}/queue/x?timeout=0.5", listener.local_addr().unwrap());
    let told = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        drop(listener);
        let mut told = String::new();
        for text in says {
            told += &hear(&mut socket).await;
            socket.write_all(text.as_bytes()).await.unwrap();
        }
        loop {
            match hear(&mut socket).await {
                more if more.is_empty() => return told,
                more => told += &more,
            }
        }
    });
    (address, told)
}

async fn hear(socket: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4096];
    let count = socket.read(&mut buffer).await.unwrap_or(0);
    String::from_utf8_lossy(&buffer[..count]).into_owned()
}

fn sink(address: &str) -> Box<dyn Sink> {
    groundrule_transport::sink(address, &with_password("hunter2")).unwrap()
}

fn source(address: &str) -> Box<dyn Source> {
    groundrule_transport::source(address, &with_password("hunter2")).unwrap()
}

/// All that the peer was told until we hung up.
async fn until_the_end(told: JoinHandle<String>) -> String {
    tokio::time::timeout(LONG, told).await.expect("the connection stays open").unwrap()
}

#[tokio::test]
async fn a_complaint_that_leaves_the_socket_open_ends_the_connection() {
    let (address, told) =
        peer(&[GREETING, "ERROR\nmessage:no room\n\nhunter2 fell over\nat Main.java\0"]).await;
    let why = for_now(sink(&address).send(&messages(["x"])).await);
    let told = until_the_end(told).await;
    assert!(told.contains("\nlogin:me\n") && told.contains("\npasscode:hunter2\n"), "{told}");
    assert!(!why.contains("hunter2") && !why.contains("Main.java"), "{why}");
}

#[tokio::test]
async fn a_limit_is_the_fault_of_a_message_only_once_we_are_connected() {
    const LIMIT: &str = "ERROR\nmessage:The maximum data length was exceeded\n\n\0";
    let (address, told) = peer(&[GREETING, LIMIT]).await;
    let why = refusal(sink(&address).send(&messages(["x"])).await);
    assert!(why.contains("/queue/x"), "{why}");
    until_the_end(told).await;
    let (address, told) = peer(&[LIMIT]).await;
    for_now(sink(&address).send(&messages(["x"])).await);
    until_the_end(told).await;
}

#[tokio::test]
async fn only_who_says_that_it_is_activemq_has_names_for_messages() {
    for (server, named) in
        [("ActiveMQ/5.17.2", true), ("ActiveMQ-Artemis/2.30.0 ActiveMQ", false), ("other", false)]
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("stomp://me@{}/queue/x", listener.local_addr().unwrap());
        let told = tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            hear(&mut socket).await;
            let greeting = format!("CONNECTED\nversion:1.2\nserver:{server}\n\n\0");
            socket.write_all(greeting.as_bytes()).await.unwrap();
            hear(&mut socket).await;
            let message = b"MESSAGE\nmessage-id:ID\\ca\nack:1\ntimestamp:1795812679599\n\nx\0";
            socket.write_all(message).await.unwrap();
            hear(&mut socket).await;
        });
        let mut source = source(&address);
        let identity = gather(&mut *source, 1).await[0].identity;
        let expected = groundrule_core::event::EventId::of(1_795_812_679.0, &[b"ID:a"]);
        assert_eq!(identity, named.then_some(expected), "{server}");
        drop(source);
        told.await.unwrap();
    }
}

#[tokio::test]
async fn a_secret_that_is_repeated_is_hidden() {
    let (address, told) = peer(&["ERROR\nmessage:authentication of hunter2 failed\n\n\0"]).await;
    let why = for_now(sink(&address).send(&messages(["x"])).await);
    assert!(why.contains("authentication of *** failed"), "{why}");
    until_the_end(told).await;
}

#[tokio::test]
async fn receipts_that_never_come_are_waited_for_in_vain() {
    let (address, told) = peer(&[GREETING]).await;
    let why = for_now(sink(&address).send(&messages(["x", "y"])).await);
    assert!(why.contains("confirm"), "{why}");
    let told = until_the_end(told).await;
    assert_eq!(told.matches("SEND\n").count(), 2, "{told}");
    assert_eq!(told.matches("receipt:0\n").count(), 2, "a receipt for each: {told}");
}

#[tokio::test]
async fn one_receipt_serves_a_batch_where_the_broker_keeps_the_order() {
    let (address, told) = peer(&[
        "CONNECTED\nversion:1.2\nserver:ActiveMQ/5.17\n\n\0",
        "RECEIPT\nreceipt-id:0\n\n\0",
    ])
    .await;
    let mut sink = sink(&address);
    sink.send(&messages(["x", "y"])).await.unwrap();
    drop(sink);
    let told = until_the_end(told).await;
    assert_eq!((told.matches("SEND\n").count(), told.matches("receipt:").count()), (2, 1));
    assert_eq!((told.matches("BEGIN\n").count(), told.matches("COMMIT\n").count()), (1, 1));
    assert_eq!(told.matches("transaction:0\n").count(), 4, "{told}");
    assert!(told.ends_with("DISCONNECT\n\n\0"), "{told}");
}

#[tokio::test]
async fn who_is_no_broker_is_refused() {
    for answer in [&["HTTP/1.1 400 Bad Request\r\n\r\n"], &["MESSAGE\n\n\0"], &["\u{15}\u{3}\n\n"]]
    {
        let (address, told) = peer(answer).await;
        let why = refusal(source(&address).receive(1).await);
        assert!(why.contains("STOMP"), "{why}");
        until_the_end(told).await;
    }
}

#[tokio::test]
async fn signs_of_life_are_given_while_nobody_asks_for_messages() {
    let (address, told) =
        peer(&["CONNECTED\nversion:1.2\nheart-beat:0,20\n\n\0", "MESSAGE\nack:1\n\nx\0"]).await;
    let mut source = source(&format!("{address}&heartbeat=0.02"));
    gather(&mut *source, 1).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(source);
    let told = until_the_end(told).await;
    let (_, beats) = told.split_once("prefetch-count:2000\n\n\0").unwrap();
    assert!(
        beats.starts_with("\n\n\n") && beats.ends_with("DISCONNECT\nreceipt:bye\n\n\0"),
        "{told}"
    );
}

#[tokio::test]
async fn what_was_settled_is_told_before_leaving() {
    let (address, told) =
        peer(&[GREETING, "MESSAGE\nack:a\\cb\n\nx\0MESSAGE\nack:second\n\ny\0"]).await;
    let mut source = source(&address);
    gather(&mut *source, 2).await;
    source.settle(1).await.unwrap();
    drop(source);
    let told = until_the_end(told).await;
    assert!(told.ends_with("ACK\nid:a\\cb\n\n\0DISCONNECT\nreceipt:bye\n\n\0"), "{told}");
}

#[test]
fn a_wrong_address_says_what_to_write() {
    for (address, told) in [
        ("stomp://h/", "/queue/"),
        ("stomp://h/queue/", "/queue/"),
        ("stomp://h/nonsense", "/topic/"),
        ("stomp://h/queue/x?prefetch=0", "1 to 65535"),
        ("stomp://h/queue/x?heartbeat=soon", "seconds"),
        ("stomp://h/queue/x?timeout=-1", "seconds"),
        ("stomp://h/queue/x?timeout=NaN", "seconds"),
        ("stomp://h/queue/x?version=2.0", "1.2"),
        ("stomp://h/queue/x?hearbeat=1", "heartbeat"),
        ("stomp+tls://h/queue/x?cert=a.pem", "?key="),
    ] {
        let why = refusal(groundrule_transport::sink(address, &with_password("x")).map(|_| ()));
        assert!(why.contains(told), "{address}: {why}");
    }
}
