//! Files that are no facts, and programs that do not end.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, Instant};

use groundrule_lookup::external::{Options, Programs};

use crate::{gather, gather_with, json, programs};

fn program(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// What is said of the only file.
fn said(directory: &Path, limit: Duration) -> (String, serde_json::Value) {
    let programs = Programs { limit, ..programs() };
    let options = Options { programs: Some(programs), environment: Vec::new() };
    let gathered = gather_with(&[directory.to_owned()], &options);
    let said: Vec<String> =
        gathered.remarks.iter().map(|remark| remark.fault().to_string()).collect();
    (said.join("\n"), json(&gathered))
}

#[test]
fn a_program_that_hangs_is_ended_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let seen = directory.path().join(".seen");
    let text = format!("#!/bin/sh\n(sleep 3; touch {}) &\necho a=1\nsleep 600\n", seen.display());
    program(directory.path(), "hangs.sh", &text);
    let start = Instant::now();
    let (said, facts) = said(directory.path(), Duration::from_millis(500));
    assert!(start.elapsed() < Duration::from_secs(3));
    assert!(said.contains("hangs.sh: it took longer than 500ms, and was ended"), "{said}");
    assert_eq!(facts, serde_json::json!({}));
    std::thread::sleep(Duration::from_secs(3));
    assert!(!seen.exists(), "what it started has ended, too");
}

#[test]
fn a_program_that_floods_is_ended() {
    let directory = tempfile::tempdir().unwrap();
    program(
        directory.path(),
        "yes.sh",
        "#!/bin/sh\ntrap '' PIPE\nwhile :; do echo a=1111111111111111111; done\n",
    );
    let start = Instant::now();
    let (said, _) = said(directory.path(), Duration::from_secs(20));
    assert!(start.elapsed() < Duration::from_secs(10));
    assert!(said.contains("prints more than 65536 bytes, and was ended"), "{said}");
}

#[test]
fn a_program_that_floods_its_errors_does_no_harm() {
    let directory = tempfile::tempdir().unwrap();
    program(
        directory.path(),
        "err.sh",
        "#!/bin/sh\nhead -c 10000000 /dev/zero | tr '\\0' x >&2\necho a=1\n",
    );
    let (said, facts) = said(directory.path(), Duration::from_secs(20));
    assert!(said.len() < 6000 && said.contains("standard error: xxx"));
    assert_eq!(facts, serde_json::json!({"a": "1"}));
}

#[test]
fn what_a_program_leaves_behind_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    program(directory.path(), "left.sh", "#!/bin/sh\nsleep 600 &\necho a=1\n");
    let start = Instant::now();
    let (_, facts) = said(directory.path(), Duration::from_secs(20));
    assert!(start.elapsed() < Duration::from_secs(5));
    assert_eq!(facts, serde_json::json!({"a": "1"}));
}

#[test]
fn programs_that_do_not_start_say_why() {
    let directory = tempfile::tempdir().unwrap();
    program(directory.path(), "a.sh", "echo a=1\n");
    program(directory.path(), "b.sh", "#!/nonexistent/interpreter\n");
    program(directory.path(), "c.sh", "#!/bin/sh\nprintf 'a=\\377'\n");
    let (said, _) = said(directory.path(), Duration::from_secs(20));
    for part in [
        "a.sh: it is no program: begin it with a line",
        "b.sh: the interpreter",
        "c.sh: what it prints is not UTF-8 (byte 3)",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
}

#[test]
fn files_that_are_no_facts_say_where_and_why() {
    let directory = tempfile::tempdir().unwrap();
    let at = |name: &str| directory.path().join(name);
    nix::unistd::mkfifo(&at("fifo.txt"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    nix::unistd::mkfifo(&at("fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    symlink("loop.yaml", at("loop.yaml")).unwrap();
    symlink(".", at("self.json")).unwrap();
    fs::File::create(at("large.txt")).unwrap().set_len(1 << 30).unwrap();
    fs::write(at("latin1.txt"), b"a=1\nb=\xe9\n").unwrap();
    fs::write(at("broken.json"), "{\"a\": 1,\n \"b\" 2}").unwrap();
    fs::write(at("nan.json"), "{\"a\": NaN}").unwrap();
    fs::write(at("inf.yaml"), "good: 1\nbad: {x: [.inf]}\n").unwrap();
    let mut bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for n in 1..12 {
        let before = format!("*a{}", n - 1);
        bomb += &format!("a{n}: &a{n} [{}]\n", [before.as_str(); 10].join(","));
    }
    fs::write(at("bomb.yaml"), bomb).unwrap();
    fs::write(at("deep.json"), "[".repeat(100_000)).unwrap();
    fs::write(at("good.txt"), "fine=yes\n").unwrap();
    let gathered = gather(directory.path());
    let said: Vec<String> =
        gathered.remarks.iter().map(|remark| remark.fault().to_string()).collect();
    let said = said.join("\n");
    for part in [
        "fifo.txt: it is no regular file",
        "loop.yaml: the link leads to no file",
        "self.json: it is a directory",
        "large.txt: the file is larger than",
        "latin1.txt:2:3: a character that is not UTF-8",
        "broken.json:2:6: not JSON",
        "nan.json:1:",
        "inf.yaml: key 'bad': it is infinite",
        "bomb.yaml:",
        "deep.json:",
    ] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert_eq!(json(&gathered), serde_json::json!({"fine": "yes", "good": 1}));
    assert!(gathered.is_broken());
}
