//! Servers end with those who started them.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../ci/services").join(name)
}

#[test]
fn a_server_ends_with_the_service_and_takes_its_directory_with_it() {
    let service = groundrule_services::nats();
    let (port, directory) = (service.port(), service.directory().to_owned());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    drop(service);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!directory.exists());
}

#[test]
fn a_server_ends_when_its_owner_is_killed() {
    let directory = tempfile::tempdir().unwrap().keep();
    let port = groundrule_services::free_port();
    let mut owner = Command::new("sleep").arg("600").spawn().unwrap();
    let status = Command::new(script("nats"))
        .arg("up")
        .arg(&directory)
        .args([port.to_string(), format!("owner={}", owner.id())])
        .status()
        .unwrap();
    assert!(status.success());
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());
    owner.kill().unwrap();
    owner.wait().unwrap();
    while TcpStream::connect(("127.0.0.1", port)).is_ok() || directory.exists() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The whole group of the test and its script is killed while the server does not listen yet.
#[test]
fn a_server_that_is_starting_ends_when_its_owner_is_killed() {
    let directory = tempfile::tempdir().unwrap().keep();
    let programs = tempfile::tempdir().unwrap();
    let program = programs.path().join("nats-server");
    std::fs::write(&program, "#!/bin/sh\nexec sleep 600\n").unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut owner = Command::new("sleep").arg("600").process_group(0).spawn().unwrap();
    let mut starting = Command::new(script("nats"))
        .arg("up")
        .arg(&directory)
        .args(["12345".to_owned(), format!("owner={}", owner.id())])
        .env("PATH", format!("{}:/usr/bin:/bin", programs.path().display()))
        .process_group(i32::try_from(owner.id()).unwrap())
        .spawn()
        .unwrap();
    let noted = || std::fs::read_to_string(directory.join("processes")).unwrap_or_default();
    while !noted().starts_with("nats ") {
        std::thread::sleep(Duration::from_millis(20));
    }
    let server = noted().split(' ').nth(1).unwrap().to_owned();
    assert!(Path::new("/proc").join(&server).exists());
    let group = format!("-{}", owner.id());
    assert!(Command::new("kill").args(["-KILL", "--", &group]).status().unwrap().success());
    owner.wait().unwrap();
    starting.wait().unwrap();
    let ended = || match std::fs::read_to_string(format!("/proc/{server}/stat")) {
        Ok(stat) => stat.contains(") Z "),
        Err(_) => true,
    };
    while !ended() || directory.exists() {
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_is_missing_is_told_with_the_package_that_has_it() {
    let directory = tempfile::tempdir().unwrap();
    let programs = tempfile::tempdir().unwrap();
    for program in ["bash", "basename", "dirname", "mkdir"] {
        let path = Command::new("which").arg(program).output().unwrap().stdout;
        let path = String::from_utf8(path).unwrap();
        std::os::unix::fs::symlink(path.trim_end(), programs.path().join(program)).unwrap();
    }
    let output = Command::new(script("nats"))
        .arg("up")
        .arg(directory.path())
        .arg("12345")
        .env("PATH", programs.path())
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        told,
        "ci/services/nats: nats-server is missing: ci/install installs the Debian package nats-server\n"
    );
}
