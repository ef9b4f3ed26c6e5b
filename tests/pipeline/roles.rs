//! Parts in processes of their own, joined by queues; two processes on one queue share its work.

use crate::lines::status;
use crate::process::{Pipeline, until};
use crate::running::Place;
use crate::travelling::statuses;

#[test]
fn every_part_in_a_process_of_its_own() {
    let broker = groundrule_services::rabbitmq();
    let variables = [("GROUNDRULE_STOMP_PASSWORD", broker.password())];
    let queue =
        |name: &str| format!("stomp://{}@127.0.0.1:{}/queue/{name}", broker.user(), broker.port());
    let place = Place::new();
    place.write(
        "groundrule.toml",
        format!(
            "[pipeline]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\n\
             [pipeline.queues]\nrouter = {:?}\nstatus = {:?}\nalerts = {:?}\n\
             [[notifier]]\nname = \"file\"\nkind = \"log\"\nfile = \"alerts.ndjson\"\n",
            queue("router"),
            queue("status"),
            queue("alerts"),
        ),
    );
    let start = |role: &str, from: &str| {
        Pipeline::start(&place, &["--role", role, "--from", &queue(from)], &variables)
    };
    let processes = [
        start("portal", "portal"),
        start("portal", "portal"),
        start("router", "router"),
        start("status", "status"),
        start("status", "status"),
        start("alerts", "alerts"),
    ];
    let lines: Vec<_> = (0..500)
        .map(|n| status(&format!("web{n}"), "load", u8::from(n == 7) * 2, 1000.0))
        .collect();
    place.write("events.ndjson", lines.join("\n"));
    place.write("out/portal/all.yaml", format!("to: {:?}\n", queue("portal")));
    let mut sending = place.command(&[
        "pipeline",
        "--from",
        "file:events.ndjson",
        "--routes",
        "out",
        "--archive",
        "sqlite:sent.db",
        "--role",
        "portal,router",
    ]);
    let sent = sending.envs(variables).output().unwrap();
    assert!(sent.status.success(), "{sent:?}");
    until("every status is there", || {
        let rows = statuses(&place);
        if rows.len() == 500 { Ok(()) } else { Err(rows.len()) }
    });
    until("the one problem is told", || {
        let told = std::fs::read_to_string(place.path("alerts.ndjson")).unwrap_or_default();
        if told.lines().count() == 1 && told.contains("web7") { Ok(()) } else { Err(told) }
    });
    for process in processes {
        assert_eq!(process.end(), Some(0), "{}", place.read("pipeline.log"));
    }
}

#[test]
fn what_a_portal_let_in_is_not_too_large_for_the_next() {
    let place = Place::new();
    place.write(
        "groundrule.toml",
        "[pipeline]\nstatus = \"sqlite:status.db\"\nmax_message = 1000\n\
         [pipeline.queues]\nrouter = \"file:router.ndjson\"\n",
    );
    let event = status("web1", "load", 2, 1000.0);
    let padded = event.replacen('{', &format!("{{{}", " ".repeat(1000 - event.len())), 1);
    place.write("events.ndjson", format!("{padded}\n"));
    for arguments in [
        &["--role", "portal", "--from", "file:events.ndjson", "--archive", "sqlite:e.db"][..],
        &["--role", "router,status", "--from", "file:router.ndjson"],
    ] {
        let ran = place.command(&[&["pipeline"], arguments].concat()).output().unwrap();
        assert!(ran.status.success(), "{ran:?}");
    }
    assert_eq!(statuses(&place).len(), 1);
}

#[test]
fn two_processes_on_one_queue_tell_every_problem_and_its_end_once() {
    const SUBJECTS: usize = 40;
    let broker = groundrule_services::rabbitmq();
    let variables = [("GROUNDRULE_STOMP_PASSWORD", broker.password())];
    let queue =
        format!("stomp://{}@127.0.0.1:{}/queue/shared?prefetch=1", broker.user(), broker.port());
    let place = Place::new();
    place.write(
        "groundrule.toml",
        "[pipeline]\narchive = \"sqlite:events.db\"\nstatus = \"sqlite:status.db\"\n\
         [[notifier]]\nname = \"file\"\nkind = \"log\"\nfile = \"alerts.ndjson\"\n",
    );
    let processes = [0, 1].map(|_| Pipeline::start(&place, &["--from", &queue], &variables));
    place.write("out/portal/all.yaml", format!("to: {queue:?}\n"));
    for (round, severity) in [2, 0, 1, 0].into_iter().enumerate() {
        let time = 1000.0 + round as f64;
        let lines: Vec<_> =
            (0..SUBJECTS).map(|n| status(&format!("web{n}"), "load", severity, time)).collect();
        place.write("events.ndjson", lines.join("\n"));
        let mut sending =
            place.command(&["pipeline", "--from", "file:events.ndjson", "--routes", "out"]);
        let sent = sending.envs(variables).output().unwrap();
        assert!(sent.status.success(), "{sent:?}");
        until("everything is told once", || {
            let told = std::fs::read_to_string(place.path("alerts.ndjson")).unwrap_or_default();
            let count = told.lines().count();
            if count >= SUBJECTS * (round + 1) { Ok(()) } else { Err(count) }
        });
    }
    for process in processes {
        assert_eq!(process.end(), Some(0), "{}", place.read("pipeline.log"));
    }
    let told = place.read("alerts.ndjson");
    let mut of: std::collections::BTreeMap<String, Vec<u64>> = std::collections::BTreeMap::new();
    for line in told.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let subject = event["subject"].as_str().unwrap().to_owned();
        of.entry(subject).or_default().push(event["severity"].as_u64().unwrap());
    }
    assert_eq!(of.len(), SUBJECTS);
    assert!(of.values().all(|told| *told == [2, 0, 1, 0]), "{of:?}");
}
