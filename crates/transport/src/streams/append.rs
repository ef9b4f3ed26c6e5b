//! Lines behind those that a file has.

use std::fs::File;
use std::io::{self, ErrorKind, Write};

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};

use crate::ndjson::lines;
use crate::{Endpoint, query};

/// A sink that appends to a file. It opens it for each batch, so that it may be moved away.
pub struct Append {
    endpoint: Endpoint,
    sync: bool,
    /// Whether a batch was written in part, so that the file may end within a line.
    torn: bool,
}

impl Append {
    /// Makes the file with the first message.
    pub fn new(endpoint: Endpoint) -> Result<Self, CarryError> {
        query::known(&endpoint, &["sync"])?;
        super::path(&endpoint)?;
        let sync = query::yes(&endpoint, "sync")?;
        Ok(Self { endpoint, sync, torn: false })
    }
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
        let mut text = lines(messages);
        if self.torn {
            text.insert(0, b'\n');
        }
        let (path, sync) = (self.endpoint.path.clone(), self.sync);
        // Should this be dropped, it is not known how much was written.
        self.torn = true;
        let done = tokio::task::spawn_blocking(move || append(&path, &text, sync)).await;
        let Err((error, written)) =
            done.unwrap_or_else(|error| Err((io::Error::other(error), usize::MAX)))
        else {
            self.torn = false;
            return Ok(());
        };
        self.torn = written > 0;
        let why = format!("{}: cannot append to it: {error}", self.endpoint);
        Err(match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied | ErrorKind::IsADirectory => {
                CarryError::Refused(why)
            }
            _ => CarryError::Away(why),
        })
    }
}
