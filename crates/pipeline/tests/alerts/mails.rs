//! Mails, to a server that speaks just enough SMTP to be told them.

use std::sync::{Arc, Mutex};

use groundrule_core::event::{Draft, Kind, Severity};
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;

use crate::tower::{Tower, names};

type Heard = Arc<Mutex<Vec<String>>>;

/// A mail server; it answers the recipient with `recipient`. Returns its address and all lines
/// that it hears.
async fn server(recipient: &'static str) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = Heard::default();
    let lines = heard.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (read, mut write) = stream.into_split();
            let mut read = BufReader::new(read).lines();
            write.write_all(b"220 test ESMTP\r\n").await.unwrap();
            let mut data = false;
            while let Ok(Some(line)) = read.next_line().await {
                lines.lock().unwrap().push(line.clone());
                let verb = line.split([' ', ':']).next().unwrap_or_default().to_uppercase();
                let answer = match (data, &*verb, &*line) {
                    (true, _, ".") => {
                        data = false;
                        "250 taken"
                    }
                    (true, ..) => continue,
                    (_, "EHLO", _) => "250-test\r\n250 AUTH PLAIN LOGIN",
                    (_, "AUTH", _) => "235 welcome",
                    (_, "RCPT", _) => recipient,
                    (_, "DATA", _) => {
                        data = true;
                        "354 go on"
                    }
                    (_, "QUIT", _) => "221 bye",
                    _ => "250 well",
                };
                write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
        }
    });
    (address, heard)
}

fn notifier(tower: &Tower, server: &str) -> serde_json::Value {
    std::fs::write(tower.file("password"), "p\u{e4}ssword\n").unwrap();
    json!([{"name": "dba", "kind": "mail", "to": ["DBA <dba@example.net>", "ops@example.net"],
        "from": "groundrule@example.net", "server": server, "tls": "none", "user": "me",
        "password_file": tower.file("password")}])
}

#[tokio::test]
async fn a_mail_tells_what_is_so() {
    let (address, heard) = server("250 well").await;
    let tower = Tower::new(json!({}), Vec::new());
    let notifiers = notifier(&tower, &address);
    let mut tower = tower.notifying(notifiers).started().await;
    let event =
        Draft::new(Kind::Alert, "groundrule status", "web1\r\nBcc: all@example.net", "load", 0.0)
            .severity(Severity::Critical)
            .text("too high\r\n.\r\nQUIT\r\nand so on")
            .event();
    let says = tower.take(&[event]).await;
    assert_eq!(names(&says), ["alert.notified"], "{says:?}");
    assert_eq!(says[0].text(), "dba was notified by mail");
    let heard = heard.lock().unwrap().clone();
    for line in [
        "MAIL FROM:<groundrule@example.net>",
        "RCPT TO:<dba@example.net>",
        "RCPT TO:<ops@example.net>",
    ] {
        assert!(heard.iter().any(|heard| heard.starts_with(line)), "{line}: {heard:?}");
    }
    let subject = "Subject: CRITICAL: load on web1Bcc: all@example.net".to_owned();
    assert!(heard.contains(&subject), "{heard:?}");
    assert!(heard.iter().all(|line| !line.starts_with("Bcc")), "{heard:?}");
    assert!(heard.iter().any(|line| line.contains("too high")), "{heard:?}");
    assert!(heard.iter().any(|line| line.contains("and so on")), "{heard:?}");
    assert!(heard.iter().any(|line| line.starts_with("AUTH")), "{heard:?}");
}

#[tokio::test]
async fn a_server_that_refuses_is_told_without_the_password() {
    let (address, _) = server("550 nobody here").await;
    let tower = Tower::new(json!({}), Vec::new());
    let notifiers = notifier(&tower, &address);
    let mut tower = tower.notifying(notifiers).started().await;
    let says = tower.hear("web1", Severity::Critical).await;
    assert_eq!(names(&says), ["alert.failed"]);
    assert!(says[0].text().contains("nobody here"), "{}", says[0].text());
    assert!(!says[0].text().contains("ssword"), "{}", says[0].text());
    let (address, _) = server("451 later").await;
    let tower = Tower::new(json!({}), Vec::new());
    let notifiers = notifier(&tower, &address);
    let mut tower = tower.notifying(notifiers).started().await;
    assert!(tower.hear("web1", Severity::Critical).await.is_empty());
}
