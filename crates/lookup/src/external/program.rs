//! Runs a program that prints facts: without a shell, in a group of its own, for a limited time.

use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::Programs;

/// How much of a program's standard error is kept, in bytes.
const ERRORS: usize = 4 * 1024;

/// How long its outputs may stay open after it has ended: something that it left may hold them.
const DRAIN: Duration = Duration::from_secs(1);

/// What a program printed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Printed {
    /// Its standard output.
    pub(super) text: String,
    /// What is to be known besides: how it ended, what it said on standard error.
    pub(super) warning: Option<String>,
    /// Whether it ended well.
    pub(super) is_good: bool,
}

/// The program's process group, which ends with this value.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0.take() {
            // It may be that none of it is left.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// Runs a program to its end. What it has started in its group ends with it.
///
/// # Errors
/// Why there is nothing of it, in words: it does not start, takes too long, prints too much or no
/// text.
pub(super) async fn run(path: &Path, how: &Programs) -> Result<Printed, String> {
    let mut child = Command::new(path)
        .env_clear()
        .envs(how.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(path, &error))?;
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let group = Group(leader);
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = {
        let talk = async {
            let errors = async {
                beginning(stderr, ERRORS, &mut errors).await;
                Ok(())
            };
            tokio::try_join!(all(stdout, how.most, &mut output), errors)
        };
        tokio::pin!(talk);
        let mut over = false;
        let run = async {
            loop {
                tokio::select! {
                    status = child.wait() => break status.map_err(|error| format!("it got lost: {error}")),
                    told = &mut talk, if !over => match told {
                        Ok(_) => over = true,
                        Err(TooMuch) => break Err(too_much(how.most)),
                    },
                }
            }
        };
        let ended = timeout(how.limit, run).await;
        drop(group);
        match ended {
            Ok(Ok(_)) if !over => match timeout(DRAIN, &mut talk).await {
                Ok(Err(TooMuch)) => Ok(Err(too_much(how.most))),
                Ok(Ok(_)) | Err(_) => ended,
            },
            ended => ended,
        }
    };
    match ended {
        Ok(ended) => printed(output, &errors, ended?),
        Err(_) => {
            let limit = humantime::format_duration(how.limit);
            Err(format!("it took longer than {limit}, and was ended"))
        }
    }
}

/// More was printed than is kept.
struct TooMuch;

fn too_much(most: usize) -> String {
    format!("it prints more than {most} bytes, and was ended")
}

fn printed(output: Vec<u8>, errors: &[u8], status: ExitStatus) -> Result<Printed, String> {
    let text = String::from_utf8(output).map_err(|error| {
        format!("what it prints is not UTF-8 (byte {})", error.utf8_error().valid_up_to() + 1)
    })?;
    let said = String::from_utf8_lossy(errors);
    let said = said.trim();
    let mut warnings = Vec::new();
    if !status.success() {
        warnings.push(format!("it ended with {status}; what it printed counts"));
    }
    if !said.is_empty() {
        warnings.push(format!("it says on standard error: {said}"));
    }
    let warning = (!warnings.is_empty()).then(|| warnings.join("; "));
    Ok(Printed {
        text: text.trim_matches(|c: char| c.is_ascii_whitespace() || c == '\0').to_owned(),
        warning,
        is_good: status.success(),
    })
}

fn not_started(path: &Path, error: &std::io::Error) -> String {
    match error.raw_os_error().map(nix::errno::Errno::from_raw) {
        Some(nix::errno::Errno::ENOEXEC) => {
            "it is no program: begin it with a line such as #!/bin/sh".to_owned()
        }
        Some(nix::errno::Errno::ENOENT) if path.exists() => {
            "the interpreter that its first line names is not there".to_owned()
        }
        _ => format!("it cannot be started: {error}"),
    }
}

/// Reads to the end, unless that is too much.
async fn all(
    from: Option<impl AsyncRead + Unpin>,
    most: usize,
    kept: &mut Vec<u8>,
) -> Result<(), TooMuch> {
    let Some(from) = from else { return Ok(()) };
    let mut from = from.take(most as u64 + 1);
    // What broke off is what was printed.
    let _ = from.read_to_end(kept).await;
    if kept.len() > most { Err(TooMuch) } else { Ok(()) }
}

/// Reads to the end, and keeps the beginning.
async fn beginning(from: Option<impl AsyncRead + Unpin>, most: usize, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut piece = vec![0; 4 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let room = most.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&piece[..room]);
    }
}
