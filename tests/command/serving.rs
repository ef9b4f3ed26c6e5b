//! `groundrule serve`: the same answers over HTTP, and who may ask how much.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::running::{NOW, Place};

/// The server, which ends with the test.
pub struct Server {
    child: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(place: &Place, arguments: &[&str]) -> Self {
        Self::listening(place, "http://127.0.0.1:0", arguments)
    }

    /// At an address with options of its own.
    pub fn listening(place: &Place, url: &str, arguments: &[&str]) -> Self {
        Self::run(place.command(&[&["serve", "--listen", url], arguments].concat()))
    }

    /// On the shipped estate.
    pub fn shipped(place: &Place) -> Self {
        let reservations = format!("sqlite:{}", place.path("gate.db").display());
        place.write(
            "groundrule.toml",
            format!(
                "estate = {:?}\nfeatures = [{:?}]\n[gate]\nreservations = {reservations:?}\n",
                crate::running::shipped("examples/estate"),
                crate::running::shipped("features"),
            ),
        );
        Self::start(place, &["--now", NOW])
    }

    fn run(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").unwrap().parse().unwrap();
        Self { child, address }
    }

    /// Status, headers and body of an answer.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String, String) {
        self.ask_with(method, path, "", body.as_bytes())
    }

    pub fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> (u16, String, String) {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A body that is too large is refused before all of it was read.
        let _ = stream.write_all(body);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_default();
        (status, head.to_lowercase(), body.to_owned())
    }

    pub fn json(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let (status, _, body) = self.ask(method, path, &text);
        (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{status} {body}")))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn until(what: &str, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < Duration::from_secs(30), "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn it_answers_as_the_command_line_does() {
    let place = Place::new();
    let server = Server::shipped(&place);
    let ask = json!({"action": "terminate", "nodes": ["mysql1.example.net"], "suggest": true});
    let (status, reply) = server.json("POST", "/v1/gate", &ask);
    assert_eq!((status, &reply["decision"]), (200, &json!("deny")), "{reply}");
    let ran = place.run(&[
        "gate",
        "terminate",
        "mysql1.example.net",
        "--suggest",
        "-f",
        "json",
        "--now",
        NOW,
    ]);
    let same: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(reply, same);

    let ask = json!({"action": "terminate", "nodes": ["web1.example.net"], "hold": "5m"});
    let (_, reply) = server.json("POST", "/v1/gate", &ask);
    assert_eq!(reply["decision"], "allow", "{reply}");
    let id = reply["reservation"]["id"].as_str().unwrap();
    let (_, held) = server.json("GET", "/v1/gate", &Value::Null);
    assert_eq!(held[0]["id"], id);
    // The command line sees what the server allowed.
    let ran = place.run(&["gate", "list", "-f", "json", "--now", NOW]);
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), held);
    let (status, ..) = server.ask("DELETE", &format!("/v1/gate/{id}"), "");
    assert_eq!(status, 204);
    assert_eq!(server.ask("DELETE", &format!("/v1/gate/{id}"), "").0, 404);

    for (path, arguments) in [
        ("impact?of=maildb1.example.net", &["impact", "maildb1.example.net"][..]),
        (
            "impact?of=mysql1.example.net%2FService%5Bmariadb%5D",
            &["impact", "mysql1.example.net/Service[mariadb]"],
        ),
        ("suppress?of=maildb1.example.net", &["suppress", "maildb1.example.net"]),
        (
            "downtime?node=mysql1.example.net&node=mysql2.example.net",
            &["downtime", "mysql1.example.net", "mysql2.example.net"],
        ),
        ("spof", &["spof"]),
        ("stakeholders?node=maildb1.example.net", &["stakeholders", "maildb1.example.net"]),
        ("shutdown-order?of=maildb1.example.net", &["shutdown-order", "maildb1.example.net"]),
        ("unmanaged", &["unmanaged"]),
        ("undeclared", &["undeclared"]),
        ("place?class=mysql::server&count=2", &["place", "-C", "mysql::server", "--count", "2"]),
        ("missing?stale=3600", &["missing"]),
        (
            "path?from=web1.example.net&to=mysql1.example.net",
            &["path", "web1.example.net", "mysql1.example.net"],
        ),
    ] {
        let (status, answer) = server.json("GET", &format!("/v1/ask/{path}"), &Value::Null);
        assert_eq!(status, 200, "{path}: {answer}");
        let ran = place.run(&[&["ask", "-f", "json", "--now", NOW], arguments].concat());
        assert_eq!(answer, serde_json::from_str::<Value>(&ran.stdout).unwrap(), "{path}");
    }

    let (status, run) = server.json("POST", "/v1/run", &json!({"tags": ["@gate"]}));
    assert_eq!((status, &run["policies"][0]["id"]), (200, &json!("safe-to-stop")), "{run}");
    let (status, _, figures) = server.ask("GET", "/metrics", "");
    assert_eq!(status, 200);
    assert!(figures.contains("groundrule_gate_decisions_total{decision=\"deny\"} 1"), "{figures}");
    assert_eq!(server.ask("GET", "/healthz", "").0, 200);
}

#[test]
fn what_cannot_be_read_is_told() {
    let place = Place::new();
    let server = Server::shipped(&place);
    for (method, path, body, status, expected) in [
        ("POST", "/v1/gate", "{", 400, "the body cannot be read"),
        ("POST", "/v1/gate", "{\"action\":\"explode\"}", 400, "there is no action \\\"explode\\\""),
        ("POST", "/v1/gate", "{\"action\":\"terminate\"}", 400, "no nodes are named"),
        (
            "POST",
            "/v1/gate",
            "{\"action\":\"terminate\",\"nodes\":[\"a/b\"]}",
            400,
            "no node's name",
        ),
        (
            "POST",
            "/v1/gate",
            "{\"action\":\"terminate\",\"nodes\":[\"web9.example.net\"]}",
            404,
            "did you mean",
        ),
        (
            "POST",
            "/v1/gate",
            "{\"action\":\"maintain\",\"nodes\":[\"web1.example.net\"]}",
            400,
            "for how long",
        ),
        ("POST", "/v1/gate", "{\"action\":\"add\"}", 400, "needs a class"),
        ("POST", "/v1/gate", "{\"action\":\"terminate\",\"node\":[]}", 400, "unknown field"),
        ("POST", "/v1/run", "{\"tags\":[\"@nosuch\"]}", 422, "no policy was selected"),
        ("GET", "/v1/ask/impcat?of=x", "", 400, "did you mean impact?"),
        ("GET", "/v1/ask/impact", "", 400, "impact needs of"),
        ("GET", "/v1/ask/impact?of=nobody", "", 404, "no source knows"),
        ("GET", "/v1/ask/spof?x=1", "", 400, "it has no parameters"),
        ("GET", "/v2", "", 404, "openapi.json"),
        ("PUT", "/v1/gate", "", 405, ""),
    ] {
        let (code, _, answer) = server.ask(method, path, body);
        assert_eq!(code, status, "{method} {path} {body}: {answer}");
        assert!(answer.contains(expected), "{method} {path} {body}: {answer}");
    }
}

#[test]
fn the_document_describes_the_answers() {
    let place = Place::new();
    let server = Server::shipped(&place);
    let (_, document) = server.json("GET", "/v1/openapi.json", &Value::Null);
    let schema = |name: &str| {
        let root = json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
        jsonschema::validator_for(&root).unwrap()
    };
    let reply = schema("Reply");
    for (ask, decision) in [
        (json!({"action": "terminate", "nodes": ["mysql1.example.net"], "suggest": true}), "deny"),
        (json!({"action": "maintain", "nodes": ["web1.example.net"], "for": "1h"}), "allow"),
        (
            json!({"action": "add", "class": "mysql::server", "facts": {"zone": "x"}, "count": 2}),
            "allow",
        ),
    ] {
        assert!(schema("Action").is_valid(&ask), "{ask}");
        let (_, answer) = server.json("POST", "/v1/gate", &ask);
        assert_eq!(answer["decision"], decision, "{answer}");
        assert!(reply.is_valid(&answer), "{answer}");
    }
    let (_, held) = server.json("GET", "/v1/gate", &Value::Null);
    for one in held.as_array().unwrap() {
        assert!(schema("Reservation").is_valid(one), "{one}");
    }
    let (_, error) = server.json("POST", "/v1/gate", &json!({"action": "x"}));
    assert!(schema("Error").is_valid(&error), "{error}");
    for path in document["paths"].as_object().unwrap().keys() {
        let path = path.replace("{id}", "x").replace("{question}", "spof").replace("{key}", "k");
        let path = path.replace("{node}", "web1.example.net");
        let (_, _, body) = server.ask("GET", &path, "");
        assert!(!body.contains("there is nothing"), "{path}");
    }
}

#[test]
fn an_estate_that_changes_is_read_anew() {
    let place = Place::judging(
        "Feature: F
  @gate @id:two
  Scenario: Two stay
    Given nodes with the fact \"zone\"
    Then there are at least 2 of them
",
    );
    place.write("groundrule.toml", "features = [\"x.feature\"]\n[gate]\nhold = \"0s\"\n");
    let server = Server::start(&place, &["--reload", "100ms"]);
    let ask = json!({"action": "terminate", "nodes": ["a", "b"]});
    let decision = || server.json("POST", "/v1/gate", &ask).1["decision"].clone();
    assert_eq!(decision(), "deny");
    place.write("estate/facts/d.json", "{\"fqdn\": \"d\", \"zone\": \"2\"}");
    until("a node came", || decision() == "allow");
    std::fs::rename(place.path("estate"), place.path("moved")).unwrap();
    until("the estate is gone", || decision() == "undecided");
    assert_eq!(server.ask("GET", "/healthz", "").0, 503);
    std::fs::rename(place.path("moved"), place.path("estate")).unwrap();
    until("it is back", || decision() == "allow");
    assert_eq!(server.ask("GET", "/healthz", "").0, 200);
}

#[test]
fn strangers_and_floods_are_kept_out() {
    let place = Place::new();
    place.write("token", "open sesame\n");
    let ran = place.run(&[
        "serve",
        "--listen",
        "http://0.0.0.0:0",
        "--estate",
        &crate::running::shipped("examples/estate"),
    ]);
    assert!(ran.code == 2 && ran.stderr.contains("token"), "{ran:?}");
    place.write(
        "groundrule.toml",
        format!(
            "estate = {:?}\nfeatures = [{:?}]\n",
            crate::running::shipped("examples/estate"),
            crate::running::shipped("features"),
        ),
    );
    let listen = format!("http://127.0.0.1:0?token_file={}", place.path("token").display());
    let server = Server::run(place.command(&["serve", "--listen", &listen, "--now", NOW]));
    assert_eq!(server.ask("GET", "/v1/ask/spof", "").0, 401);
    assert_eq!(server.ask_with("GET", "/v1/ask/spof", "Authorization: Bearer x\r\n", b"").0, 403);
    assert_eq!(
        server.ask_with("GET", "/v1/ask/spof", "Authorization: Bearer open sesame\r\n", b"").0,
        200
    );
    assert_eq!(server.ask("GET", "/healthz", "").0, 200);
    let large = vec![b'x'; 10 << 20];
    let right = "Authorization: Bearer open sesame\r\n";
    assert_eq!(server.ask_with("POST", "/v1/gate", right, &large).0, 413);
}

/// Many ask at once, with somebody who never finishes and somebody who sends too much among them.
#[test]
fn ten_thousand_requests_at_once() {
    const THREADS: usize = 64;
    const EACH: usize = 157;
    let place = Place::new();
    let server = Server::shipped(&place);
    let mut slow = TcpStream::connect(server.address).unwrap();
    slow.write_all(b"POST /v1/gate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{").unwrap();
    let deny = json!({"action": "terminate", "nodes": ["mysql1.example.net"]}).to_string();
    let allow =
        json!({"action": "terminate", "nodes": ["cache1.example.net"], "hold": "0s"}).to_string();
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let (server, deny, allow) = (&server, &deny, &allow);
            scope.spawn(move || {
                for n in 0..EACH {
                    let (body, decision) = match n % 2 {
                        0 => (deny, "groundrule-decision: deny"),
                        _ => (allow, "groundrule-decision: allow"),
                    };
                    if thread == 0 && n == EACH / 2 {
                        let large = vec![b'x'; 10 << 20];
                        assert_eq!(server.ask_with("POST", "/v1/gate", "", &large).0, 413);
                    }
                    let (status, head, body) = server.ask("POST", "/v1/gate", body);
                    assert_eq!(status, 200, "{body}");
                    assert!(head.contains(decision), "{head}");
                }
            });
        }
    });
    drop(slow);
    let (_, _, figures) = server.ask("GET", "/metrics", "");
    let total = THREADS * EACH;
    let line = format!("groundrule_requests_total{{route=\"gate\",status=\"200\"}} {total}");
    assert!(figures.contains(&line), "{figures}");
}

/// A thousand times two servers are asked at the same instant for what only one may have.
#[test]
fn two_servers_never_break_a_rule_together() {
    const ROUNDS: usize = 1000;
    let place = Place::judging(
        "Feature: F
  @gate @id:two
  Scenario: Two stay
    Given nodes with the fact \"zone\"
    Then there are at least 2 of them
",
    );
    place.write(
        "groundrule.toml",
        "features = [\"x.feature\"]\n[gate]\nreservations = \"sqlite:gate.db\"\n",
    );
    let servers = [Server::start(&place, &[]), Server::start(&place, &[])];
    let mut won = [0, 0];
    for round in 0..ROUNDS {
        let replies: Vec<Value> = std::thread::scope(|scope| {
            let asked: Vec<_> = servers
                .iter()
                .zip(["a", "b"])
                .map(|(server, node)| {
                    let ask = json!({"action": "terminate", "nodes": [node]});
                    scope.spawn(move || server.json("POST", "/v1/gate", &ask).1)
                })
                .collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let allowed: Vec<_> =
            replies.iter().enumerate().filter(|(_, reply)| reply["decision"] == "allow").collect();
        assert_eq!(allowed.len(), 1, "round {round}: {replies:?}");
        let (winner, reply) = allowed[0];
        won[winner] += 1;
        let id = reply["reservation"]["id"].as_str().unwrap();
        assert_eq!(servers[winner].ask("DELETE", &format!("/v1/gate/{id}"), "").0, 204);
    }
    assert!(won.iter().all(|n| *n > 0), "{won:?}");
}
