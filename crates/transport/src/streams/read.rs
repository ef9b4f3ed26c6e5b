//! Lines of standard input and of files, to their end.

use std::fs::File;
use std::io::{self, Read};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Source};
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::lines::{Lines, READ_BYTES};
use crate::intake::{Batch, Intake};
use crate::{Endpoint, Settings, query};

/// How long the thread may take to hand on what it has read.
const GRACE: Duration = Duration::from_millis(100);

/// A source that is read by a thread of its own: reading may wait for ever.
pub struct Reading {
    intake: Intake<Message>,
    thread: Arc<Progress>,
}

/// How far the thread is.
struct Progress(Mutex<State>);

struct State {
    stopped: bool,
    /// Whether it opens or reads at the moment, which may last for ever.
    waits: bool,
    /// How many bytes it has of a line whose end it has not.
    begun: u64,
}

impl Progress {
    fn new() -> Self {
        Self(Mutex::new(State { stopped: false, waits: true, begun: 0 }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether it may read on.
    fn begins(&self, lines: &Lines) -> bool {
        let mut state = self.state();
        state.begun = lines.begun();
        state.waits = !state.stopped;
        if state.stopped {
            state.warn();
        }
        state.waits
    }

    fn ends(&self) {
        self.state().waits = false;
    }
}

impl State {
    fn warn(&self) {
        if self.begun > 0 {
            let bytes = self.begun;
            tracing::warn!(bytes, "a line is dropped that was not read to its end before the stop");
        }
    }
}

/// Reads standard input.
pub fn stdin(endpoint: Endpoint, settings: &Settings) -> Result<Reading, CarryError> {
    query::known(&endpoint, &[])?;
    start(endpoint, || Ok(io::stdin().lock()), settings.max_message)
}

/// Reads a file.
pub fn file(endpoint: Endpoint, settings: &Settings) -> Result<Reading, CarryError> {
    query::known(&endpoint, &["sync"])?;
    let path = super::path(&endpoint)?.to_owned();
    // A directory can be opened and not read; that it is none is said now.
    let is_directory = std::fs::metadata(&path)
        .map_err(|error| query::refused(&endpoint, &format!("cannot read it: {error}")))?
        .is_dir();
    if is_directory {
        return Err(query::refused(&endpoint, "it is a directory: name a file"));
    }
    start(endpoint, move || File::open(path), settings.max_message)
}

fn start<R: Read>(
    endpoint: Endpoint,
    open: impl FnOnce() -> io::Result<R> + Send + 'static,
    max_message: usize,
) -> Result<Reading, CarryError> {
    let (input, intake) = Intake::new();
    let progress = Arc::new(Progress::new());
    let of_thread = Arc::clone(&progress);
    let failed = move |error| query::refused(&endpoint, &format!("cannot read it: {error}"));
    let failed_here = failed.clone();
    thread::Builder::new()
        .name("reading".to_owned())
        .spawn(move || {
            let read = open().and_then(|reader| read(reader, &input, max_message, &of_thread));
            if let Err(error) = read {
                // Whoever would hear it is gone if this fails.
                let _ = input.blocking_send(Err(failed(error)));
            }
        })
        .map_err(failed_here)?;
    Ok(Reading { intake, thread: progress })
}

fn read(
    mut reader: impl Read,
    input: &mpsc::Sender<Batch<Message>>,
    max_message: usize,
    progress: &Progress,
) -> io::Result<()> {
    let mut lines = Lines::new(max_message);
    loop {
        if !progress.begins(&lines) {
            return Ok(());
        }
        let buffer = lines.room();
        let before = buffer.len();
        buffer.resize(before + READ_BYTES, 0);
        let read = reader.read(&mut buffer[before..]);
        progress.ends();
        buffer.truncate(before + read.as_ref().map_or(0, |read| *read));
        match read {
            Ok(0) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let batch = lines.take();
        if !batch.is_empty() && input.blocking_send(Ok(batch)).is_err() {
            return Ok(());
        }
    }
    if let Some(last) = lines.end() {
        let _ = input.blocking_send(Ok(vec![last]));
    }
    Ok(())
}

#[async_trait]
impl Source for Reading {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        if self.thread.state().stopped {
            // It may just have read something, or read for ever.
            if let Ok(batch) = timeout(GRACE, self.intake.receive(max)).await {
                return batch;
            }
            let state = self.thread.state();
            if state.waits {
                state.warn();
                self.intake.close();
            }
        }
        self.intake.receive(max).await
    }

    /// A file is read from its beginning again.
    async fn settle(&mut self, _upto: u64) -> Result<(), CarryError> {
        Ok(())
    }

    /// What was read is still to be received: of standard input nobody else would read it.
    fn stop(&mut self) -> bool {
        self.thread.state().stopped = true;
        true
    }
}
