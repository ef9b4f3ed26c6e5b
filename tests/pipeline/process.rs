//! A pipeline that runs beside the test.

use std::fs::File;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::running::Place;

/// A running pipeline; ends with the test.
pub struct Pipeline {
    child: Child,
}

impl Pipeline {
    /// Starts one in a place; what it says goes to `pipeline.log`.
    pub fn start(place: &Place, arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let log = File::options().create(true).append(true).open(place.path("pipeline.log"));
        let child = place
            .command(&[&["pipeline"], arguments].concat())
            .envs(variables.iter().copied())
            .stderr(log.unwrap())
            .stdout(Stdio::null())
            .spawn();
        Self { child: child.unwrap() }
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Asks it to end, and waits until it has; its exit code.
    pub fn end(mut self) -> Option<i32> {
        self.signal(Signal::SIGTERM);
        self.child.wait().unwrap().code()
    }

    /// Kills it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        // One that has ended already cannot be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until something is so; says what was seen last if it never is.
pub fn until<T: std::fmt::Debug>(what: &str, mut look: impl FnMut() -> Result<(), T>) {
    let end = Instant::now() + Duration::from_secs(120);
    loop {
        match look() {
            Ok(()) => return,
            Err(seen) if Instant::now() > end => panic!("{what}; seen last: {seen:?}"),
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}
