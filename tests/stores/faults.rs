//! Faults of a server, as the program's users meet them: never green by mistake, never without a
//! reason, never for long.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::running::{NOW, Place, Ran, shipped};
use crate::server::{Neo4j, login, url};

fn judge(place: &Place, service: &groundrule_services::Service, url: &str) -> (Ran, Duration) {
    let (features, estate) = (shipped("features"), shipped("examples/estate"));
    let begun = Instant::now();
    let mut command =
        place.command(&[&features, "--estate", &estate, "--graph", url, "--now", NOW]);
    login(&mut command, service);
    (command.output().unwrap().into(), begun.elapsed())
}

/// The same, tried again while a server that has just started takes its time.
fn judge_at_last(place: &Place, service: &groundrule_services::Service, url: &str) -> Ran {
    let begun = Instant::now();
    loop {
        let (ran, _) = judge(place, service, url);
        let late = ran.stdout.contains("did not answer within");
        if !late || begun.elapsed() > Duration::from_secs(180) {
            return ran;
        }
    }
}

/// One server of its own, since it is killed and stopped.
#[test]
fn a_server_that_is_away_leaves_it_undecided_and_comes_back() {
    let server = groundrule_services::neo4j();
    let (place, url) = (Place::new(), url(&server));
    place.write("groundrule.toml", "[sources.graph]\ntimeout = \"8s\"\n");
    let ran = judge_at_last(&place, &server, &url);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("no graph was loaded there"), "{}", ran.stdout);
    let from = format!("estate:{}", shipped("examples/estate"));
    let mut load = place.command(&["load", "--from", &from, "--graph", &url]);
    login(&mut load, &server);
    let loaded: Ran = load.output().unwrap().into();
    assert_eq!(loaded.code, 0, "{loaded:?}");
    assert_eq!(judge_at_last(&place, &server, &url).code, 0);
    server.stop();
    let (ran, took) = judge(&place, &server, &url);
    server.cont();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("did not answer within 8 s"), "{}", ran.stdout);
    assert!(took < Duration::from_secs(45), "{took:?}");
    assert_eq!(judge_at_last(&place, &server, &url).code, 0);
    server.kill();
    let (ran, took) = judge(&place, &server, &url);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("is away: nobody listens there"), "{}", ran.stdout);
    assert!(took < Duration::from_secs(10), "{took:?}");
    server.restart();
    let ran = judge_at_last(&place, &server, &url);
    assert_eq!(ran.code, 0, "{ran:?}");
}

/// Many machines with a few services each.
fn large(place: &Place, machines: usize) {
    for n in 0..machines {
        let services: Vec<_> = (0..40)
            .map(|s| json!({"type": "Service", "title": format!("s{s}"), "parameters": {}}))
            .collect();
        let catalog = json!({"name": format!("n{n}"), "environment": "x", "resources": services});
        place.write(&format!("large/catalogs/n{n}.json"), catalog.to_string());
    }
}

#[test]
fn a_load_that_is_killed_leaves_it_undecided_until_the_next_one() {
    let neo4j = Neo4j::turn();
    let place = Place::new();
    large(&place, 1500);
    let rule = "Feature: f\nScenario: s\nGiven services\nThen there are at least 1 of them\n";
    place.write("x.feature", rule.replace("at least 1 of", "at most 1000000 of"));
    let url = neo4j.url();
    let arguments = ["load", "--from", "estate:large", "--prune", "--graph", &url];
    let mut command = place.command(&arguments);
    login(&mut command, neo4j.service);
    let mut loader = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(loader.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("graph: 64 of 1500"), "{line}");
    loader.kill().unwrap();
    loader.wait().unwrap();
    let judge = || neo4j.run(&place, &["x.feature", "--now", NOW]);
    let ran = judge();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stdout.contains("the graph is incomplete: its load from estate:large"), "{ran:?}");
    let doctor = neo4j.run(&place, &["doctor", "--now", NOW]);
    assert!(doctor.code == 3 && doctor.stdout.contains("the graph is incomplete"), "{doctor:?}");
    let ran = neo4j.run(&place, &["load", "--from", "estate:large", "--prune"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("1500 catalogs loaded"), "{ran:?}");
    assert_eq!(judge().code, 0, "{:?}", judge());
}
