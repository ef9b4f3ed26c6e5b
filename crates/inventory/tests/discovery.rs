//! Discovery beside a real MCollective fleet, and beside what a real Choria printed.
#![expect(clippy::unwrap_used, reason = "a test may fail where it stands")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use groundrule_inventory::Options;
use groundrule_inventory::source::{Access, Location, Opening, Role, open};

async fn ask(address: &str) -> Result<Vec<String>, String> {
    within(address, Duration::from_secs(30)).await
}

async fn within(address: &str, timeout: Duration) -> Result<Vec<String>, String> {
    let told =
        |error: groundrule_inventory::source::SourceError| format!("{error}; {}", error.help);
    let location = Location::parse(address).map_err(told)?;
    let access = Access { timeout, ..Access::default() };
    let opening = Opening { roles: vec![Role::Discovery], access, reading: Options::default() };
    let opened = open(&location, &opening).await.map_err(told)?;
    let discovery = opened.sources.discovery.unwrap();
    let (nodes, at) = discovery.answering().await.map_err(|error| error.to_string())?;
    assert!(at.is_some(), "{address}: of when is it?");
    Ok(nodes.iter().map(ToString::to_string).collect())
}

#[tokio::test]
async fn a_real_fleet_is_asked() {
    let broker = groundrule_services::activemq();
    let fleet = groundrule_services::mcollective(&broker);
    let config = fleet.client_config();
    let address = |more: &str| format!("mco:?config={}{more}", config.display());
    let all = ["lb1.example.net", "mysql1.example.net", "web1.example.net", "web2.example.net"];
    assert_eq!(ask(&address("")).await.unwrap(), all);
    let web = ["web1.example.net", "web2.example.net"];
    for filter in ["&class=role::web", "&fact=role%3Dweb", "&identity=/web/", "&class=/^nginx$/"] {
        assert_eq!(ask(&address(filter)).await.unwrap(), web, "{filter}");
    }
    assert_eq!(ask(&address("&identity=web1.example.net")).await.unwrap(), [web[0]]);
    // Asked by its name alone it would be reported without having been asked.
    let nobody = ask(&address("&identity=nobody.example.net")).await.unwrap_err();
    assert!(nobody.contains("no machine answered"), "{nobody}");

    fleet.kill_process("web2.example.net");
    assert_eq!(ask(&address("")).await.unwrap(), [all[0], all[1], all[2]]);
    fleet.stop();
    let hung = ask(&address("")).await.unwrap_err();
    assert!(hung.contains("no machine answered"), "{hung}");
    fleet.cont();

    broker.stop();
    let begun = Instant::now();
    let away = within(&address(""), Duration::from_secs(4)).await.unwrap_err();
    assert!(away.contains("took longer than 4s") || away.contains("no machine answered"), "{away}");
    assert!(begun.elapsed() < Duration::from_secs(8));
    broker.cont();
    broker.kill();
    let begun = Instant::now();
    let away = within(&address(""), Duration::from_secs(5)).await.unwrap_err();
    assert!(!away.contains(fleet.password()), "{away}");
    assert!(begun.elapsed() < Duration::from_secs(9), "{away}");
}

fn captured(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/captured/choria").join(name)
}

/// A program that prints what Choria printed. It reads its standard input to the end first, as
/// Choria does.
fn choria(directory: &Path, output: &str, errors: &str, code: u8) -> String {
    let program = directory.join("choria");
    let cat = |name: &str| match name {
        "" => String::new(),
        name => format!("cat '{}'\n", captured(name).display()),
    };
    let script = format!(
        "#!/bin/sh\nprintf '%s\\n' \"$@\" >'{}/arguments'\ncat >/dev/null\n{}{}exit {code}\n",
        directory.display(),
        cat(output),
        cat(errors).replace("\n", " >&2\n"),
    );
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("choria:{}", program.display())
}

#[tokio::test]
async fn what_choria_printed() {
    let here = tempfile::tempdir().unwrap();
    let run = |output: &str, errors: &str, code| choria(here.path(), output, errors, code);
    let all = ["lb1", "mysql1", "mysql2", "web1", "web2"].map(|host| format!("{host}.example.net"));
    let address = run("req-ping.out", "", 0);
    assert_eq!(ask(&address).await.unwrap(), all);
    let arguments = || std::fs::read_to_string(here.path().join("arguments")).unwrap();
    assert_eq!(arguments(), "req\nrpcutil\nping\n--json\n");

    ask(&format!("{address}?config=c&class=role::web&identity=web1.example.net")).await.unwrap();
    let expected = "--config=c\n--wc=role::web\n--wi=/^web1\\.example\\.net$/\n";
    assert_eq!(arguments(), format!("req\nrpcutil\nping\n--json\n{expected}"));

    // It was found, and did not respond.
    let address = run("hung-req-nodes.out", "", 0);
    assert_eq!(ask(&address).await.unwrap(), ["web1.example.net"]);
    let address = run("hung-req-only.out", "", 0);
    let silent = ask(&address).await.unwrap_err();
    assert!(silent.contains("none of them responded"), "{silent}");

    for (errors, words) in [
        ("broker-down-req.err", "context deadline exceeded"),
        ("req-nobody.err", "did not discover any nodes"),
        ("no-configuration.err", "could not parse configuration"),
    ] {
        let why = ask(&run("", errors, 1)).await.unwrap_err();
        assert!(why.contains(words), "{why}");
    }
}

#[tokio::test]
async fn a_program_that_never_ends_is_ended() {
    let here = tempfile::tempdir().unwrap();
    let program = here.path().join("choria");
    let script =
        format!("#!/bin/sh\nsleep 600 &\necho $! >'{}/child'\nwait\n", here.path().display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let begun = Instant::now();
    let why = within(&format!("choria:{}", program.display()), Duration::from_millis(500))
        .await
        .unwrap_err();
    assert!(why.contains("took longer than 500ms") && why.contains("set timeout"), "{why}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    // What it started is gone, too.
    let child = std::fs::read_to_string(here.path().join("child")).unwrap();
    let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
    for _ in 0..100 {
        if state().is_ok_and(|stat| !stat.contains(") Z ")) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    assert!(state().map_or(true, |stat| stat.contains(") Z ")), "it still runs");
}

#[tokio::test]
async fn a_reply_in_a_file() {
    let file = captured("req-ping.out");
    assert_eq!(ask(&format!("file:{}", file.display())).await.unwrap().len(), 5);
    let missing = ask("file:/nowhere/reply.json").await.unwrap_err();
    assert!(missing.starts_with("/nowhere/reply.json: there is no such file"), "{missing}");
    let here = tempfile::tempdir().unwrap();
    let half = here.path().join("half.json");
    std::fs::write(&half, "[\"a\",\n \"b\"").unwrap();
    let why = ask(&format!("file:{}", half.display())).await.unwrap_err();
    assert!(why.contains("half.json:2:4: the text ends in the middle"), "{why}");
}

#[tokio::test]
async fn addresses_that_are_none() {
    for (address, words) in [
        ("mcollective:", "no kind of source"),
        ("mco:?clas=x", "no option clas; it has config"),
        ("choria:?class", "has no value"),
        ("file:", "nothing stands behind"),
        ("file:x?class=y", "has no option class"),
        ("mco:/nowhere/mco", "cannot be started"),
    ] {
        let why = ask(address).await.unwrap_err();
        assert!(why.contains(words), "{address}: {why}");
    }
}
