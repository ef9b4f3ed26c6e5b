//! `groundrule registrations`: from a real fleet, over a real broker, into a store that is judged.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use groundrule_inventory::Options;
use groundrule_inventory::source::{self, Access, Location, Opening, Role};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::running::Place;

/// The module's agent on one node sends what it hears to a queue; the program keeps it.
#[test]
fn a_real_fleet_registers() {
    let broker = groundrule_services::activemq();
    let queue = "/queue/registrations";
    let fleet = groundrule_services::mcollective_forwarding(&broker, queue, None);
    let from = format!("stomp://{}@127.0.0.1:{}{queue}", broker.user(), broker.port());
    kept(&from, ("GROUNDRULE_STOMP_PASSWORD", broker.password()));
    drop(fleet);
}

/// ... or to NATS, also after the server was away.
#[test]
fn a_real_fleet_registers_over_nats() {
    let (broker, nats) = (groundrule_services::activemq(), groundrule_services::nats());
    let place = Place::new();
    place.write("password", format!("{}\n", nats.password()));
    let subject = format!("nats://{}@127.0.0.1:{}/registrations", nats.user(), nats.port());
    let password = place.path("password");
    let fleet = groundrule_services::mcollective_forwarding(&broker, &subject, Some(&password));
    let variable = ("GROUNDRULE_NATS_PASSWORD", nats.password());
    kept(&subject, variable);
    nats.restart();
    kept(&subject, variable);
    drop(fleet);
}

/// Waits until the whole fleet has arrived.
fn kept(from: &str, (variable, password): (&str, &str)) {
    let place = Place::new();
    let file = place.path("registrations.db");
    let to = format!("sqlite:{}", file.display());
    let mut command = place.command(&["registrations", "--from", from, "--to", &to]);
    command.env(variable, password);
    let mut receiver = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let count = || runtime.block_on(registered(&to));
    while count() != 4 {
        assert!(Instant::now() < until, "{} nodes after a minute", count());
        std::thread::sleep(Duration::from_millis(100));
    }
    kill(Pid::from_raw(i32::try_from(receiver.id()).unwrap()), Signal::SIGTERM).unwrap();
    let ended = receiver.wait().unwrap();
    assert_eq!(ended.code(), Some(0));
}

/// How many nodes are known there.
async fn registered(address: &str) -> usize {
    let opening = Opening {
        roles: vec![Role::Registrations],
        access: Access::default(),
        reading: Options::default(),
    };
    let location = Location::parse(address).unwrap();
    let Ok(opened) = source::open(&location, &opening).await else { return 0 };
    match opened.sources.registry {
        Some(registry) => registry.nodes().await.unwrap().readable.len(),
        None => 0,
    }
}

#[test]
fn what_choria_sent() {
    let place = Place::new();
    let captured =
        include_str!("../../crates/inventory/tests/captured/choria/registration-adapter.out");
    let messages: String = captured
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| format!("{line}\n"))
        .collect();
    let file = place.path("choria.ndjson");
    std::fs::File::create(&file).unwrap().write_all(messages.as_bytes()).unwrap();
    let to = format!("sqlite:{}", place.path("registrations.db").display());
    let from = format!("file:{}", file.display());
    let now = "2026-11-22T17:05:00Z";
    let ran = place.run(&["registrations", "--from", &from, "--to", &to, "--now", now]);
    assert_eq!(ran.stdout, "4 registrations kept, 1 message is none\n");
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains("message 5: it registers a file"), "{}", ran.stderr);
    let again = place.run(&[
        "registrations",
        "--from",
        &from,
        "--to",
        &to,
        "--now",
        "2026-11-23T17:05:00Z",
    ]);
    assert!(again.stderr.contains("registered 24 hours ago"), "{}", again.stderr);
    let nowhere = place.run(&["registrations", "--from", &from]);
    assert_eq!(nowhere.code, 2);
    assert!(
        nowhere.stderr.contains("registrations are not kept in estate:estate"),
        "{}",
        nowhere.stderr
    );
    let wrong = place.run(&["registrations", "--from", &from, "--to", "estate:x"]);
    assert!(wrong.stderr.contains("registrations are not kept in estate:x"), "{}", wrong.stderr);
}
