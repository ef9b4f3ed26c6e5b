//! Results of programs that are kept for a time: `role.sh.ttl` says for how many seconds, and
//! `.role.sh.kept` holds the result.

use std::fs::{self, Metadata};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::Programs;
use super::program::{self, Printed};

/// How long the text of a time may be, in bytes.
const LONGEST: u64 = 32;

/// What is kept of a program's run.
#[derive(Serialize, Deserialize)]
struct Kept {
    /// When it ran, in seconds since 1970.
    at: i64,
    /// Which program it was: when it was changed, in seconds and nanoseconds, and its size.
    program: (i64, i64, u64),
    /// What it printed.
    text: String,
}

/// What a program printed the last time, if that is kept still; else what it prints now.
pub(super) async fn or_run(path: &Path, how: &Programs) -> Result<Printed, String> {
    let (seconds, fault) = match time_to_live(path) {
        Ok(seconds) => (seconds, None),
        Err(reason) => (None, Some(reason)),
    };
    let Some(seconds) = seconds else {
        let mut printed = program::run(path, how).await?;
        add(&mut printed.warning, fault);
        return Ok(printed);
    };
    let metadata = path.metadata().map_err(|error| error.to_string())?;
    let beside = beside(path, ".", ".kept");
    if let Some(text) = fresh(&beside, &metadata, seconds, how) {
        return Ok(Printed { text, warning: None, is_good: true });
    }
    let mut printed = program::run(path, how).await?;
    if printed.is_good {
        let kept = Kept { at: how.now, program: identity(&metadata), text: printed.text.clone() };
        add(&mut printed.warning, keep(&beside, &kept).err());
    }
    Ok(printed)
}

fn add(warning: &mut Option<String>, more: Option<String>) {
    match (warning.as_mut(), more) {
        (Some(warning), Some(more)) => *warning = format!("{warning}; {more}"),
        (None, more) => *warning = more,
        (Some(_), None) => {}
    }
}

fn beside(path: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = std::ffi::OsString::from(before);
    name.push(path.file_name().unwrap_or_default());
    name.push(after);
    path.with_file_name(name)
}

/// For how many seconds a result is kept; none if it is not.
fn time_to_live(path: &Path) -> Result<Option<i64>, String> {
    let file = beside(path, "", ".ttl");
    let Ok(metadata) = file.metadata() else { return Ok(None) };
    let text = if metadata.is_file() && metadata.len() <= LONGEST {
        fs::read_to_string(&file).unwrap_or_default()
    } else {
        String::new()
    };
    match text.trim().parse::<u32>() {
        Ok(0) => Ok(None),
        Ok(seconds) => Ok(Some(i64::from(seconds))),
        Err(_) => {
            Err(format!("{} is no number of seconds: its result is not kept", file.display()))
        }
    }
}

fn identity(metadata: &Metadata) -> (i64, i64, u64) {
    (metadata.mtime(), metadata.mtime_nsec(), metadata.size())
}

fn fresh(file: &Path, program: &Metadata, seconds: i64, how: &Programs) -> Option<String> {
    let metadata = file.symlink_metadata().ok()?;
    // A result that somebody else left there is none: JSON at most doubles the text but for
    // control characters.
    let most = 6 * how.most as u64 + 256;
    if !metadata.is_file() || metadata.uid() != program.uid() || metadata.len() > most {
        return None;
    }
    let kept: Kept = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let age = how.now.checked_sub(kept.at)?;
    ((0..seconds).contains(&age) && kept.program == identity(program)).then_some(kept.text)
}

fn keep(file: &Path, kept: &Kept) -> Result<(), String> {
    let directory = file.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut new = tempfile::NamedTempFile::new_in(directory)?;
        new.write_all(&serde_json::to_vec(kept)?)?;
        new.persist(file).map_err(|error| error.error)?;
        std::io::Result::Ok(())
    };
    write().map_err(|error| format!("its result cannot be kept in {}: {error}", file.display()))
}
