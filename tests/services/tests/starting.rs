//! Every server starts, speaks its protocol, keeps what it must through kill -9 and ends.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use groundrule_services::Service;

/// A conversation: what is said is answered with something that holds each of the words.
struct Talk(TcpStream);

impl Talk {
    fn to(service: &Service) -> Self {
        let stream = TcpStream::connect((service.host(), service.port())).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        Self(stream)
    }

    fn say(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.0.write_all(bytes.as_ref()).unwrap();
        self
    }

    fn hear(&mut self, words: &str) -> String {
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains(words) {
            let mut part = [0; 4096];
            let length = self.0.read(&mut part).unwrap();
            assert_ne!(length, 0, "closed after {:?}", String::from_utf8_lossy(&heard));
            heard.extend_from_slice(&part[..length]);
        }
        String::from_utf8_lossy(&heard).into_owned()
    }
}

fn stomp(service: &Service) -> Talk {
    let mut talk = Talk::to(service);
    let (user, password) = (service.user(), service.password());
    talk.say(format!(
        "CONNECT\naccept-version:1.2\nhost:/\nlogin:{user}\npasscode:{password}\n\n\0"
    ));
    talk.hear("CONNECTED");
    talk
}

/// A persistent message that was acknowledged is there after kill -9.
fn keeps_messages(service: &Service) {
    let mut talk = stomp(service);
    talk.say("SEND\ndestination:/queue/kept\npersistent:true\nreceipt:1\n\nhello\0");
    talk.hear("RECEIPT");
    service.kill();
    assert!(!service.runs());
    assert!(TcpStream::connect((service.host(), service.port())).is_err());
    service.restart();
    let mut talk = stomp(service);
    talk.say("SUBSCRIBE\nid:1\ndestination:/queue/kept\nack:auto\n\n\0");
    talk.hear("hello");
}

/// The listener asks for TLS, with a certificate of the authority; what a client says then is heard.
fn speaks_tls(service: &Service, port: u16) {
    let (certificate, key) = service.certificate();
    let authority = service.authority();
    let args: [&Path; 8] = [
        Path::new("s_client"),
        Path::new("-brief"),
        Path::new("-CAfile"),
        &authority,
        Path::new("-cert"),
        &certificate,
        Path::new("-key"),
        &key,
    ];
    let output = Command::new("openssl")
        .args(args)
        .args(["-verify_return_error", "-connect", &format!("127.0.0.1:{port}")])
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("Verification: OK"), "{told}");
}

#[test]
fn activemq() {
    let service = groundrule_services::activemq();
    speaks_tls(&service, service.port_of("tls"));
    speaks_tls(&service, service.port_of("mutual"));
    keeps_messages(&service);
}

#[test]
fn rabbitmq() {
    let service = groundrule_services::rabbitmq();
    speaks_tls(&service, service.port_of("tls"));
    keeps_messages(&service);
}

#[test]
fn nats() {
    let service = groundrule_services::nats();
    let login = format!(
        "CONNECT {{\"verbose\":false,\"user\":\"{}\",\"pass\":\"{}\"}}\r\nSUB _INBOX.1 1\r\n",
        service.user(),
        service.password()
    );
    let ask = |subject: &str, body: &str| {
        let mut talk = Talk::to(&service);
        talk.say(&login).say(format!("PUB {subject} _INBOX.1 {}\r\n{body}\r\n", body.len()));
        talk.hear("}\r\n")
    };
    let made = ask(
        "$JS.API.STREAM.CREATE.kept",
        r#"{"name":"kept","subjects":["kept.>"],"storage":"file"}"#,
    );
    assert!(made.contains("stream_create_response") && !made.contains("\"error\""), "{made}");
    let published = ask("kept.one", "hello");
    assert!(published.contains(r#""seq":1"#), "{published}");
    service.restart();
    let state = ask("$JS.API.STREAM.INFO.kept", "");
    assert!(state.contains(r#""messages":1"#), "{state}");
    service.stop();
    service.cont();
    assert!(service.runs());
}

#[test]
fn carbon() {
    let service = groundrule_services::carbon();
    let now = String::from_utf8(Command::new("date").arg("+%s").output().unwrap().stdout).unwrap();
    for name in ["before", "after"] {
        Talk::to(&service).say(format!("groundrule.{name} 17.5 {now}"));
        let file = service.directory().join(format!("whisper/groundrule/{name}.wsp"));
        let fetched = || Command::new("whisper-fetch").arg(&file).output().unwrap().stdout;
        while !String::from_utf8_lossy(&fetched()).contains("17.5") {
            std::thread::sleep(Duration::from_millis(100));
        }
        service.restart();
    }
}

/// The question `hello` in MongoDB's protocol, answered without an error.
#[test]
fn mongodb() {
    let service = groundrule_services::mongodb();
    for _ in 0..2 {
        let document = b"\x10hello\0\x01\0\0\0\x02$db\0\x06\0\0\0admin\0\0";
        let length = u32::try_from(document.len() + 4).unwrap();
        let mut message = Vec::new();
        for number in [length + 21, 1, 0, 2013, 0] {
            message.extend_from_slice(&number.to_le_bytes());
        }
        message.push(0);
        message.extend_from_slice(&length.to_le_bytes());
        message.extend_from_slice(document);
        Talk::to(&service).say(message).hear("maxWireVersion");
        service.restart();
    }
}

/// Those whom `mco` finds, in order.
fn found(fleet: &Service, filter: &[&str]) -> Vec<String> {
    let output = output_of(
        Command::new("mco").arg("find").args(filter).arg("-c").arg(fleet.client_config()),
    );
    let mut names: Vec<_> = output.lines().map(str::to_owned).collect();
    names.sort();
    names
}

fn output_of(command: &mut Command) -> String {
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn fleet_answers(broker: &Service) {
    let fleet = groundrule_services::mcollective(broker);
    assert_eq!(found(&fleet, &["-F", "role=web"]), ["web1.example.net", "web2.example.net"]);
    let registered = fleet.directory().join("registrations/mysql1.example.net.json");
    assert!(std::fs::read_to_string(registered).unwrap().contains("role::db"));
    let reply = output_of(
        Command::new("mco")
            .args(["rpc", "puppet", "runonce", "-C", "haproxy", "-j", "-c"])
            .arg(fleet.client_config()),
    );
    assert!(reply.contains("\"summary\":\"run 1\""), "{reply}");
    let runs = fleet.directory().join("nodes/lb1.example.net/runs");
    assert_eq!(std::fs::read_to_string(runs).unwrap().lines().count(), 1);
    fleet.kill_process("web2.example.net");
    assert_eq!(found(&fleet, &["-C", "nginx"]), ["web1.example.net"]);
    fleet.restart();
    assert_eq!(found(&fleet, &["-C", "nginx"]), ["web1.example.net", "web2.example.net"]);
}

#[test]
fn mcollective_on_activemq() {
    fleet_answers(&groundrule_services::activemq());
}

#[test]
fn mcollective_on_rabbitmq() {
    fleet_answers(&groundrule_services::rabbitmq());
}
