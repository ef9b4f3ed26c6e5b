//! What the module's sender writes, without a run of Puppet around it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::estate::module;
use crate::queue::messages;

/// Two events are delivered as the configuration says; or why they are not.
fn deliver(configuration: &str) -> Result<(), String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("events.yaml");
    std::fs::write(&file, configuration).unwrap();
    let library = module().join("lib/puppet_x/groundrule/events");
    let program = "config = PuppetX::Groundrule::Events::Config.new(ARGV[0]); \
        destination = PuppetX::Groundrule::Events::Destination.to(config); \
        destination.deliver(['{\"n\":1}', '{\"n\":\"\u{e9}\"}']); destination.close";
    let output = Command::new("ruby")
        .arg("-r")
        .arg(library.join("config.rb"))
        .arg("-r")
        .arg(library.join("destination.rb"))
        .args(["-e", program])
        .arg(&file)
        .output()
        .expect("ci/install installs ruby");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}

/// Takes one request and answers it; returns its head and body.
fn answer(listener: &TcpListener, answer: &str) -> (String, String) {
    let mut stream = BufReader::new(listener.accept().unwrap().0);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert_ne!(stream.read_line(&mut head).unwrap(), 0);
    }
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    stream.get_mut().write_all(answer.as_bytes()).unwrap();
    (head, String::from_utf8(body).unwrap())
}

#[test]
fn http_takes_events_one_a_line() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let directory = tempfile::tempdir().unwrap();
    let token = directory.path().join("token");
    std::fs::write(&token, "s3cret\n").unwrap();
    let configuration =
        format!("to: http://localhost:{port}/events\ntoken_file: {}\n", token.display());
    std::thread::scope(|scope| {
        let sent = scope.spawn(|| deliver(&configuration));
        let (head, body) = answer(&listener, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
        assert!(head.starts_with("POST /events HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("Content-Type: application/x-ndjson\r\n"), "{head}");
        assert!(head.contains("Authorization: Bearer s3cret\r\n"), "{head}");
        assert_eq!(body, "{\"n\":1}\n{\"n\":\"é\"}\n");
        assert_eq!(sent.join().unwrap(), Ok(()));

        let sent = scope.spawn(|| deliver(&configuration));
        answer(&listener, "HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nno!\n");
        let why = sent.join().unwrap().unwrap_err();
        assert!(why.contains("HTTP 401 no!") && !why.contains("s3cret"), "{why}");
    });
}

#[test]
fn a_socket_takes_events_one_a_line() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    deliver(&format!("to: unix:{}\n", path.display())).unwrap();
    let mut heard = String::new();
    listener.accept().unwrap().0.read_to_string(&mut heard).unwrap();
    assert_eq!(heard, "{\"n\":1}\n{\"n\":\"é\"}\n");
}

fn over_tls(port: u16, authority: &Path, more: &str) -> Result<(), String> {
    let authority = authority.display();
    deliver(&format!(
        "to: stomp+tls://localhost:{port}/queue/events\nauthority: {authority}\n{more}"
    ))
}

#[test]
fn brokers_take_events_over_tls() {
    for (broker, port) in
        [(groundrule_services::activemq(), "mutual"), (groundrule_services::rabbitmq(), "tls")]
    {
        let password = broker.directory().join("password");
        std::fs::write(&password, broker.password()).unwrap();
        let (certificate, key) = broker.certificate();
        let login = format!("user: {}\npassword_file: {}\n", broker.user(), password.display());
        let ours =
            format!("{login}certificate: {}\nkey: {}\n", certificate.display(), key.display());
        over_tls(broker.port_of(port), &broker.authority(), &ours).unwrap();
        assert_eq!(messages(&broker, 2), [json!({"n": 1}), json!({"n": "é"})]);
        let foreign = Path::new("/etc/ssl/certs/ca-certificates.crt");
        let why = over_tls(broker.port_of(port), foreign, &ours).unwrap_err();
        assert!(why.contains("certificate verify failed"), "{why}");
        std::fs::write(&password, "wrong").unwrap();
        over_tls(broker.port_of(port), &broker.authority(), &ours).unwrap_err();
        assert!(TcpStream::connect((broker.host(), broker.port())).is_ok());
    }
}
