//! Runs a program: without a shell, in a group of its own, for a limited time, and keeps a bounded
//! part of what it says.

use std::process::Stdio;
use std::time::Duration;

use bytes::Bytes;
use groundrule_core::event::Event;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;
use tokio::time::timeout;

use super::outcome::beginning;
use super::{ActionError, Outcome};

/// How much is kept of each of a program's two outputs.
const KEPT: usize = 32 * 1024;

/// How long outputs may stay open after a program and its group have ended: something that left
/// the group may still hold them.
const DRAIN: Duration = Duration::from_secs(1);

/// A program that is to be run.
pub(super) struct Program<'a> {
    /// The program and its arguments.
    pub(super) words: &'a [String],
    /// What it reads; nothing if there is none.
    pub(super) input: Option<Bytes>,
    /// Its whole environment.
    pub(super) environment: &'a [(String, String)],
    /// How long it may take.
    pub(super) limit: Duration,
    /// How much of its standard output is kept.
    pub(super) keep: usize,
}

/// What a program left.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; none if a signal ended it.
    pub(super) code: Option<i32>,
    /// The beginning of its standard output.
    pub(super) output: Vec<u8>,
    /// The beginning of its standard error.
    pub(super) errors: Vec<u8>,
}

impl Ended {
    /// What it said, for people.
    pub(super) fn outcome(&self) -> Outcome {
        let said = if self.output.is_empty() { &self.errors } else { &self.output };
        Outcome { code: self.code, output: beginning(said), figures: Vec::new() }
    }

    /// What it said, if it says that all went well.
    pub(super) fn judged(self, name: &str) -> Result<Outcome, ActionError> {
        let outcome = self.outcome();
        match outcome.code {
            Some(0) => Ok(outcome),
            Some(code) => {
                Err(ActionError::away(format!("{name} ended with exit code {code}")).with(outcome))
            }
            None => Err(ActionError::away(format!("{name} was ended by a signal")).with(outcome)),
        }
    }
}

/// A process group, which ends with this value.
struct Group(Option<Pid>);

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.0.take() {
            // It may be that none of it is left.
            let _ = killpg(leader, Signal::SIGKILL);
        }
    }
}

/// Runs a program with an event on its standard input, and keeps the beginning of what it prints.
///
/// # Errors
/// As [`run`].
pub(super) async fn told(
    event: &Event,
    words: &[String],
    environment: &[(String, String)],
    limit: Duration,
) -> Result<Ended, ActionError> {
    let input = Some(event.raw().clone());
    run(Program { words, input, environment, limit, keep: KEPT }).await
}

/// Runs a program to its end, or to the end of its time. Whatever it has started in its group ends
/// with it, also when this is not waited for any more.
pub(super) async fn run(program: Program<'_>) -> Result<Ended, ActionError> {
    let Some((name, arguments)) = program.words.split_first() else {
        return Err(ActionError::refused("there is no program to run"));
    };
    let stdin = if program.input.is_some() { Stdio::piped() } else { Stdio::null() };
    let mut child = Command::new(name)
        .args(arguments)
        .env_clear()
        .envs(program.environment.iter().map(|(name, value)| (name, value)))
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| not_started(name, &error))?;
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let group = Group(leader);
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let told = {
        let talk = async {
            tokio::join!(
                write(stdin, program.input),
                keep(stdout, program.keep, &mut output),
                keep(stderr, KEPT, &mut errors)
            );
        };
        tokio::pin!(talk);
        let mut over = false;
        let ending = async {
            loop {
                tokio::select! {
                    status = child.wait() => break status,
                    () = &mut talk, if !over => over = true,
                }
            }
        };
        let told = timeout(program.limit, ending).await;
        drop(group);
        if !over {
            let _ = timeout(DRAIN, &mut talk).await;
        }
        told
    };
    let code = match &told {
        Ok(Ok(status)) => status.code(),
        Ok(Err(_)) | Err(_) => None,
    };
    let ended = Ended { code, output, errors };
    match told {
        Ok(Ok(_)) => Ok(ended),
        Ok(Err(error)) => Err(ActionError::away(format!("{name} got lost: {error}"))),
        Err(_) => {
            let _ = timeout(DRAIN, child.wait()).await;
            let limit = humantime::format_duration(program.limit);
            let reason = format!("{name} took longer than {limit}, and was ended");
            Err(ActionError::away(reason).with(ended.outcome()))
        }
    }
}

fn not_started(name: &str, error: &std::io::Error) -> ActionError {
    use std::io::ErrorKind::{ArgumentListTooLong, InvalidInput, NotFound, PermissionDenied};
    let reason = format!("{name} cannot be started: {error}");
    match error.kind() {
        NotFound | PermissionDenied | InvalidInput | ArgumentListTooLong => {
            ActionError::refused(reason)
        }
        _ => ActionError::away(reason),
    }
}

async fn write(to: Option<tokio::process::ChildStdin>, input: Option<Bytes>) {
    if let (Some(mut to), Some(input)) = (to, input) {
        // A program need not read what it is given.
        let _ = to.write_all(&input).await;
        let _ = to.write_all(b"\n").await;
    }
}

/// Reads to the end, and keeps the beginning.
async fn keep(from: Option<impl AsyncRead + Unpin>, most: usize, kept: &mut Vec<u8>) {
    let Some(mut from) = from else { return };
    let mut piece = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        let room = most.saturating_sub(kept.len()).min(read);
        kept.extend_from_slice(&piece[..room]);
    }
}
