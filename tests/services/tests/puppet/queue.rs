//! Through the queue of a real broker.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use groundrule_services::Service;
use serde_json::Value;

use crate::estate::{Machine, short};

/// The next messages of the queue: that many, and not one more.
pub fn messages(broker: &Service, count: usize) -> Vec<Value> {
    let read = messages_until(broker, |read| read.len() >= count);
    assert_eq!(read.len(), count);
    read
}

/// The next messages of the queue, until they are enough. A broker that is killed after it gave
/// some out may give them out again.
fn messages_until(broker: &Service, enough: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let mut stream = TcpStream::connect((broker.host(), broker.port())).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let (user, password) = (broker.user(), broker.password());
    let said = format!(
        "CONNECT\naccept-version:1.2\nhost:/\nlogin:{user}\npasscode:{password}\n\n\0\
         SUBSCRIBE\nid:1\ndestination:/queue/events\nack:auto\n\n\0"
    );
    stream.write_all(said.as_bytes()).unwrap();
    let mut heard = Vec::new();
    let read = hear(&mut stream, &mut heard, |text| Some(bodies(text)).filter(|read| enough(read)));
    stream.write_all(b"DISCONNECT\nreceipt:bye\n\n\0").unwrap();
    // Until it says so, the broker may give the next message to this connection.
    hear(&mut stream, &mut heard, |text| text.contains("receipt-id:bye").then_some(()));
    read
}

/// What is found in all that was heard, as soon as it is there.
fn hear<T>(stream: &mut TcpStream, heard: &mut Vec<u8>, find: impl Fn(&str) -> Option<T>) -> T {
    loop {
        let text = String::from_utf8_lossy(heard).into_owned();
        if let Some(found) = find(&text) {
            return found;
        }
        let mut part = [0; 65_536];
        let length = stream.read(&mut part).unwrap();
        assert_ne!(length, 0, "closed after {text:?}");
        heard.extend_from_slice(&part[..length]);
    }
}

/// The bodies of the messages among the frames that are complete.
fn bodies(text: &str) -> Vec<Value> {
    let frames = text.split_inclusive('\0').filter(|frame| frame.ends_with('\0'));
    let messages = frames.filter(|frame| frame.trim_start().starts_with("MESSAGE"));
    let bodies = messages.map(|frame| frame.split_once("\n\n").unwrap().1.trim_end_matches('\0'));
    bodies.map(|body| serde_json::from_str(body).unwrap()).collect()
}

fn configure(machine: &Machine, broker: &Service) {
    let secret = machine.path("secret");
    std::fs::write(&secret, format!("{}\n", broker.password())).unwrap();
    machine.configure(&format!(
        "to: stomp://127.0.0.1:{}/queue/events\nuser: {}\npassword_file: {}\n",
        broker.port(),
        broker.user(),
        secret.display()
    ));
}

/// Events arrive while the run goes on; a broker that is killed costs none.
#[test]
fn events_pass_through_activemq() {
    let broker = groundrule_services::activemq();
    let machine = Machine::new();
    configure(&machine, &broker);
    let manifest = "exec { '/bin/sh -c true': } -> notify { 'told': }";
    let expected = [
        "archive 0 Exec[sh -c true]",
        "archive 0 Notify[told]",
        "metric 0 puppet.run",
        "status 0 puppet",
    ];
    let ran = machine.apply(manifest);
    assert!(ran.code == 2 && ran.warnings.is_empty(), "{:?}", ran.warnings);
    assert_eq!(short(&messages(&broker, 4)), expected);

    broker.kill();
    let ran = machine.apply(manifest);
    assert_eq!((ran.code, ran.warnings.len(), machine.kept().len()), (2, 1, 4));
    broker.restart();
    // Stopped, it takes connections and says nothing.
    broker.stop();
    let ran = machine.apply(manifest);
    assert_eq!((ran.code, ran.warnings.len(), machine.kept().len()), (2, 1, 8));
    broker.cont();
    let kept = machine.kept();
    let ran = machine.apply(manifest);
    assert!(ran.code == 2 && ran.warnings.is_empty(), "{:?}", ran.warnings);
    assert!(machine.kept().is_empty());
    messages_until(&broker, |sent| {
        sent.len() >= 12 && kept.iter().all(|event| sent.contains(event))
    });

    std::fs::write(machine.path("secret"), "wrong").unwrap();
    let ran = machine.apply(manifest);
    assert_eq!((ran.code, ran.warnings.len(), machine.kept().len()), (2, 1, 4));
    assert!(!ran.warnings[0].contains("wrong"), "{:?}", ran.warnings);
}

/// The moment that a resource has changed is long before the end of the run.
#[test]
fn an_event_arrives_before_the_run_ends() {
    let broker = groundrule_services::activemq();
    let machine = Machine::new();
    configure(&machine, &broker);
    let held = machine.path("held");
    let manifest = format!(
        "notify {{ 'told': }} -> exec {{ '/bin/sh -c \"while [ ! -e {} ]; do sleep 0.1; done\"': }}",
        held.display()
    );
    std::thread::scope(|scope| {
        let run = scope.spawn(|| machine.apply(&manifest));
        let first = messages(&broker, 1);
        assert_eq!(short(&first), ["archive 0 Notify[told]"]);
        std::fs::write(&held, "").unwrap();
        assert_eq!(run.join().unwrap().code, 2);
    });
    assert_eq!(messages(&broker, 3).len(), 3);
}
