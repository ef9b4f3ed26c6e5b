//! A file's text, within limits.

use std::fs::{File, Metadata};
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use crate::Fault;

/// The text of a file and how it was when it was opened; none where there is no such file.
///
/// # Errors
///
/// Where it cannot be opened or read, is no regular file (a FIFO is never opened), is larger than `most` bytes, or is not UTF-8.
pub fn read(path: &Path, most: u64) -> Result<Option<(String, Metadata)>, Fault> {
    let Some(metadata) = stat(path)? else { return Ok(None) };
    if metadata.len() > most {
        return Err(too_large(most).of(path));
    }
    let unreadable = |error: &std::io::Error| {
        Fault::new(format!("cannot be read: {error}"), "see to it that it can be read").of(path)
    };
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    let metadata = file.metadata().map_err(|error| unreadable(&error))?;
    regular(&metadata).map_err(|fault| fault.of(path))?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(most)).unwrap_or(0) + 1);
    // A file that grows while it is read is no reason to read without end.
    file.take(most + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > most {
        return Err(too_large(most).of(path));
    }
    text(bytes).map(|text| Some((text, metadata))).map_err(|fault| fault.of(path))
}

/// The text of a file that must be there; `help` says how another one is named.
///
/// # Errors
///
/// As [`read`], and where there is no such file.
pub fn required(path: &Path, most: u64, help: &str) -> Result<String, Fault> {
    let missing = || Fault::new("there is no such file", help).of(path);
    read(path, most)?.map(|(text, _)| text).ok_or_else(missing)
}

/// What a path leads to, if it is a regular file; none where there is nothing.
///
/// # Errors
///
/// Where that cannot be told (no permission, links that lead to themselves), or it is something else.
pub fn stat(path: &Path) -> Result<Option<Metadata>, Fault> {
    match path.metadata() {
        Ok(metadata) => regular(&metadata).map(|()| Some(metadata)).map_err(|fault| fault.of(path)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            Ok(None)
        }
        Err(error) => {
            Err(Fault::new(format!("cannot be read: {error}"), "see to it that it can be read")
                .of(path))
        }
    }
}

fn regular(metadata: &Metadata) -> Result<(), Fault> {
    if metadata.is_file() {
        return Ok(());
    }
    let what = if metadata.is_dir() {
        "a directory"
    } else {
        "no regular file (a pipe, socket or device)"
    };
    Err(Fault::new(format!("it is {what}"), "put a file there"))
}

fn too_large(most: u64) -> Fault {
    Fault::new(
        format!("the file is larger than {most} bytes"),
        "split it, or remove what is no data",
    )
}

/// Bytes as text.
///
/// # Errors
///
/// With line and column of the first byte that is not UTF-8.
pub fn text(bytes: Vec<u8>) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
        let start = good.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let column = String::from_utf8_lossy(&good[start..]).chars().count() as u64 + 1;
        Fault::new("a character that is not UTF-8", "save the file as UTF-8").at(line, column)
    })
}
