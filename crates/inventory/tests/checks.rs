//! Checks beside a real MCollective fleet, whose agent runs real plugins, and beside programs that fail.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use groundrule_core::check::CheckName;
use groundrule_core::name::NodeName;
use groundrule_inventory::Options;
use groundrule_inventory::source::{Access, Location, Opening, Role, open};
use groundrule_services::Service;

/// Runs a check on nodes with blanks between their names; what it came to, in their order, or why not.
async fn run(address: &str, check: &str, nodes: &str) -> Result<Vec<String>, String> {
    within(address, check, nodes, Duration::from_secs(30)).await
}

async fn within(
    address: &str,
    check: &str,
    nodes: &str,
    timeout: Duration,
) -> Result<Vec<String>, String> {
    let told =
        |error: groundrule_inventory::source::SourceError| format!("{error}; {}", error.help);
    let location = Location::parse(address).map_err(told)?;
    let access = Access { timeout, ..Access::default() };
    let opening = Opening { roles: vec![Role::Checks], access, reading: Options::default() };
    let opened = open(&location, &opening).await.map_err(told)?;
    assert!(opened.sources.discovery.is_none());
    let checks = opened.sources.checks.unwrap();
    let names: Vec<_> = nodes.split(' ').map(|node| NodeName::new(node).unwrap()).collect();
    let results = checks.run(&CheckName::new(check).unwrap(), &names).await;
    let results = results.map_err(|error| error.to_string())?;
    assert_eq!(results.len(), names.len());
    let told = |(node, result): (&NodeName, Result<groundrule_core::check::Checked, _>)| {
        let host = node.as_str().split('.').next().unwrap_or_default();
        match result {
            Ok(result) => format!("{host} {} {} {}", result.code, result.state, result.output),
            Err(why) => format!("{host}: {why}"),
        }
    };
    Ok(names.iter().zip(results).map(told).collect())
}

const DUMMY: &str = "/usr/lib/nagios/plugins/check_dummy";
const SILENT: &str =
    "it did not answer mco: it is away, it has no agent nrpe, or the check took too long";

/// A command of a node.
fn command(fleet: &Service, host: &str, name: &str, line: &str) {
    let folder = fleet.directory().join(format!("nodes/{host}.example.net/nrpe.d"));
    fs::write(folder.join(format!("{name}.cfg")), format!("command[{name}]={line}\n")).unwrap();
}

#[tokio::test]
async fn real_plugins_run_on_a_real_fleet() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let address = format!("mco:?config={}", fleet.client_config().display());
    let (lb, mysql, web1, web2) =
        ("lb1.example.net", "mysql1.example.net", "web1.example.net", "web2.example.net");

    let disk = run(&address, "check_root", web1).await.unwrap();
    assert!(disk[0].starts_with("web1 0 OK DISK OK"), "{disk:?}");
    assert!(!disk[0].contains('|'), "{disk:?}");

    // One plugin for each state, the order is that of the question; only those that are named run it.
    let marked = |host: &str| fleet.directory().join(format!("nodes/{host}.example.net/ran"));
    for (host, code) in [("lb1", 0), ("mysql1", 1), ("web1", 2), ("web2", 3)] {
        let line = format!("echo >>{}; {DUMMY} {code} 'as wanted'", marked(host).display());
        command(&fleet, host, "state", &line);
    }
    let states = run(&address, "state", &[web1, mysql, lb].join(" ")).await.unwrap();
    assert_eq!(
        states,
        [
            "web1 2 CRITICAL CRITICAL: as wanted",
            "mysql1 1 WARNING WARNING: as wanted",
            "lb1 0 OK OK: as wanted"
        ]
    );
    let runs = |host: &str| fs::read_to_string(marked(host)).unwrap_or_default().lines().count();
    assert_eq!(["lb1", "mysql1", "web1", "web2"].map(runs), [1, 1, 1, 0]);
    let unknown = run(&address, "state", web2).await.unwrap();
    assert_eq!(unknown, ["web2 3 UNKNOWN UNKNOWN: as wanted"]);

    // What is no result: a command that nobody configured, a plugin that is killed, too slow a one.
    command(&fleet, "web1", "odd", "printf 'a\\033[2Jb\\tc\\nmore\\n'; exit 7");
    command(&fleet, "web2", "odd", "kill -9 $$");
    command(&fleet, "lb1", "odd", "sleep 9");
    let all = [web1, web2, lb, mysql, "nobody.example.net", "no+name"].join(" ");
    assert_eq!(
        run(&address, "odd", &all).await.unwrap(),
        [
            "web1 7 UNKNOWN a\u{fffd}[2Jb\u{fffd}c".to_owned(),
            "web2: its plugin was ended before it had a result".to_owned(),
            format!("lb1: {SILENT}"),
            "mysql1: it has no command odd".to_owned(),
            format!("nobody: {SILENT}"),
            "no+name: no machine can have its name in MCollective".to_owned(),
        ]
    );
    // The interface of the agent allows no dots.
    let refused = run(&address, "a.b", web1).await.unwrap_err();
    assert!(refused.contains("its reply cannot be read"), "{refused}");

    fleet.stop_process(web1);
    let hung = run(&address, "check_root", &[web1, web2].join(" ")).await.unwrap();
    assert_eq!(hung[0], format!("web1: {SILENT}"));
    assert!(hung[1].starts_with("web2 0 OK DISK OK"), "{hung:?}");
    let nobody = run(&address, "check_root", web1).await.unwrap_err();
    assert!(nobody.contains("no machine answered"), "{nobody}");
    fleet.cont();

    broker.kill();
    let begun = Instant::now();
    let away = within(&address, "check_root", web1, Duration::from_secs(4)).await.unwrap_err();
    assert!(away.contains("took longer than 4s") && away.contains("set timeout"), "{away}");
    assert!(!away.contains(fleet.password()), "{away}");
    assert!(begun.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn who_has_the_agent_is_found_out_without_running_anything() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let address = format!("mco:?config={}", fleet.client_config().display());
    let opening = Opening {
        roles: vec![Role::Checks],
        access: Access::default(),
        reading: Options::default(),
    };
    let opened = open(&Location::parse(&address).unwrap(), &opening).await.unwrap();
    assert_eq!(opened.sources.checks.unwrap().ready().await.unwrap().len(), 4);
}

/// A program that prints something, notes what it is given, and keeps the names that it is given.
fn program(directory: &Path, scheme: &str, output: &str) -> String {
    let program = directory.join(scheme);
    let here = directory.display();
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >'{here}/arguments'\nfor word; do case $word in --nodes=*) cat \"${{word#--nodes=}}\" >'{here}/names';; esac; done\ncat <<'END'\n{output}\nEND\n"
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    format!("{scheme}:{}", program.display())
}

#[tokio::test]
async fn choria_is_asked_for_the_same() {
    let here = tempfile::tempdir().unwrap();
    let output = r#"time="now" level=warning msg="of its library"
{"agent":"nrpe","action":"runcommand","replies":[
 {"sender":"a","statuscode":0,"statusmsg":"OK","data":{"exitcode":0,"output":"fine"}},
 {"sender":"b","statuscode":1,"statusmsg":"CRITICAL","data":{"exitcode":2,"output":"bad"}}],
 "request_stats":{"no_responses":["c"]}}"#;
    let address = program(here.path(), "choria", output);
    let results = run(&format!("{address}?config=c"), "disk", "a b c").await.unwrap();
    assert_eq!(results[..2], ["a 0 OK fine", "b 2 CRITICAL bad"]);
    assert!(results[2].starts_with("c: it did not answer"), "{results:?}");
    let arguments = fs::read_to_string(here.path().join("arguments")).unwrap();
    let words: Vec<_> = arguments.lines().collect();
    assert_eq!(words[..4], ["req", "nrpe", "runcommand", "command=disk"]);
    assert!(words[4].starts_with("--nodes="), "{arguments}");
    assert_eq!(words[5..], ["--json", "--config=c"]);
    assert_eq!(fs::read_to_string(here.path().join("names")).unwrap(), "a\nb\nc\n");
    assert!(!Path::new(words[4].trim_start_matches("--nodes=")).exists());
}

#[tokio::test]
async fn a_hundred_thousand_nodes_are_one_call() {
    let here = tempfile::tempdir().unwrap();
    let address = program(
        here.path(),
        "mco",
        r#"[{"sender":"node7.example.net","statuscode":0,"statusmsg":"OK","data":{"exitcode":0,"output":"x"}},
            {"sender":"stranger","statuscode":0,"statusmsg":"OK","data":{"exitcode":2,"output":"x"}}]"#,
    );
    let nodes: Vec<_> = (0..100_000).map(|n| format!("node{n}.example.net")).collect();
    let results = run(&address, "disk", &nodes.join(" ")).await.unwrap();
    assert_eq!(results[7], "node7 0 OK x");
    assert!(results[8].contains("it did not answer"), "{}", results[8]);
    let names = fs::read_to_string(here.path().join("names")).unwrap();
    assert_eq!(names.lines().count(), nodes.len());
    assert!(fs::read_to_string(here.path().join("arguments")).unwrap().len() < 1000);
}

#[tokio::test]
async fn a_program_that_fails_is_no_result() {
    let here = tempfile::tempdir().unwrap();
    for (output, words) in [
        ("", "its reply cannot be read"),
        ("Could not find agent nrpe", "its reply cannot be read"),
        ("{}", "these are no replies of an agent"),
        ("[]", "no machine answered"),
    ] {
        let why = run(&program(here.path(), "mco", output), "disk", "a").await.unwrap_err();
        assert!(why.contains(words), "{why}");
    }
    let missing = run("mco:/nowhere/mco", "disk", "a").await.unwrap_err();
    assert!(missing.contains("cannot be started"), "{missing}");
    let filtered = run("mco:?class=web", "disk", "a").await.unwrap_err();
    assert!(filtered.contains("has no option class; it has config"), "{filtered}");
    let file = run("file:reply.json", "disk", "a").await.unwrap_err();
    assert!(file.contains("tells no checks") && file.contains("mco:"), "{file}");
}
