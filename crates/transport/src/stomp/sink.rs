//! Messages to a queue or a topic.

use std::collections::VecDeque;

use async_trait::async_trait;
use bytes::BytesMut;
use groundrule_core::delivery::{CarryError, Message, Sink};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{info, warn};

use super::connection::connect;
use super::encode::{Outgoing, encode_head};
use super::frame::Version;
use super::link::{Chunk, Link};
use super::options::Options;
use super::patience::Patience;
use super::refusal::is_too_large;
use crate::mendable;

/// The most messages of a chunk.
const CHUNK: usize = 512;
/// The bytes after which a chunk is full.
const CHUNK_BYTES: usize = 256 << 10;
/// The most chunks that are on their way without a receipt.
const WINDOW: usize = 8;
/// From this size on, a body is written from where it lies.
const LARGE: usize = 32 << 10;

/// Sends, over one connection after another.
pub struct Publisher {
    options: Options,
    open: Option<Open>,
    next: usize,
}

/// A connection and what it needs to know.
struct Open {
    link: Link,
    version: Version,
    /// Whether a receipt for a message says that all before it arrived as well.
    ordered: bool,
}

impl Publisher {
    /// One that connects when it first sends.
    pub fn new(options: Options) -> Self {
        Self { options, open: None, next: 0 }
    }

    /// The connection, if it still is one.
    async fn connected(&mut self) -> Result<&Open, CarryError> {
        if let Some(fault) = self.open.as_ref().and_then(|open| open.link.fault()) {
            warn!(address = self.options.shown, error = %fault, "connection lost");
            self.open = None;
        }
        if self.open.is_none() {
            let connection = connect(&self.options, &mut self.next).await?;
            info!(address = self.options.shown, server = connection.server, "connected");
            let version = connection.version;
            // RabbitMQ confirms what it wrote to disk, and small messages may overtake large ones.
            let ordered = connection.server.starts_with("ActiveMQ") || !self.options.kept;
            self.open = Some(Open { link: Link::new(connection), version, ordered });
        }
        self.open.as_ref().ok_or_else(|| CarryError::Away(self.options.shown.clone()))
    }
}

#[async_trait]
impl Sink for Publisher {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        let mut done = 0;
        let mut patience = Patience::default();
        let mut until = Instant::now() + self.options.timeout;
        while done < messages.len() {
            let tried = timeout_at(until, self.connected()).await;
            let lost = match tried {
                Ok(Ok(_)) => {
                    let before = done;
                    let passed = self.pass(messages, &mut done, &mut until).await;
                    if done > before {
                        patience.renew();
                    }
                    let Err(lost) = passed else {
                        return Ok(());
                    };
                    self.open = None;
                    if is_too_large(&lost) {
                        // One of these messages is never taken; alone, it says which.
                        return Err(CarryError::Refused(format!("{}: {lost}", self.options.shown)));
                    }
                    lost
                }
                Ok(Err(error)) => error,
                Err(_) => CarryError::Away("no broker greeted us in time".into()),
            };
            let again = Instant::now() + patience.wait();
            if matches!(lost, CarryError::Refused(_)) {
                return Err(mendable(lost));
            }
            if again >= until {
                return Err(CarryError::Away(format!("{}: {lost}", self.options.shown)));
            }
            sleep_until(again).await;
        }
        Ok(())
    }
}

impl Publisher {
    /// Sends from message `done` on; counts there what is confirmed, and grants time for the next
    /// whenever something is.
    async fn pass(
        &self,
        messages: &[Message],
        done: &mut usize,
        until: &mut Instant,
    ) -> Result<(), CarryError> {
        let Some(open) = &self.open else {
            return Err(CarryError::Away("no connection".into()));
        };
        let slow = |_| CarryError::Away("the broker does not confirm what it got in time".into());
        let mut confirmed = open.link.next();
        let mut sent = *done;
        // How many messages each chunk on its way has.
        let mut flying: VecDeque<usize> = VecDeque::new();
        while *done < messages.len() {
            if sent < messages.len() && flying.len() < WINDOW {
                let number = confirmed + flying.len() as u64;
                let (chunk, count) = self.chunk(open, number, &messages[sent..])?;
                timeout_at(*until, open.link.write(chunk)).await.map_err(slow)??;
                sent += count;
                flying.push_back(count);
                continue;
            }
            let now = timeout_at(*until, open.link.confirmed(confirmed)).await.map_err(slow)??;
            for _ in confirmed..now {
                *done += flying.pop_front().unwrap_or_default();
            }
            confirmed = now;
            *until = Instant::now() + self.options.timeout;
        }
        Ok(())
    }

    /// Puts the first of these messages together, and says how many.
    fn chunk(
        &self,
        open: &Open,
        number: u64,
        messages: &[Message],
    ) -> Result<(Chunk, usize), CarryError> {
        let bytes = messages.iter().scan(0, |sum, message| {
            let before = *sum;
            *sum += message.body.len() + 128;
            Some(before)
        });
        let count = bytes.take(CHUNK).take_while(|before| *before < CHUNK_BYTES).count();
        let number = number.to_string();
        // ActiveMQ takes a transaction more quickly than its messages one by one.
        let together = open.ordered && self.options.kept && count > 1;
        let (transaction, receipt) =
            (("transaction", number.as_str()), ("receipt", number.as_str()));
        let mut parts = Vec::new();
        let mut buffer = BytesMut::with_capacity(CHUNK_BYTES / 4);
        if together {
            self.frame(open, "BEGIN", &[transaction], &[], &mut buffer)?;
            buffer.extend_from_slice(b"\0");
        }
        let mut headers = vec![
            ("destination", self.options.destination.as_str()),
            ("content-type", "application/json"),
        ];
        headers.extend(self.options.kept.then_some(("persistent", "true")));
        let bare = headers.len();
        headers.push(if together { transaction } else { receipt });
        for (at, message) in messages[..count].iter().enumerate() {
            let marked = together || !open.ordered || at + 1 == count;
            let headers = if marked { &headers[..] } else { &headers[..bare] };
            self.frame(open, "SEND", headers, &message.body, &mut buffer)?;
            if message.body.len() < LARGE {
                buffer.extend_from_slice(&message.body);
            } else {
                parts.push(buffer.split().freeze());
                parts.push(message.body.clone());
            }
            buffer.extend_from_slice(b"\0");
        }
        if together {
            self.frame(open, "COMMIT", &[transaction, receipt], &[], &mut buffer)?;
            buffer.extend_from_slice(b"\0");
        }
        parts.push(buffer.freeze());
        let receipts = if open.ordered { 1 } else { count };
        Ok((Chunk { parts, receipts }, count))
    }

    /// A frame up to where its body begins.
    fn frame(
        &self,
        open: &Open,
        command: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        to: &mut BytesMut,
    ) -> Result<(), CarryError> {
        encode_head(Some(open.version), &Outgoing { command, headers, body }, to)
            .map_err(|error| CarryError::Refused(format!("{}: {error}", self.options.shown)))
    }
}
