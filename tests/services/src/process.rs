//! Processes that a script started.

use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// A process, told from a later one with the same number by its start time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    pub name: String,
    pid: i32,
    started: u64,
}

impl Process {
    /// Those that `directory` says were started.
    pub fn of(directory: &Path) -> Vec<Self> {
        let noted = std::fs::read_to_string(directory.join("processes")).unwrap_or_default();
        noted.lines().filter_map(Self::parse).collect()
    }

    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let name = words.next()?.to_owned();
        Some(Self { name, pid: words.next()?.parse().ok()?, started: words.next()?.parse().ok()? })
    }

    /// Whether it still runs. One that has ended and waits for its parent to notice does not; but
    /// while a thread of it is left, so are its sockets.
    pub fn runs(&self) -> bool {
        let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)) else {
            return false;
        };
        let fields = fields(&stat);
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok());
        let ended = fields[0] == "Z" && number(17).is_none_or(|threads| threads <= 1);
        !ended && number(19) == Some(self.started)
    }

    /// Sends it a signal, if it runs.
    pub fn signal(&self, signal: Signal) {
        if self.runs() {
            // It may end between the question and the signal: then there is nothing to do.
            let _ = kill(Pid::from_raw(self.pid), signal);
        }
    }

    /// Holds it and waits until it stands: each thread goes on until it has noticed the signal, and may
    /// answer a question meanwhile.
    pub fn stop(&self) {
        self.signal(Signal::SIGSTOP);
        while self.runs() && !self.stands() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn stands(&self) -> bool {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.pid));
        threads.into_iter().flatten().flatten().all(|thread| {
            // One that ends meanwhile does nothing any more.
            let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
            !matches!(fields(&stat)[0], "R" | "S" | "D")
        })
    }

    /// Kills it and waits until it is gone.
    pub fn kill(&self) {
        self.signal(Signal::SIGKILL);
        while self.runs() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What /proc tells of a process or thread from its state on. Its name before that, in brackets, may
/// hold blanks and brackets itself.
fn fields(stat: &str) -> Vec<&str> {
    stat.rsplit(") ").next().unwrap_or_default().split(' ').collect()
}
