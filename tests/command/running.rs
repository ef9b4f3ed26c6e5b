//! Running the program on a directory of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The clock of the shipped estates.
pub const NOW: &str = "2026-11-01T00:00:00Z";

/// A directory of a test, in which the program runs.
pub struct Place {
    directory: tempfile::TempDir,
}

/// How a run ended.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Place {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// A place with an estate of three nodes a, b and c in the zones 1, 1 and 2.
    pub fn with_estate() -> Self {
        let place = Self::new();
        for (node, zone) in [("a", "1"), ("b", "1"), ("c", "2")] {
            let facts = format!("{{\"fqdn\": \"{node}\", \"zone\": \"{zone}\"}}");
            place.write(&format!("estate/facts/{node}.json"), facts);
        }
        place
    }

    /// The same with one feature file, `x.feature`.
    pub fn judging(feature: &str) -> Self {
        let place = Self::with_estate();
        place.write("x.feature", feature);
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file, and the folders on the way to it.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// The program in this directory, with nothing of the environment that could change what it does.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program(arguments);
        command.current_dir(self.directory.path()).env("HOME", self.directory.path());
        command
    }

    /// Runs the program in this directory.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().unwrap().into()
    }

    /// Judges `x.feature` and reads the document of `results`.
    pub fn results(&self, arguments: &[&str]) -> Value {
        let ran = self.run(&[&["x.feature", "--format", "results"], arguments].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"))
    }
}

fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_groundrule"));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command
}

/// Runs the program in the checkout, at the clock of the shipped estates.
pub fn in_checkout(arguments: &[&str]) -> Ran {
    let mut command = program(&[arguments, &["--now", NOW]].concat());
    command.current_dir(env!("CARGO_MANIFEST_DIR")).output().unwrap().into()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ran {
    /// All that a user sees.
    pub fn told(&self) -> String {
        let mut told = format!("exit code {}\n", self.code);
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                told.push_str(&format!("--- {name}\n{text}"));
            }
        }
        told
    }
}

/// Compares all that a user sees with the snapshot of this name; what differs between runs is masked.
#[macro_export]
macro_rules! told {
    ($name:expr, $ran:expr) => {
        insta::with_settings!({
            omit_expression => true,
            prepend_module_to_snapshot => false,
            filters => vec![
                (r"\([0-9]+\.[0-9]{3} s\)", "([time] s)"),
                (r"'time'=[0-9.]+s", "'time'=[time]s"),
                (r#"time="[0-9.]+""#, r#"time="[time]""#),
                (r#""seconds":[0-9.e-]+"#, r#""seconds":"[time]""#),
                (r#""duration":[0-9]+"#, r#""duration":"[time]""#),
                (r#""run":"[0-9A-Z]{26}""#, r#""run":"[run]""#),
            ],
        }, { insta::assert_snapshot!($name, $ran.told()) });
    };
}

/// A path of the checkout.
pub fn shipped(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name).display().to_string()
}
