//! Runs a program that asks the machines: without a shell, with nothing to read, in a process group
//! of its own, for a limited time, and with a bounded output.
//!
//! `choria req` reads its standard input to the end before it begins, and never ends while its
//! broker is away; neither must hold us up.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use groundrule_core::ports::StoreError;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::Command;
use tokio::time::timeout;

/// The replies of 100,000 machines have 20 MB.
const MOST_OUTPUT: u64 = 64 << 20;
/// Of what it says beside its output, this is kept.
const MOST_ERRORS: u64 = 64 << 10;

/// What a program left.
#[derive(Debug)]
pub(super) struct Ended {
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub output: String,
    /// The beginning of its standard error.
    pub errors: String,
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

/// Runs a program to its end.
///
/// # Errors
/// When it cannot be started, takes longer than it may, or says too much.
pub(super) async fn run(
    program: &Path,
    arguments: &[String],
    limit: Duration,
) -> Result<Ended, StoreError> {
    let name = program.display();
    let failed = |why: String| StoreError(format!("{name} {why}").into());
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| {
            failed(format!("cannot be started: {error}; install it, or name it in the address"))
        })?;
    let leader = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
    let group = Group(leader);
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let ended = timeout(limit, async {
        let read =
            futures::future::try_join(bounded(stdout, MOST_OUTPUT), bounded(stderr, MOST_ERRORS));
        let ((output, whole), (errors, _)) = read.await?;
        if !whole {
            return Ok(None);
        }
        let code = child.wait().await?.code();
        Ok(Some(Ended { code, output, errors }))
    });
    let ended: Result<std::io::Result<_>, _> = ended.await;
    drop(group);
    match ended {
        Ok(Ok(Some(ended))) => Ok(ended),
        Ok(Ok(None)) => Err(failed(format!("printed more than {} MB", MOST_OUTPUT >> 20))),
        Ok(Err(error)) => Err(failed(format!("got lost: {error}"))),
        Err(_) => Err(failed(format!(
            "took longer than {} and was ended: is its broker away? If it needs more time, set timeout in groundrule.toml",
            humantime::format_duration(limit)
        ))),
    }
}

/// What stands there up to so many bytes, and whether that is all. The rest is read and let go.
async fn bounded(
    from: Option<impl AsyncRead + Unpin>,
    most: u64,
) -> std::io::Result<(String, bool)> {
    let Some(mut from) = from else { return Ok((String::new(), true)) };
    let mut bytes = Vec::new();
    (&mut from).take(most).read_to_end(&mut bytes).await?;
    let rest = tokio::io::copy(&mut from, &mut tokio::io::sink()).await?;
    Ok((String::from_utf8_lossy(&bytes).into_owned(), rest == 0))
}

impl Ended {
    /// What it said last beside its output, without colours, for people.
    pub fn complaint(&self) -> String {
        let mut plain = String::new();
        let mut rest = self.errors.as_str();
        while let Some((before, behind)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            // A colour ends with its letter.
            rest =
                behind.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, rest)| rest);
        }
        plain.push_str(rest);
        let last = plain.lines().map(str::trim).rfind(|line| !line.is_empty());
        let said: String = last.unwrap_or_default().chars().take(300).collect();
        let code = match self.code {
            Some(code) => format!("it ended with {code}"),
            None => "a signal ended it".to_owned(),
        };
        match said.is_empty() {
            true => format!("{code} and said nothing"),
            false => format!("{code} and said: {said}"),
        }
    }
}
