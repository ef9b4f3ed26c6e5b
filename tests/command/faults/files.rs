//! Files and folders that are not what they should be.

use std::fs;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use super::{ALL, OPEN, healthy, judged, undecided};
use crate::running::Place;

#[test]
fn an_empty_directory_knows_nothing() {
    let place = healthy();
    fs::remove_dir_all(place.path("estate")).unwrap();
    fs::create_dir(place.path("estate")).unwrap();
    let (statuses, code) = judged(&place);
    assert!(statuses.values().all(|status| status == "undecided"), "{statuses:?}");
    assert_eq!(code, 3);
    let show = place.run(&["estate", "show"]).stdout;
    assert!(show.contains("0 nodes") && show.contains("catalogs       none"), "{show}");
}

#[test]
fn no_directory() {
    let place = healthy();
    for (estate, what, help) in [
        ("nowhere", "there is no estate directory nowhere", "name one with --estate DIR"),
        ("rules.feature", "rules.feature is no directory", "name a directory with catalogs/"),
    ] {
        let ran = place.run(&["rules.feature", "--estate", estate]);
        assert_eq!(ran.code, 2);
        assert!(ran.stderr.contains(what) && ran.stderr.contains(help), "{}", ran.stderr);
    }
}

#[test]
fn a_directory_instead_of_a_file() {
    let help = "this is no regular file: put a file there, or take it away";
    for (name, policies) in [
        ("catalogs/web1.example.net.json", &["classes", "met"][..]),
        ("facts/web1.example.net.json", &["facts"]),
        ("registrations/web1.example.net.json", &["classes", "registered"]),
        ("discovery.json", &OPEN),
        ("relationships.yaml", &["met"]),
    ] {
        let place = healthy();
        let path = place.path(&format!("estate/{name}"));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        undecided(&place, policies, &format!("{name}: {help}"));
    }
}

#[test]
fn a_file_instead_of_a_directory() {
    for folder in ["catalogs", "facts", "registrations"] {
        let place = healthy();
        fs::remove_dir_all(place.path(&format!("estate/{folder}"))).unwrap();
        place.write(&format!("estate/{folder}"), "");
        let hidden = if folder == "catalogs" { &ALL[..] } else { &OPEN };
        undecided(&place, hidden, &format!("{folder}/: it cannot be read: Not a directory"));
    }
}

#[cfg(unix)]
fn link(place: &Place, name: &str, to: &str) {
    let path = place.path(&format!("estate/{name}"));
    if path.is_dir() {
        fs::remove_dir_all(&path).unwrap();
    } else {
        fs::remove_file(&path).unwrap();
    }
    std::os::unix::fs::symlink(to, path).unwrap();
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere() {
    for (to, why) in [
        ("web1.example.net.json", "Too many levels of symbolic links"),
        ("gone", "No such file or directory"),
    ] {
        let place = healthy();
        link(&place, "facts/web1.example.net.json", to);
        undecided(
            &place,
            &["facts"],
            &format!("facts/web1.example.net.json: it cannot be read: {why}"),
        );
    }
    // A disk that is not mounted.
    for (to, why) in [
        ("facts", "Too many levels of symbolic links"),
        ("/nowhere/facts", "No such file or directory"),
    ] {
        let place = healthy();
        link(&place, "facts", to);
        undecided(&place, &OPEN, &format!("facts/: it cannot be read: {why}"));
    }
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = healthy();
    let path = place.path("estate/facts/web1.example.net.json");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        // Past the test harness, which shows nothing of tests that pass.
        let why = "NOT TESTED: this user may read every file (root?), so none is forbidden";
        writeln!(std::io::stderr(), "{why}").unwrap();
        return;
    }
    undecided(
        &place,
        &["facts"],
        "facts/web1.example.net.json: it cannot be read: Permission denied",
    );
}

#[test]
fn wrong_endings_are_told() {
    let place = healthy();
    place.write("estate/facts/web2.example.net.yml", "zone: c\n");
    undecided(
        &place,
        &[],
        "facts/web2.example.net.yml: this file is not read: give it the right ending, or take it away",
    );
    for (name, right) in [
        ("relationships.yml", "relationships.yaml"),
        ("discovery.yaml", "discovery.json"),
        ("Facts", "facts/"),
        ("catalog", "catalogs/"),
    ] {
        let place = healthy();
        place.write(&format!("estate/{name}"), "");
        undecided(
            &place,
            &[],
            &format!("{name}: this is not read: call it {right}, or take it away"),
        );
    }
}

fn large(path: &Path, size: u64, end: &str) {
    let mut file = fs::File::create(path).unwrap();
    file.set_len(size).unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(end.as_bytes()).unwrap();
}

#[test]
fn a_hundred_megabytes() {
    let place = healthy();
    large(&place.path("estate/facts/web1.example.net.json"), 100 << 20, "");
    undecided(
        &place,
        &["facts"],
        "facts/web1.example.net.json: the file has 100 MB, more than the 64 MB of the largest document: no catalog, facts or registration is that large: make the file again",
    );
    // What stands behind a line that is too long still counts.
    let place = healthy();
    let line = "\n{\"fqdn\": \"db1.example.net\", \"lastseen\": 1793000000}\n";
    large(&place.path("estate/registrations/others.ndjson"), 100 << 20, line);
    let fault = "registrations/others.ndjson:1:1: the line has more than 16 MB: no registration is that long: remove the line";
    undecided(&place, &OPEN, fault);
    let show = place.run(&["estate", "show"]).stdout;
    assert!(show.contains("registrations  2"), "{show}");
}

/// A file that cannot be read is, by its name, about a host; other sources name it in full.
#[test]
fn unreadable_facts_of_a_bare_host() {
    let place = healthy();
    fs::remove_file(place.path("estate/facts/web1.example.net.json")).unwrap();
    place.write("estate/facts/web1.json", "{");
    undecided(&place, &["facts"], "facts/web1.json:1:1: the text ends in the middle");
}
