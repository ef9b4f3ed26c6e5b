//! Checks: commands that NRPE runs on a node, and what they come to.

use std::fmt;

use crate::Text;
use crate::event::Severity;
use crate::nagios::Output;
use crate::plain;

/// So much of what a plugin wrote is kept: a report shows a line, and nodes are many.
const KEPT: usize = 300;

/// The name of a check, as NRPE's configuration has it between brackets.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckName(Text);

/// A text that is no name of a check.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no name of a check")]
pub struct NoCheckName(String);

impl CheckName {
    /// Takes a name. It is handed to programs and to other machines, so that it may hold nothing
    /// that means something to them.
    ///
    /// # Errors
    /// When it is empty, or holds anything but letters, digits, `_`, `-` and `.`.
    pub fn new(written: &str) -> Result<Self, NoCheckName> {
        let may = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        match !written.is_empty() && written.chars().all(may) {
            true => Ok(Self(written.into())),
            false => Err(NoCheckName(written.to_owned())),
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CheckName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a check came to on a node: the plugin ran, and ended by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// The exit code of the plugin.
    pub code: i64,
    /// How well it is.
    pub state: Severity,
    /// The first line of what the plugin wrote, without performance data; fit to be shown.
    pub output: Text,
}

impl Checked {
    /// The result that an exit code and an output tell. A code that plugins do not have is UNKNOWN.
    #[must_use]
    pub fn new(code: i64, output: &str) -> Self {
        let state = u8::try_from(code).ok().and_then(Severity::of).unwrap_or(Severity::Unknown);
        let line = plain::line(&Output::read(output).text);
        let output = match line.char_indices().nth(KEPT) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        };
        Self { code, state, output: output.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_hold_nothing_that_means_something_elsewhere() {
        for good in ["check_load", "disk-1.root", "-x", "9"] {
            assert_eq!(CheckName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "a;b", "a=b", "a\n", "/etc/passwd", "$(x)", "é", "a!b"] {
            assert!(CheckName::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn codes_that_plugins_do_not_have_are_unknown() {
        let states = [-1, 0, 1, 2, 3, 4, 127, 256].map(|code| Checked::new(code, "").state);
        let unknown = Severity::Unknown;
        let known = [Severity::Ok, Severity::Warning, Severity::Critical];
        assert_eq!(states[0], unknown);
        assert_eq!(states[1..4], known);
        assert_eq!(states[4..], [unknown; 4]);
    }

    #[test]
    fn an_output_is_a_line_that_can_be_shown() {
        let output = |written: &str| Checked::new(0, written).output.to_string();
        assert_eq!(output("DISK OK - free: 3 GB | /=3;4\nmore"), "DISK OK - free: 3 GB");
        assert_eq!(output("a\u{1b}[2Jb\r\n"), "a\u{fffd}[2Jb");
        assert_eq!(output(&"é".repeat(301)), format!("{}…", "é".repeat(300)));
    }
}
