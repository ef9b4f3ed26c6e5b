//! Beside the real Facter, on random directories.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use groundrule_lookup::external::{Format, Options, of_environment, render};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::Value;

use crate::{gather_with, programs};

/// Facts of the machine are not asked for: some fail where it is shut in.
const BLOCKED: &str = r#"facts : { blocklist : [ "virtualization", "hypervisors", "uptime", "EC2", "GCE", "az_metadata", "cloud", "memory", "processor", "disks", "file system", "ssh", "networking", "load_average", "desktop management interface", "id", "path", "timezone", "legacy", "augeas" ] }"#;

/// All names that random facts have.
const NAMES: [&str; 8] = ["role", "Zone", "rack", "os", "a.b", "cores", "x-y", "app"];

/// What Facter says: its output and whether it ended well.
fn facter(
    directories: &[PathBuf],
    arguments: &[&str],
    variables: &[(String, String)],
) -> (String, bool) {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("facter.conf");
    fs::write(&config, BLOCKED).unwrap();
    let mut command = Command::new("facter");
    command.arg("--config").arg(&config).env("HOME", home.path());
    command.env("LC_ALL", "C.UTF-8");
    for directory in directories {
        command.arg("--external-dir").arg(directory);
    }
    command.args(arguments).envs(variables.iter().cloned());
    let output = command.output().expect("Debian's package facter is installed: ci/install");
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

fn ours(
    directories: &[PathBuf],
    names: &[&str],
    format: Format,
    variables: &[(String, String)],
) -> String {
    let options = Options { programs: Some(programs()), environment: of_environment(variables) };
    let gathered = gather_with(directories, &options);
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let values = gathered.values();
    render(values.as_hash().unwrap(), &names, format)
}

fn file(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    if text.starts_with("#!") {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

fn scalar(random: &mut SmallRng) -> &'static str {
    let all = [
        "1",
        "0755",
        "yes",
        "off",
        "1.50",
        "~",
        "abc",
        "'12'",
        "\"a b\"",
        "12:30",
        "1_000",
        "0x1f",
        "-5",
        "a: b",
        "[1, two]",
        "{k: v, n: {m: 1}}",
        "v=w",
        "2026-01-02",
        "",
        "1e3",
        "é",
    ];
    all.choose(random).unwrap()
}

/// A file of random facts in a random form.
fn random_file(random: &mut SmallRng, directory: &Path, number: usize) {
    let count = random.random_range(0..4);
    let names: Vec<&str> = (0..count).map(|_| *NAMES.choose(random).unwrap()).collect();
    let stem = format!("{}{number}", ["a", "m", "z", "Q"].choose(random).unwrap());
    let pairs = |random: &mut SmallRng, separator: &str| -> String {
        names.iter().map(|name| format!("{name}{separator}{}\n", scalar(random))).collect()
    };
    match random.random_range(0..6) {
        0 => file(directory, &format!("{stem}.txt"), &pairs(random, "=")),
        1 => file(directory, &format!("{stem}.yaml"), &pairs(random, ": ")),
        2 => {
            let mut facts = BTreeMap::new();
            for name in &names {
                let value =
                    ["1", "1.5", "null", "\"x\"", "{\"a\": [1, null]}", "[]", "true", "\"\""]
                        .choose(random)
                        .unwrap();
                facts.insert(*name, serde_json::from_str::<Value>(value).unwrap());
            }
            file(directory, &format!("{stem}.json"), &serde_json::to_string(&facts).unwrap());
        }
        3 => file(
            directory,
            &format!("{stem}.sh"),
            &format!("#!/bin/sh\ncat <<'END'\n{}END\n", pairs(random, "=")),
        ),
        4 => file(
            directory,
            &format!("{stem}.sh"),
            &format!("#!/bin/sh\ncat <<'END'\n{}END\nexit 2\n", pairs(random, ": ")),
        ),
        _ => file(directory, &format!("{stem}.yml"), &pairs(random, ": ")),
    }
}

#[test]
fn random_directories_are_read_as_by_facter() {
    let mut random = SmallRng::seed_from_u64(6);
    let lower: Vec<String> = NAMES.iter().map(|name| name.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let mut found = 0;
    for round in 0..24 {
        let place = tempfile::tempdir().unwrap();
        let directories: Vec<PathBuf> =
            (0..random.random_range(1..3)).map(|n| place.path().join(format!("d{n}"))).collect();
        for directory in &directories {
            fs::create_dir(directory).unwrap();
            for number in 0..random.random_range(1..6) {
                random_file(&mut random, directory, number);
            }
        }
        let variables: Vec<(String, String)> = if round % 3 == 0 {
            vec![("FACTER_Role".to_owned(), "from environment".to_owned())]
        } else {
            Vec::new()
        };
        // Core facts of a name that no file has are of the machine: only `os` is one, and is then left out.
        let (theirs, _) = facter(&directories, &[&["--json"], &lower[..]].concat(), &variables);
        let mut theirs: Value = serde_json::from_str(&theirs).unwrap();
        let mut ours: Value =
            serde_json::from_str(&ours(&directories, &lower, Format::Json, &variables)).unwrap();
        if ours["os"].is_null() {
            for side in [&mut theirs, &mut ours] {
                side.as_object_mut().unwrap().remove("os");
            }
        }
        found += ours.as_object().unwrap().values().filter(|value| !value.is_null()).count();
        if theirs != ours {
            let _ = place.keep();
        }
        assert_eq!(ours, theirs, "round {round}: {directories:?}");
    }
    assert!(found > 50, "random directories have facts: {found}");
}

#[test]
fn facts_are_written_as_by_facter() {
    let place = tempfile::tempdir().unwrap();
    let text = "a: {b: [1, {c: d, e: [x]}, [2]], k: v, n: ~, t: true, f: 1.5, e: [], h: {}}\nl: [1, a, [x, z], {z: 1}]\ns: plain text\nn: 12\n";
    file(place.path(), "a.yaml", text);
    let directories = [place.path().to_owned()];
    for names in [
        &["s"][..],
        &["n"],
        &["l"],
        &["a.b.1.c"],
        &["a.k"],
        &["nothing"],
        &["s", "n", "l"],
        &["s", "a", "nothing"],
    ] {
        let (theirs, _) = facter(&directories, names, &[]);
        assert_eq!(ours(&directories, names, Format::Text, &[]), theirs, "{names:?}");
        let (theirs, _) = facter(&directories, &[&["--json"], names].concat(), &[]);
        let theirs: Value = serde_json::from_str(&theirs).unwrap();
        let ours: Value =
            serde_json::from_str(&ours(&directories, names, Format::Json, &[])).unwrap();
        assert_eq!(ours, theirs, "{names:?}");
    }
}
