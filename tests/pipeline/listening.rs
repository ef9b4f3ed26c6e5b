//! What the pipeline serves: events by HTTP, its health and its figures.

use groundrule_services::free_port;
use serde_json::Value;

use crate::lines::status;
use crate::process::{Pipeline, until};
use crate::running::Place;

fn agent(place: &Place, arguments: &[&str]) -> (u16, String) {
    let mut command = std::process::Command::new("curl");
    command.args(["--silent", "--write-out", "\n%{http_code}", "--max-time", "60"]);
    let output = command.args(arguments).current_dir(place.path("")).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, code) = text.rsplit_once('\n').unwrap();
    (code.parse().unwrap(), body.to_owned())
}

#[test]
fn events_by_http_are_archived_before_the_answer() {
    let place = Place::new();
    let (events, own) = (free_port(), free_port());
    let from = format!("http://127.0.0.1:{events}/events");
    let listen = format!("127.0.0.1:{own}");
    place.write(
        "groundrule.toml",
        "[pipeline]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\n",
    );
    let pipeline = Pipeline::start(&place, &["--from", &from, "--listen", &listen], &[]);
    let health = format!("http://{listen}/healthz");
    until("it is healthy", || match agent(&place, &[&health]) {
        (200, _) => Ok(()),
        other => Err(other),
    });
    place.write("one.json", status("web1", "load", 2, 1000.0));
    let (code, body) = agent(
        &place,
        &["--data-binary", "@one.json", "-H", "Content-Type: application/json", &from],
    );
    assert_eq!(code, 202, "{body}");
    let listed = place.run(&["events", "list", "-f", "ndjson"]);
    assert_eq!(listed.stdout.lines().count(), 1, "{listed:?}");
    place.write("bad.json", r#"[{"name":"n"}]"#);
    let (code, body) = agent(
        &place,
        &["--data-binary", "@bad.json", "-H", "Content-Type: application/json", &from],
    );
    assert_eq!(code, 400, "{body}");
    let answer: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(answer["events"][0]["index"], 0, "{body}");
    let (code, figures) = agent(&place, &[&format!("http://{listen}/metrics")]);
    assert_eq!(code, 200);
    assert!(figures.contains("groundrule_events_received_total 1"), "{figures}");
    assert!(figures.contains("groundrule_events_archived_total 1"), "{figures}");
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
}

#[test]
fn off_loopback_a_token_is_demanded() {
    let place = Place::new();
    let port = free_port();
    let open = format!("http://0.0.0.0:{port}/events");
    let ran = place.run(&["pipeline", "--from", &open, "--archive", "sqlite:events.db"]);
    assert!(ran.code == 2 && ran.stderr.contains("token"), "{ran:?}");
    place.write("token", "open sesame\n").write("one.json", status("web1", "load", 0, 1000.0));
    let from = format!("{open}?token_file={}", place.path("token").display());
    let pipeline =
        Pipeline::start(&place, &["--from", &from, "--archive", "sqlite:events.db"], &[]);
    let url = format!("http://127.0.0.1:{port}/events");
    let post =
        |more: &[&str]| agent(&place, &[&["--data-binary", "@one.json", &url], more].concat());
    until("it listens", || match post(&[]) {
        (401, _) => Ok(()),
        other => Err(other),
    });
    assert_eq!(post(&["-H", "Authorization: Bearer wrong"]).0, 403);
    let right = post(&["-H", "Authorization: Bearer open sesame"]);
    assert_eq!(right.0, 202, "{right:?}");
    assert_eq!(pipeline.end(), Some(0), "{}", place.read("pipeline.log"));
}
