//! What destinations refuse for good: kept with the reason, as the pipeline keeps it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use groundrule_core::delivery::{CarryError, Message};
use groundrule_core::event::{Event, EventId};
use groundrule_pipeline::flow::Refused;
use groundrule_transport::{Settings, sink};

use super::naming::host;

/// The file with dead letters.
pub struct DeadLetters {
    file: PathBuf,
}

impl DeadLetters {
    /// Those in a directory.
    pub fn new(directory: &Path) -> Self {
        Self { file: directory.join("dead-letters.ndjson") }
    }

    /// Keeps a message, and returns when it is on the disk.
    pub async fn keep(&self, message: &Message, url: &str, reason: &str) -> Result<(), CarryError> {
        let now = jiff::Timestamp::now().as_microsecond() as f64 / 1e6;
        let body = &message.body;
        let event = Event::read(body.clone()).ok();
        let eventid = event.as_ref().and_then(Event::eventid).unwrap_or_default();
        let refused = Refused { body, eventid, destination: url, reason };
        let id = || EventId::of(now, &[url.as_bytes(), body]);
        let letter = refused.letter(&host(), now).identified(id, now);
        self.write(letter).await.map_err(|why| {
            let file = self.place();
            CarryError::Away(format!(
                "{reason}; nor can it be kept as a dead letter in {file}: {why}"
            ))
        })
    }

    async fn write(&self, letter: Event) -> Result<(), String> {
        let text = |error: std::io::Error| error.to_string();
        let directory = self.file.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(directory).map_err(text)?;
        let url = format!("file:{}?sync=yes", self.file.display());
        let mut file = sink(&url, &Settings::default()).map_err(|error| error.to_string())?;
        let letter = [Message::new(letter.raw().clone())];
        file.send(&letter).await.map_err(|error| error.to_string())?;
        // The name of the file as well, should it be new.
        File::open(directory).and_then(|directory| directory.sync_all()).map_err(text)
    }

    /// Where they are.
    pub fn place(&self) -> std::path::Display<'_> {
        self.file.display()
    }
}
