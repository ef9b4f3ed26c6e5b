//! Lines behind those that a file has.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::FileExt;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};

use crate::ndjson::lines;
use crate::{Endpoint, query};

/// A sink that appends to a file. It opens it for each batch, so that it may be moved away.
pub struct Append {
    endpoint: Endpoint,
    sync: bool,
    /// Whether the file may end within a line: a batch was written in part, by this process or by
    /// one before it.
    torn: bool,
}

impl Append {
    /// Makes the file with the first message.
    pub fn new(endpoint: Endpoint) -> Result<Self, CarryError> {
        query::known(&endpoint, &["sync"])?;
        super::path(&endpoint)?;
        let sync = query::yes(&endpoint, "sync")?;
        Ok(Self { endpoint, sync, torn: true })
    }
}

/// Whether a file ends within a line. One that cannot be read may: an empty line does no harm.
fn is_torn(path: &str) -> bool {
    let Ok(meta) = fs::metadata(path) else { return false };
    if !meta.is_file() || meta.len() == 0 {
        return false;
    }
    let mut last = [0];
    let read = File::open(path).and_then(|file| file.read_exact_at(&mut last, meta.len() - 1));
    read.is_err() || last != *b"\n"
}

/// Appends a text in one piece; says how much of it is there if that fails.
fn append(path: &str, text: &[u8], sync: bool) -> Result<(), (io::Error, usize)> {
    let mut file =
        File::options().create(true).append(true).open(path).map_err(|error| (error, 0))?;
    let mut written = 0;
    while written < text.len() {
        match file.write(&text[written..]) {
            Ok(0) => return Err((ErrorKind::WriteZero.into(), written)),
            Ok(more) => written += more,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err((error, written)),
        }
    }
    if sync { file.sync_data().map_err(|error| (error, written)) } else { Ok(()) }
}

#[async_trait]
impl Sink for Append {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        let text = lines(messages);
        let (path, sync, look) = (self.endpoint.path.clone(), self.sync, self.torn);
        // Should this be dropped, it is not known how much was written.
        self.torn = true;
        let done = tokio::task::spawn_blocking(move || {
            let text = if look && is_torn(&path) { [b"\n", &text[..]].concat() } else { text };
            append(&path, &text, sync)
        });
        let done = done.await;
        let Err((error, written)) =
            done.unwrap_or_else(|error| Err((io::Error::other(error), usize::MAX)))
        else {
            self.torn = false;
            return Ok(());
        };
        self.torn = written > 0;
        let why = format!("{}: cannot append to it: {error}", self.endpoint);
        Err(CarryError::Away(why))
    }
}
