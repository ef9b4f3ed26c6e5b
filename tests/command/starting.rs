//! What a newcomer meets: help, version, `init`, completions, the manual page.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::running::{NOW, Place, shipped};
use crate::told;

#[test]
fn help_and_version() {
    let place = Place::new();
    told!("help", place.run(&["--help"]));
    told!("help_of_run", place.run(&["run", "--help"]));
    let version = place.run(&["--version"]);
    assert_eq!(version.stdout, format!("groundrule {}\n", env!("CARGO_PKG_VERSION")));
    assert_eq!((version.code, place.run(&["help", "estate"]).code), (0, 0));
}

#[test]
fn init_writes_a_policy_that_runs() {
    let place = Place::new();
    std::os::unix::fs::symlink(shipped("examples/estate"), place.path("estate")).unwrap();
    told!("init", place.run(&["init"]));
    let ran = place.run(&["--now", NOW]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.contains("2 policies: 2 held"), "{}", ran.stdout);
    let shown = place.run(&["config", "show", "--origin"]).stdout;
    assert!(shown.contains("estate = \"estate\"  # groundrule.toml"), "{shown}");
    let expected = "[\"catalogs\", \"facts\", \"registrations\", \"discovery\"]";
    assert!(shown.contains(&format!("sources.expect = {expected}")), "{shown}");
}

#[test]
fn init_overwrites_nothing() {
    let place = Place::new();
    place.write("there/groundrule.toml", "estate = \"mine\"\n");
    let ran = place.run(&["init", "there"]);
    assert_eq!(ran.code, 0);
    assert!(ran.stdout.contains("kept  there/groundrule.toml"), "{}", ran.stdout);
    assert_eq!(place.read("there/groundrule.toml"), "estate = \"mine\"\n");
    assert!(place.read("there/features/ground-rules.feature").starts_with("Feature: "));
    place.write("file", "");
    let ran = place.run(&["init", "file"]);
    assert!(ran.code == 2 && ran.stderr.contains("name a directory"), "{ran:?}");
}

#[test]
fn completions() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let ran = place.run(&["completions", shell]);
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{shell}");
        for word in ["groundrule", "dry-run", "waivers", "strict-waivers"] {
            assert!(ran.stdout.contains(word), "{shell} without {word}");
        }
        // Shells that are not installed are not asked.
        let mut check = Command::new(shell);
        check.arg("-n").stdin(Stdio::piped());
        if let Ok(mut check) = check.spawn() {
            check.stdin.take().unwrap().write_all(ran.stdout.as_bytes()).unwrap();
            assert!(check.wait().unwrap().success(), "{shell} -n");
        }
    }
}

#[test]
fn the_manual_page() {
    let page = Place::new().run(&["man"]).stdout;
    assert!(page.lines().any(|line| line.starts_with(".TH groundrule 1")), "{page}");
    let sections: Vec<_> = page.lines().filter_map(|line| line.strip_prefix(".SH ")).collect();
    for section in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "SUBCOMMANDS", "EXTRA", "VERSION"]
    {
        assert!(sections.contains(&section), "{section} not in {sections:?}");
    }
    for option in [
        "tags",
        "name",
        "format",
        "dry\\-run",
        "fail\\-fast",
        "concurrency",
        "estate",
        "now",
        "color",
        "exit\\-zero",
        "strict\\-waivers",
    ] {
        assert!(page.contains(&format!("\\-\\-{option}")), "{option}");
    }
    assert!(page.contains("2  could not run"), "{page}");
}
