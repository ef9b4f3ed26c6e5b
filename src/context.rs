//! What the process was given: read once, handed down.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use jiff::Timestamp;

/// Arguments, environment, terminal and clock.
pub struct Context {
    /// The command line, the program's name first.
    pub arguments: Vec<OsString>,
    /// Environment variables that are text.
    pub environment: BTreeMap<String, String>,
    /// Whether standard output is a terminal.
    pub stdout_is_terminal: bool,
    /// Whether standard error is a terminal.
    pub stderr_is_terminal: bool,
    /// The time.
    pub now: Timestamp,
}

impl Context {
    /// The context of this process.
    pub fn of_process() -> Self {
        let text = |(key, value): (OsString, OsString)| {
            Some((key.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            arguments: std::env::args_os().collect(),
            environment: std::env::vars_os().filter_map(text).collect(),
            stdout_is_terminal: io::stdout().is_terminal(),
            stderr_is_terminal: io::stderr().is_terminal(),
            now: Timestamp::now(),
        }
    }

    /// An environment variable that is set and not empty.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Where this user's caches are, as the XDG base directory specification says.
    pub fn cache(&self) -> Option<PathBuf> {
        let absolute = |name| self.variable(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let home = || Some(absolute("HOME")?.join(".cache"));
        Some(absolute("XDG_CACHE_HOME").or_else(home)?.join("groundrule"))
    }

    /// Where this user's state is kept, as the same specification says.
    pub fn state(&self) -> Option<PathBuf> {
        let absolute = |name| self.variable(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let home = || Some(absolute("HOME")?.join(".local/state"));
        Some(absolute("XDG_STATE_HOME").or_else(home)?.join("groundrule"))
    }

    /// Whether a stream is coloured, by what the user asked for, the environment, the terminal.
    pub fn color(&self, asked: Color, is_terminal: bool) -> bool {
        match asked {
            Color::Always => true,
            Color::Never => false,
            Color::Auto if self.variable("NO_COLOR").is_some() => false,
            Color::Auto if self.forced("FORCE_COLOR") || self.forced("CLICOLOR_FORCE") => true,
            Color::Auto => is_terminal && self.variable("TERM") != Some("dumb"),
        }
    }

    fn forced(&self, name: &str) -> bool {
        self.variable(name).is_some_and(|value| value != "0")
    }
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
