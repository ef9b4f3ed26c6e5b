//! One Ruby process that answers all cases of a test: JSON in, JSON out.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// What a script beside this file answers.
///
/// # Panics
///
/// Where Ruby is not there (`ci/install` installs it) or the script fails: a comparison that did not take place is no success.
pub fn ask<Q: Serialize, A: DeserializeOwned>(script: &str, question: &Q) -> A {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ruby").join(script);
    let mut child = Command::new("ruby")
        .env("LC_ALL", "C.UTF-8")
        .arg(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("ruby must be installed: run ci/install");
    let mut stdin = child.stdin.take().unwrap();
    let text = serde_json::to_vec(question).unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(&text));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{script} failed");
    serde_json::from_slice(&output.stdout).unwrap()
}
