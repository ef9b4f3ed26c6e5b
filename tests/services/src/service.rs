//! A server that runs for a test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::free_port;
use crate::process::Process;

/// What a script exits with when something is not installed.
const NOT_INSTALLED: i32 = 2;

/// A running server. It ends when this is dropped.
#[derive(Debug)]
pub struct Service {
    name: &'static str,
    directory: TempDir,
    options: Vec<String>,
    ports: Vec<(String, u16)>,
    user: String,
    password: String,
}

impl Service {
    /// Starts the server of this name on a port that is free.
    pub(crate) fn start(name: &'static str, options: &[&str]) -> Self {
        let started = Self::attempt(name, free_port(), options).or_else(|why| {
            // Somebody may take a port between its choice and its use.
            if taken(&why) { Self::attempt(name, free_port(), options) } else { Err(why) }
        });
        started.unwrap_or_else(|why| panic!("{why}"))
    }

    /// Starts the server of this name, which belongs to that port.
    pub(crate) fn start_at(name: &'static str, port: u16, options: &[&str]) -> Self {
        Self::attempt(name, port, options).unwrap_or_else(|why| panic!("{why}"))
    }

    fn attempt(name: &'static str, port: u16, options: &[&str]) -> Result<Self, String> {
        let mut service = Self {
            name,
            directory: tempfile::Builder::new().prefix(name).tempdir().expect("a directory"),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            ports: Vec::new(),
            user: String::new(),
            password: String::new(),
        };
        service.up(port)?;
        service.ports = service.read_ports();
        (service.user, service.password) = service.read_login();
        Ok(service)
    }

    fn up(&self, port: u16) -> Result<(), String> {
        let output = self.script("up", Some(port));
        if output.status.success() {
            return Ok(());
        }
        let why = format!(
            "{} can't be started:\n{}",
            self.name,
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
        assert_ne!(output.status.code(), Some(NOT_INSTALLED), "{why}");
        Err(why)
    }

    fn script(&self, command: &str, port: Option<u16>) -> Output {
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ci/services").join(self.name);
        Command::new(&script)
            .arg(command)
            .arg(self.directory())
            .args(port.map(|port| port.to_string()))
            .args(&self.options)
            .arg(format!("owner={}", std::process::id()))
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("{}: {error}", script.display()))
    }

    fn read(&self, file: &str) -> String {
        std::fs::read_to_string(self.directory().join(file)).unwrap_or_default()
    }

    fn read_ports(&self) -> Vec<(String, u16)> {
        let ports = self.read("ports");
        let pairs = ports.lines().filter_map(|line| line.split_once(' '));
        pairs.filter_map(|(name, port)| Some((name.to_owned(), port.parse().ok()?))).collect()
    }

    fn read_login(&self) -> (String, String) {
        let login = self.read("login");
        let (user, password) = login.trim_end().split_once(' ').unwrap_or_default();
        (user.to_owned(), password.to_owned())
    }

    /// Where it listens: the loopback interface.
    #[must_use]
    pub fn host(&self) -> &'static str {
        "127.0.0.1"
    }

    /// The port that it is there for.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports[0].1
    }

    /// Another one of its ports, by name.
    #[must_use]
    pub fn port_of(&self, name: &str) -> u16 {
        let found = self.ports.iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("{} has only the ports {:?}", self.name, self.ports)).1
    }

    /// Who may log in; empty where nobody need.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// ... and with what.
    #[must_use]
    pub fn password(&self) -> &str {
        &self.password
    }

    /// Everything that it writes.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The certificate of the authority that signed its own.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.directory().join("tls/ca.pem")
    }

    /// A certificate for a client, and its key.
    #[must_use]
    pub fn certificate(&self) -> (PathBuf, PathBuf) {
        let file = |name| self.directory().join("tls").join(name);
        (file("client.pem"), file("client.key"))
    }

    /// The configuration that `mco -c` takes.
    #[must_use]
    pub fn client_config(&self) -> PathBuf {
        self.directory().join("client.cfg")
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub fn kill(&self) {
        Process::of(self.directory()).iter().for_each(Process::kill);
    }

    /// Kills one of its processes, such as a node of MCollective.
    pub fn kill_process(&self, name: &str) {
        self.process(name).kill();
    }

    /// Holds one of its processes as [`Service::stop`] does all of them.
    pub fn stop_process(&self, name: &str) {
        self.process(name).stop();
    }

    /// Holds it (SIGSTOP) and waits until it stands: connections are still accepted, but nothing answers.
    pub fn stop(&self) {
        Process::of(self.directory()).iter().for_each(Process::stop);
    }

    /// Lets it go on after [`Service::stop`].
    pub fn cont(&self) {
        Process::of(self.directory()).iter().for_each(|process| process.signal(Signal::SIGCONT));
    }

    /// Starts it again on the same ports, with the same data; kills it first if it runs.
    pub fn restart(&self) {
        self.kill();
        self.up(self.port()).unwrap_or_else(|why| panic!("{why}"));
    }

    /// Whether it runs: all of its processes do.
    #[must_use]
    pub fn runs(&self) -> bool {
        let processes = Process::of(self.directory());
        !processes.is_empty() && processes.iter().all(Process::runs)
    }

    fn process(&self, name: &str) -> Process {
        let mut processes = Process::of(self.directory()).into_iter();
        let found = processes.find(|process| process.name == name);
        found.unwrap_or_else(|| panic!("{} has no process {name}", self.name))
    }
}

/// Whether a log tells that a port was not free.
fn taken(log: &str) -> bool {
    let log = log.to_lowercase();
    log.contains("already in use") || log.contains("eaddrinuse")
}

impl Drop for Service {
    fn drop(&mut self) {
        self.kill();
    }
}
