//! Results of programs that are kept for a time.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use groundrule_lookup::external::{Options, Programs};

use crate::{gather_with, programs};

/// A program that counts how often it ran.
fn counting(directory: &Path) {
    let path = directory.join("count.sh");
    let count = directory.join(".count");
    let text = format!("#!/bin/sh\necho x >> {0}\necho n=$(wc -l < {0})\n", count.display());
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What it says at a time, and what is said of it.
fn at(directory: &Path, now: i64) -> (String, String) {
    let programs = Programs { now, ..programs() };
    let options = Options { programs: Some(programs), environment: Vec::new() };
    let gathered = gather_with(&[directory.to_owned()], &options);
    let remarks: Vec<String> =
        gathered.remarks.iter().map(|remark| remark.fault().to_string()).collect();
    (gathered.facts["n"].value.to_s(), remarks.join("\n"))
}

#[test]
fn a_result_is_kept_for_the_time_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    counting(directory);
    assert_eq!(at(directory, 1000).0, "1");
    assert_eq!(at(directory, 1000).0, "2", "without a time nothing is kept");
    fs::write(directory.join("count.sh.ttl"), "60\n").unwrap();
    assert_eq!(at(directory, 1000).0, "3");
    assert_eq!(at(directory, 1059).0, "3");
    assert_eq!(at(directory, 1060).0, "4");
    assert_eq!(at(directory, 900).0, "5", "a result of the future is none");
    let kept = directory.join(".count.sh.kept");
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o077, 0);
    fs::write(&kept, "{").unwrap();
    assert_eq!(at(directory, 900).0, "6", "nor is a broken one");
    counting(directory);
    fs::write(
        directory.join("count.sh"),
        fs::read_to_string(directory.join("count.sh")).unwrap() + "#\n",
    )
    .unwrap();
    assert_eq!(at(directory, 901).0, "7", "nor that of another program");
}

#[test]
fn a_time_that_is_none_is_told() {
    let directory = tempfile::tempdir().unwrap();
    counting(directory.path());
    fs::write(directory.path().join("count.sh.ttl"), "an hour").unwrap();
    let (_, remarks) = at(directory.path(), 0);
    assert!(remarks.contains("count.sh.ttl is no number of seconds"), "{remarks}");
}
