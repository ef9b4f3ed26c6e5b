//! Several processes with one status: whichever hears of something, it is told once.

use groundrule_services::free_port;

use crate::lines::status;
use crate::process::{Pipeline, until};
use crate::running::Place;

/// A process that takes events by HTTP; returns where.
fn start(place: &Place) -> (Pipeline, String) {
    let from = format!("http://127.0.0.1:{}/events", free_port());
    (Pipeline::start(place, &["--from", &from], &[]), from)
}

/// Hands an event to a process, as soon as it listens.
fn send(place: &Place, to: &str, event: String) {
    place.write("event.json", event);
    until("it takes the event", || {
        let mut command = std::process::Command::new("curl");
        command.args(["--silent", "--fail", "--data-binary", "@event.json"]);
        command.args(["-H", "Content-Type: application/json", to]).current_dir(place.path(""));
        let output = command.output().unwrap();
        if output.status.success() { Ok(()) } else { Err(output) }
    });
}

#[test]
fn what_one_told_ends_by_another_and_what_a_killed_one_left_is_sent() {
    let place = Place::new();
    place.write(
        "groundrule.toml",
        "[pipeline]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\n\
         [[notifier]]\nname = \"program\"\nkind = \"command\"\nattempts = 1000\n\
         run = [\"sh\", \"-c\", \"test ! -e away && echo {subject} {severity} >> told\"]\n",
    );
    let told = |wanted: &str| {
        until("it is told", || {
            let told = std::fs::read_to_string(place.path("told")).unwrap_or_default();
            if told == wanted { Ok(()) } else { Err(told) }
        });
    };
    let (one, to_one) = start(&place);
    let (two, to_two) = start(&place);
    send(&place, &to_one, status("web1", "load", 2, 1000.0));
    told("web1 CRITICAL\n");
    send(&place, &to_two, status("web1", "load", 0, 1001.0));
    told("web1 CRITICAL\nweb1 OK\n");
    place.write("away", "");
    send(&place, &to_one, status("web2", "load", 2, 1002.0));
    until("it was tried", || {
        let log = place.read("pipeline.log");
        if log.contains("tried again") { Ok(()) } else { Err(log) }
    });
    one.kill();
    std::fs::remove_file(place.path("away")).unwrap();
    told("web1 CRITICAL\nweb1 OK\nweb2 CRITICAL\n");
    assert_eq!(two.end(), Some(0), "{}", place.read("pipeline.log"));
}
