//! Callbacks: real programs, real requests, and MCollective.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

mod alerting;

use std::path::Path;
use std::time::Duration;

use groundrule_core::event::{Draft, Event, EventId, Kind, Severity};
use groundrule_pipeline::actions::Ledger;
use groundrule_pipeline::callbacks::{CallbackRules, CallbacksPart, ORIGIN};
use groundrule_pipeline::part::{Part as _, PartError};

use alerting::{Hand, lines, means, server};

/// A part with these rules, which remembers nothing.
async fn part(directory: &Path, rules: &[(&str, &str)]) -> CallbacksPart {
    opened(directory, rules, Ledger::memory()).await.unwrap()
}

async fn opened(
    directory: &Path,
    rules: &[(&str, &str)],
    ledger: Ledger,
) -> Result<CallbacksPart, PartError> {
    std::fs::create_dir_all(directory.join("callbacks")).unwrap();
    for (name, rule) in rules {
        std::fs::write(directory.join(format!("callbacks/{name}.yaml")), rule).unwrap();
    }
    CallbacksPart::open(directory, means(), ledger, Hand::at(1000.0).clock()).await
}

fn event(number: u8) -> Event {
    Draft::new(Kind::Archive, "test", "web1", "Service[httpd]", f64::from(number))
        .text(format!("number {number}"))
        .event()
        .identified(|| EventId([number; 12]), 1.0)
}

/// Everything that the part says of these events.
async fn called(part: &mut CallbacksPart, events: &[Event]) -> Vec<Event> {
    let mut says = part.take(events).await.unwrap();
    says.extend(part.finish().await.unwrap());
    says
}

/// Waits until something is so.
async fn until(so: impl Fn() -> bool) {
    for _ in 0..1000 {
        if so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it did not become so");
}

/// Whether a process has ended; one that nobody has asked about yet has, too.
fn is_gone(pid: &str) -> bool {
    match std::fs::read_to_string(format!("/proc/{pid}/stat")) {
        Err(_) => true,
        Ok(stat) => stat.rsplit(')').next().unwrap().trim_start().starts_with('Z'),
    }
}

/// A rule that runs a line of a shell.
fn shell(line: &str) -> String {
    format!("action:\n  kind: command\n  run:\n  - sh\n  - -c\n  - |-\n    {line}\n")
}

#[tokio::test]
async fn a_command_reads_the_event_and_the_call_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("out");
    let rule = shell(&format!("cat > {}; echo \"$1\"; env", file.display()))
        + "  - x\n  - about {text}\nwhen: event.subject == 'web1'\n";
    let mut part = part(directory.path(), &[("tell", &rule)]).await;
    let says = called(&mut part, &[event(1)]).await;
    assert_eq!(std::fs::read(&file).unwrap(), [event(1).raw(), &b"\n"[..]].concat());
    let [told] = &*says else { panic!("{says:?}") };
    assert_eq!((told.kind(), told.origin(), told.subject()), (Kind::Archive, ORIGIN, "web1"));
    assert_eq!((told.name(), told.severity()), ("callback.tell", Severity::Ok));
    let data = &told.value()["extended_data"];
    assert_eq!((&data["rule"], &data["outcome"]), (&"tell".into(), &"ok".into()));
    assert_eq!((&data["exit_code"], &data["skipped"]), (&0.into(), &0.into()));
    assert_eq!(data["cause"].as_str(), event(1).eventid());
    let output = data["output"].as_str().unwrap();
    assert!(output.starts_with("about number 1\n"), "{output}");
    // It has no more than what it was given, and what the shell adds itself.
    assert!(output.contains("LANG=C") && !output.contains("CARGO"), "{output}");
}

#[tokio::test]
async fn a_program_that_takes_too_long_ends_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pids");
    let line = "sleep 1000 & echo $! > F; sh -c 'sleep 1000 & echo $! >> F; wait'";
    let rule = shell(&line.replace('F', &file.display().to_string())) + "timeout: 1s\n";
    let mut part = part(directory.path(), &[("slow", &rule)]).await;
    let says = called(&mut part, &[event(1)]).await;
    assert_eq!(says[0].text(), "slow failed: sh took longer than 1s, and was ended");
    assert_eq!(says[0].severity(), Severity::Critical);
    let pids = lines(&file);
    assert_eq!(pids.len(), 2);
    for pid in pids {
        until(|| is_gone(&pid)).await;
    }
}

#[tokio::test]
async fn what_a_program_leaves_behind_does_not_hold_the_call() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let rule = shell(&format!("sleep 1000 & echo $! > {}", file.display())) + "timeout: 1h\n";
    let mut part = part(directory.path(), &[("leaves", &rule)]).await;
    let says = called(&mut part, &[event(1)]).await;
    assert_eq!(says[0].text(), "leaves was called");
    let pid = lines(&file).remove(0);
    until(|| is_gone(&pid)).await;
}

#[tokio::test]
async fn much_output_is_bounded_and_an_exit_code_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let rule = shell("head -c 10000000 /dev/zero | tr '\\0' x; exit 7");
    let mut part = part(directory.path(), &[("talks", &rule)]).await;
    let says = called(&mut part, &[event(1)]).await;
    assert_eq!(says[0].text(), "talks failed: sh ended with exit code 7");
    let data = &says[0].value()["extended_data"];
    assert_eq!(data["exit_code"], 7);
    assert_eq!(data["output"].as_str().unwrap(), "x".repeat(4096));
}

#[tokio::test]
async fn a_hostile_event_is_one_argument_and_no_option() {
    let directory = tempfile::tempdir().unwrap();
    let rule = "action: {kind: command, run: [printf, '%s|', 'to={subject}', '{name}', '{text}']}";
    let mut part = part(directory.path(), &[("hostile", rule)]).await;
    let hostile = |name: &str| {
        Draft::new(Kind::Archive, "o", "a b;$(id)", name, 1.0).text("`id`\n{name}").event()
    };
    let says = called(&mut part, &[hostile("x"), hostile("--help")]).await;
    let output = |event: &Event| event.value()["extended_data"]["output"].clone();
    let found: Vec<_> = says.iter().map(|event| (event.severity(), output(event))).collect();
    assert!(found.contains(&(Severity::Ok, "to=a b;$(id)|x|`id`\n{name}|".into())), "{found:?}");
    assert!(says.iter().any(|event| event.text().contains("taken for an option")), "{says:?}");
}

#[tokio::test]
async fn its_own_events_and_events_that_came_before_call_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("calls");
    let rule = shell(&format!("echo x >> {}", file.display()));
    let ledger = directory.path().join("ledger");
    let rules = [("all", &*rule)];
    let open = || Ledger::open(&ledger).unwrap();
    let mut part = opened(directory.path(), &rules, open()).await.unwrap();
    let says = called(&mut part, &[event(1), event(1)]).await;
    assert_eq!(says.len(), 1);
    assert!(called(&mut part, &says).await.is_empty());
    assert!(called(&mut part, &[event(1)]).await.is_empty());
    assert_eq!(called(&mut part, &[event(2)]).await.len(), 1);
    drop(part);
    let mut again = opened(directory.path(), &rules, open()).await.unwrap();
    // What was said lately may not have been archived: the same is said once more.
    let repeated = called(&mut again, &[event(1)]).await;
    assert_eq!(repeated.len(), 2);
    assert!(repeated.iter().any(|event| event.raw() == says[0].raw()));
    assert_eq!(called(&mut again, &[event(2), event(3)]).await.len(), 1);
    assert_eq!(lines(&file).len(), 3);
}

#[tokio::test]
async fn calls_that_a_process_left_are_done_by_the_next() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("calls");
    let rule = |wait| shell(&format!("{wait} echo x >> {}", file.display()));
    let ledger = directory.path().join("ledger");
    let open = || Ledger::open(&ledger).unwrap();
    let slow = rule("sleep 1000;");
    let mut part = opened(directory.path(), &[("one", &slow)], open()).await.unwrap();
    part.take(&[event(1), event(2)]).await.unwrap();
    drop(part);
    let quick = rule("");
    let mut part = opened(directory.path(), &[("one", &quick)], open()).await.unwrap();
    assert_eq!(part.finish().await.unwrap().len(), 2);
    assert_eq!(lines(&file).len(), 2);
}

#[tokio::test]
async fn more_events_than_may_wait_are_all_called_for() {
    let directory = tempfile::tempdir().unwrap();
    let (address, requests) = server("HTTP/1.1 200 OK").await;
    let rule = format!("action: {{kind: webhook, url: 'http://{address}/'}}");
    let mut part = part(directory.path(), &[("post", &rule)]).await;
    let events: Vec<Event> = (0..1500)
        .map(|number| Draft::new(Kind::Archive, "o", &number.to_string(), "n", 1.0).event())
        .collect();
    let says = called(&mut part, &events).await;
    assert_eq!(says.len(), 1500);
    assert!(says.iter().all(|event| event.severity() == Severity::Ok));
    assert_eq!(requests.lock().unwrap().len(), 1500);
}

#[tokio::test]
async fn what_is_limited_is_counted() {
    let directory = tempfile::tempdir().unwrap();
    let rule = "rate: 1/m\naction: {kind: command, run: ['true']}";
    std::fs::create_dir_all(directory.path().join("callbacks")).unwrap();
    std::fs::write(directory.path().join("callbacks/often.yaml"), rule).unwrap();
    let hand = Hand::at(1000.0);
    let part = CallbacksPart::open(directory.path(), means(), Ledger::memory(), hand.clock());
    let mut part = part.await.unwrap();
    let says = called(&mut part, &[event(1), event(2), event(3)]).await;
    assert_eq!(says.len(), 1);
    hand.turn(60.0);
    let says = called(&mut part, &[event(4)]).await;
    assert_eq!(says[0].value()["extended_data"]["skipped"], 2);
}

#[tokio::test]
async fn rules_are_read_again_and_wrong_ones_change_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let rule = "action: {kind: command, run: ['true']}";
    let mut part = part(directory.path(), &[("a", rule)]).await;
    let file = directory.path().join("callbacks/b.yaml");
    std::fs::write(&file, "action: {kind: command, run: ['true'], shell: yes}").unwrap();
    assert!(part.tick().await.unwrap().is_empty());
    std::fs::write(directory.path().join("reload"), "").unwrap();
    let says = part.tick().await.unwrap();
    assert_eq!((says[0].name(), says[0].severity()), ("callbacks.reload", Severity::Critical));
    assert!(says[0].text().contains("b.yaml") && says[0].text().contains("shell"), "{says:?}");
    assert_eq!(called(&mut part, &[event(1)]).await.len(), 1);
    std::fs::write(&file, "action: {kind: command, run: ['false']}").unwrap();
    std::fs::remove_file(directory.path().join("reload")).unwrap();
    assert_eq!(part.tick().await.unwrap()[0].severity(), Severity::Ok);
    assert_eq!(called(&mut part, &[event(2)]).await.len(), 2);
}

#[tokio::test]
async fn faults_of_rules_are_all_told() {
    let directory = tempfile::tempdir().unwrap();
    let rules = [
        ("a", "when: event.name ==\naction: {kind: command, run: [x]}"),
        ("b", "action: {kind: mail, to: [a@b.example]}"),
        ("c", "types: [state]\naction: {kind: command, run: [x]}"),
        ("d", "action: {kind: command, run: [x]}\nrate: 10/week"),
        ("e", "action: {kind: command, run: [x]}\nretry: 5"),
    ];
    let opened = opened(directory.path(), &rules, Ledger::memory()).await;
    let error = opened.err().unwrap().to_string();
    let whats = ["when", "kind is \"mail\"", "types", "rate", "retry"];
    for ((name, _), what) in rules.iter().zip(whats) {
        let start = format!("{name}.yaml: ");
        let line = error.lines().find(|line| line.contains(&start)).unwrap();
        assert!(line.contains(what), "{line}");
    }
}

#[tokio::test]
async fn features_are_judged_by_the_program_that_is_given() {
    let directory = tempfile::tempdir().unwrap();
    let rule = "action: {kind: features, arguments: ['x.feature', '--node={subject}']}";
    let mut part = part(directory.path(), &[("judge", rule)]).await;
    let says = called(&mut part, &[event(1)]).await;
    assert_eq!(says[0].value()["extended_data"]["output"], "run x.feature --node=web1");
}

#[tokio::test]
async fn puppet_runs_on_the_load_balancers_when_a_web_server_starts() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let balancer = fleet.directory().join("nodes/lb1.example.net");
    let classes = std::fs::read_to_string(balancer.join("classes.txt")).unwrap();
    std::fs::write(balancer.join("classes.txt"), classes + "roles::frontend_lb\n").unwrap();

    let directory = tempfile::tempdir().unwrap();
    let example = include_str!("../../../examples/routes/callbacks/web-server-starts.yaml");
    let config = format!("  kind: mco\n  config: {}\n", fleet.client_config().display());
    let rule = example.replace("  kind: mco\n", &config);
    let mut part = part(directory.path(), &[("web-server-starts", &rule)]).await;

    let started = |subject: &str, restarted: bool, role: &str| {
        Draft::new(Kind::Archive, "puppet", subject, "Service[httpd]", 1.0)
            .with("restarted", restarted)
            .with("tags", vec!["service", role])
            .event()
    };
    let events = [
        Draft::new(Kind::Archive, "puppet", "web1", "Service[httpd]", 1.0).event(),
        started("web1.example.net", true, "roles::frontend_web"),
        started("db1.example.net", false, "roles::database"),
        started("web2.example.net", false, "roles::frontend_web"),
    ];
    let says = called(&mut part, &events).await;
    let [told] = &*says else { panic!("{says:?}") };
    assert_eq!((told.severity(), told.subject()), (Severity::Ok, "web2.example.net"), "{told:?}");
    let figures = [("answered", 1.0), ("failed", 0.0), ("silent", 0.0)];
    assert_eq!(told.metrics(), figures.map(|(name, value)| (name.to_owned(), value)));
    assert_eq!(lines(&balancer.join("runs")).len(), 1);
    for other in ["web1", "web2", "mysql1"] {
        assert!(!fleet.directory().join(format!("nodes/{other}.example.net/runs")).exists());
    }

    // No machine that is there has the class any more.
    fleet.kill_process("lb1.example.net");
    let events = [started("web1.example.net", false, "roles::frontend_web")];
    let says = called(&mut part, &events).await;
    assert_eq!(says[0].severity(), Severity::Critical);
    assert!(says[0].text().contains("selects no machine"), "{}", says[0].text());
}

#[test]
fn the_example_is_a_rule() {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/routes"));
    assert_eq!(CallbackRules::load(directory, &means()).unwrap().len(), 1);
    let none = tempfile::tempdir().unwrap();
    assert!(CallbackRules::load(none.path(), &means()).unwrap().is_empty());
}

#[tokio::test]
async fn a_condition_that_is_too_deep_and_an_address_that_is_none_are_told() {
    let directory = tempfile::tempdir().unwrap();
    let long = format!("when: {}\n{}", vec!["1"; 30_000].join("+"), shell("true"));
    let deep = format!("when: {}\n{}", vec!["1"; 4_000].join("+"), shell("true"));
    let queue = "action: {kind: queue, to: 'stopm://broker/queue/alerts'}\n";
    let rules = [("a", &*long), ("b", &*deep), ("c", queue)];
    let Err(PartError::Refused(told)) = opened(directory.path(), &rules, Ledger::memory()).await
    else {
        panic!("it works")
    };
    for what in [
        "a.yaml: when: the condition has 59999 bytes",
        "b.yaml: when: its parts stand in each other 4000 deep",
        "c.yaml: action: queue: stopm://broker/queue/alerts: no such transport",
    ] {
        assert!(told.contains(what), "{what}\n{told}");
    }
}

#[tokio::test]
async fn what_runs_in_one_process_is_left_alone_and_what_a_dead_one_left_is_done() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("calls");
    let rule = shell(&format!("sleep 0.3; echo x >> {}", file.display()));
    let rules = [("all", &*rule)];
    let open = || Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
    let hand = Hand::at(1000.0);
    opened(directory.path(), &rules, Ledger::memory()).await.unwrap();
    let start = || CallbacksPart::open(directory.path(), means(), open(), hand.clock());
    let mut one = start().await.unwrap();
    one.take(&[event(1), event(2)]).await.unwrap();
    // A second one has other numbers, and other things to do.
    let mut two = start().await.unwrap();
    assert!(directory.path().join("ledger-1.sqlite").exists());
    assert!(two.finish().await.unwrap().is_empty());
    assert_eq!(called(&mut two, &[event(3)]).await.len(), 1);
    assert_eq!(one.finish().await.unwrap().len(), 2);
    assert_eq!(lines(&file).len(), 3);
    // The first one is killed.
    one.take(&[event(4), event(5)]).await.unwrap();
    two.take(&[event(6)]).await.unwrap();
    drop(one);
    hand.turn(10.0);
    two.tick().await.unwrap();
    // With it, what it had said and may not have been archived.
    let says = two.finish().await.unwrap();
    assert_eq!(lines(&file).len(), 6, "{says:?}");
    // Whoever starts in its place finds nothing to do.
    let mut one = start().await.unwrap();
    one.finish().await.unwrap();
    assert_eq!(lines(&file).len(), 6);
}

#[tokio::test]
async fn a_call_that_has_begun_is_waited_for_and_others_are_left() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("calls");
    // More than run at once, and longer than new ones begin.
    let rule = shell(&format!("sleep 6; echo x >> {}", file.display()));
    let rules = [("all", &*rule)];
    let open = || Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
    let mut part = opened(directory.path(), &rules, open()).await.unwrap();
    assert_eq!(part.patience(), Duration::from_secs(37));
    let events: Vec<Event> = (1..=10).map(event).collect();
    part.take(&events).await.unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(part.finish().await.unwrap().len(), 8);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(part);
    let quick = shell(&format!("echo x >> {}", file.display()));
    let mut part = opened(directory.path(), &[("all", &*quick)], open()).await.unwrap();
    part.finish().await.unwrap();
    assert_eq!(lines(&file).len(), 10);
}
