//! The task that takes messages from the server, whatever becomes of the connection.

use std::time::Duration;

use async_nats::jetstream::consumer::Consumer;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::{Client, Subject, jetstream};
use bytes::Bytes;
use futures::StreamExt;
use groundrule_core::delivery::{CarryError, Message};
use tokio::sync::{mpsc, watch};
use tokio::time::sleep;

use super::options::Options;
use super::{keep, link};
use crate::intake::Batch;

/// How many messages are handed on at once.
const CHUNK: usize = 256;
/// How many messages the server may have under way to here.
const UNDER_WAY: usize = 2000;
/// ... and how many bytes of them; more than any message has.
const BYTES_UNDER_WAY: usize = 64 << 20;
/// How often the server says that it is there while it has no messages.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// How long the server waits for messages before it is asked again.
const EXPIRES: Duration = Duration::from_secs(30);
/// How much is kept of a message that is too large.
const KEPT_BYTES: usize = 64 << 10;

/// A message, and where to say that it is settled.
pub struct Fed {
    pub message: Message,
    pub reply: Option<Reply>,
}

/// Where to say that a message is settled, and its number in the stream.
pub type Reply = (Subject, u64);

/// Takes messages for ever, or until nothing will work again.
pub struct Feed {
    pub options: Options,
    pub input: mpsc::Sender<Batch<Fed>>,
    /// Where the source finds the client.
    pub client: watch::Sender<Option<Client>>,
}

impl Feed {
    /// Runs until nobody takes messages any more.
    pub async fn run(self) {
        let mut pause = Duration::from_millis(200);
        loop {
            match self.connected().await {
                Ok(()) => return,
                Err(CarryError::Away(error)) => tracing::warn!(error, "NATS is away"),
                Err(error) => {
                    // Whoever would hear it is gone if this fails.
                    let _ = self.input.send(Err(error)).await;
                    return;
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn connected(&self) -> Result<(), CarryError> {
        let (client, trouble) = link::connect(&self.options).await?;
        self.client.send_replace(Some(client.clone()));
        if self.options.stream.is_none() {
            self.listen(&client).await?;
            return Ok(());
        }
        loop {
            // While the server is away, this fails, and the client connects anew meanwhile.
            let taken = match keep::consumer(&client, &self.options).await {
                Ok((consumer, before)) => self.pull(&consumer, before).await,
                Err(error) => Err(error),
            };
            match taken {
                Ok(()) => return Ok(()),
                Err(CarryError::Away(error)) => {
                    tracing::warn!(error = trouble.after(&error), "NATS is asked again");
                    sleep(Duration::from_millis(250)).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes what reaches a subject.
    async fn listen(&self, client: &Client) -> Result<(), CarryError> {
        let subject = self.options.subject.clone();
        let subscribed = match &self.options.queue {
            Some(queue) => client.queue_subscribe(subject, queue.clone()).await,
            None => client.subscribe(subject).await,
        };
        let subscriber = subscribed.map_err(|error| self.options.away(&link::cause(&error)))?;
        let mut chunks = subscriber.ready_chunks(CHUNK);
        while let Some(chunk) = chunks.next().await {
            let fed = chunk.into_iter().map(|message| self.fed(message.payload, false, None));
            if self.input.send(Ok(fed.collect())).await.is_err() {
                return Ok(());
            }
        }
        Err(self.options.away("the connection was closed"))
    }

    /// Takes what a stream keeps; ends when it has to be asked for anew. What it kept `before`, up
    /// to that number, may have come before.
    async fn pull(&self, consumer: &Consumer<Config>, before: u64) -> Result<(), CarryError> {
        let messages = consumer
            .stream()
            .max_messages_per_batch(UNDER_WAY.min(self.options.pending as usize))
            .max_bytes_per_batch(BYTES_UNDER_WAY)
            .heartbeat(HEARTBEAT)
            .expires(EXPIRES)
            .messages()
            .await
            .map_err(|error| self.options.away(&link::cause(&error)))?;
        let mut chunks = messages.ready_chunks(CHUNK);
        while let Some(chunk) = chunks.next().await {
            let mut batch = Vec::with_capacity(chunk.len());
            let mut failed = None;
            for item in chunk {
                match item {
                    Ok(message) => batch.push(self.pulled(message, before)),
                    Err(error) => failed = Some(self.options.away(&error.to_string())),
                }
            }
            if !batch.is_empty() && self.input.send(Ok(batch)).await.is_err() {
                return Ok(());
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
        Err(self.options.away("the messages ended"))
    }

    fn pulled(&self, message: jetstream::Message, before: u64) -> Fed {
        let info = message.info().map(|info| (info.delivered, info.stream_sequence));
        let (delivered, number) = info.unwrap_or((1, 0));
        let message = message.message;
        let reply = message.reply.map(|subject| (subject, number));
        self.fed(message.payload, delivered > 1 || number <= before, reply)
    }

    fn fed(&self, mut body: Bytes, redelivered: bool, reply: Option<Reply>) -> Fed {
        let cut = (body.len() > self.options.max_message).then_some(body.len() as u64);
        if cut.is_some() {
            body = Bytes::copy_from_slice(&body[..body.len().min(KEPT_BYTES)]);
        }
        Fed { message: Message { body, redelivered, cut, ..Message::default() }, reply }
    }
}
