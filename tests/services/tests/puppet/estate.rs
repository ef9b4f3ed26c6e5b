//! A machine that Puppet manages, in a directory.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use groundrule_services::Service;
use serde_json::Value;
use tempfile::TempDir;

/// The module's directory.
pub fn module() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../puppet/groundrule").canonicalize().unwrap()
}

/// The machine `web1.example.net`.
pub struct Machine {
    directory: TempDir,
}

/// What a run came to.
pub struct Ran {
    pub code: i32,
    pub warnings: Vec<String>,
}

impl Machine {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for part in ["conf/groundrule", "var", "modules", "files"] {
            std::fs::create_dir_all(directory.path().join(part)).unwrap();
        }
        let link = directory.path().join("modules/groundrule");
        std::os::unix::fs::symlink(module(), link).unwrap();
        Self { directory }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Says where events go.
    pub fn configure(&self, text: &str) {
        std::fs::write(self.path("conf/groundrule/events.yaml"), text).unwrap();
    }

    /// Applies a manifest, in which `$dir` is a directory of the machine.
    pub fn apply(&self, manifest: &str) -> Ran {
        let site = self.path("site.pp");
        let files = self.path("files");
        std::fs::write(&site, format!("$dir = '{}'\n{manifest}", files.display())).unwrap();
        let mut command = Command::new("puppet");
        command.arg("apply").arg("--detailed-exitcodes").arg("--modulepath");
        self.ran(command.arg(self.path("modules")).arg(&site))
    }

    /// Has the agent ask this server.
    pub fn agent(&self, server: &Service) -> Ran {
        let port = server.port().to_string();
        let mut command = Command::new("puppet");
        command.args(["agent", "--test", "--server", "localhost", "--serverport", &port]);
        self.ran(command.arg("--ssldir").arg(self.path("ssl")))
    }

    fn ran(&self, command: &mut Command) -> Ran {
        let output = command
            .args(["--color", "false", "--certname", "web1.example.net"])
            .args([Path::new("--confdir"), &self.path("conf")])
            .args([Path::new("--vardir"), &self.path("var")])
            .env("HOME", self.directory.path())
            .stdin(Stdio::null())
            .output()
            .expect("ci/install installs puppet-agent");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let code = output.status.code().expect("an exit code");
        let ours = said.lines().filter(|line| line.contains("groundrule:")).map(str::to_owned);
        Ran { code, warnings: ours.collect() }
    }

    /// Events that were written to a file, one a line.
    pub fn events(&self, name: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Events that are kept for a later run.
    pub fn kept(&self) -> Vec<Value> {
        let spool = self.path("var/groundrule/spool");
        let files = std::fs::read_dir(spool).into_iter().flatten();
        let files = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let mut files: Vec<_> = files.collect();
        files.sort();
        let read = |file: &String| self.events(&format!("var/groundrule/spool/{file}"));
        files.iter().flat_map(read).collect()
    }
}

/// Each event in short: `type severity name`.
pub fn short(events: &[Value]) -> Vec<String> {
    let text = |event: &Value, field: &str| event[field].as_str().unwrap().to_owned();
    let line = |event| {
        let (kind, name) = (text(event, "type"), text(event, "name"));
        // Names of files are long, and differ from run to run.
        let name = match name.rsplit_once('/') {
            Some((before, after)) => format!("{}[{after}", before.split('[').next().unwrap()),
            None => name,
        };
        format!("{kind} {} {name}", event["severity"])
    };
    events.iter().map(line).collect()
}
