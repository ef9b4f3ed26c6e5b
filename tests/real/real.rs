//! Running the real systems.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A path of these tests.
pub fn here(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/real").join(name)
}

/// What was recorded from the real systems.
pub fn captured(name: &str) -> PathBuf {
    here("captured").join(name)
}

/// What was recorded, as text.
pub fn text(name: &str) -> String {
    std::fs::read_to_string(captured(name)).unwrap()
}

/// Runs a command, and returns what it prints; `needs` are the Debian packages that bring it.
pub fn run(command: &mut Command, input: &str, needs: &str) -> String {
    let shown = format!("{command:?}");
    let spawned =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child =
        spawned.unwrap_or_else(|e| panic!("{shown}: {e}; needs: apt-get install {needs}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{shown}: {said}\nneeds: apt-get install {needs}");
    writer.join().unwrap().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// Debian's ruby, which has Puppet and MCollective on its path.
pub fn ruby(script: &str) -> Command {
    let mut command = Command::new("/usr/bin/ruby");
    command.arg(here(script)).env("LC_ALL", "C.UTF-8");
    command
}
