//! Through the queue of a real broker.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use groundrule_services::Service;
use serde_json::Value;

use crate::estate::{Machine, short};

/// The next messages of the queue.
pub fn messages(broker: &Service, count: usize) -> Vec<Value> {
    let mut stream = TcpStream::connect((broker.host(), broker.port())).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(60))).unwrap();
    let (user, password) = (broker.user(), broker.password());
    let said = format!(
        "CONNECT\naccept-version:1.2\nhost:/\nlogin:{user}\npasscode:{password}\n\n\0\
         SUBSCRIBE\nid:1\ndestination:/queue/events\nack:auto\n\n\0"
    );
    stream.write_all(said.as_bytes()).unwrap();
    let mut heard = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&heard).into_owned();
        let frames = text.split_inclusive('\0').filter(|frame| frame.ends_with('\0'));
        let bodies = frames.filter(|frame| frame.trim_start().starts_with("MESSAGE"));
        let bodies = bodies.map(|frame| frame.split_once("\n\n").unwrap().1.trim_end_matches('\0'));
        let read: Vec<_> = bodies.map(|body| serde_json::from_str(body).unwrap()).collect();
        if read.len() >= count {
            stream.write_all(b"DISCONNECT\nreceipt:bye\n\n\0").unwrap();
            assert_eq!(read.len(), count);
            return read;
        }
        let mut part = [0; 65_536];
        let length = stream.read(&mut part).unwrap();
        assert_ne!(length, 0, "closed after {text:?}");
        heard.extend_from_slice(&part[..length]);
    }
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
    let sent = messages(&broker, 12);
    assert!(kept.iter().all(|event| sent.contains(event)));

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
