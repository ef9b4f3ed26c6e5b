//! The task that takes messages from the server, whatever becomes of the connection.

use std::time::Duration;

use async_nats::datetime::DateTime;
use async_nats::jetstream::consumer::Consumer;
use async_nats::jetstream::consumer::pull::Config;
use async_nats::{Client, Subject, jetstream};
use bytes::Bytes;
use futures::StreamExt;
use groundrule_core::delivery::{CarryError, Health, Message};
use groundrule_core::event::EventId;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use super::link::Trouble;
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
/// How long it is silent once nothing is under way to here.
const SILENCE: Duration = Duration::from_millis(50);
/// How long what is under way is waited for at the end.
const LAST: Duration = Duration::from_secs(1);

/// A message, and where to say that it is settled.
pub struct Fed {
    pub message: Message,
    pub reply: Option<Reply>,
}

/// Where to say that a message is settled, and its number in the stream.
pub type Reply = (Subject, u64);

/// Takes messages until it is stopped, or nothing will work again.
pub struct Feed {
    pub options: Options,
    pub input: mpsc::Sender<Batch<Fed>>,
    /// Where the source finds the client.
    pub client: watch::Sender<Option<Client>>,
    pub health: Health,
    pub stop: CancellationToken,
}

impl Feed {
    /// Runs until it is stopped, or nobody takes messages any more; says which of those that a
    /// stream keeps came and were not handed on.
    pub async fn run(self) -> Vec<Reply> {
        let mut left = Vec::new();
        let mut pause = Duration::from_millis(200);
        loop {
            match self.connected(&mut left).await {
                Ok(()) => return left,
                Err(CarryError::Away(error)) => {
                    self.health.fails(&error);
                    tracing::warn!(error, "NATS is away");
                }
                Err(error) => {
                    self.health.fails(error.to_string());
                    // Whoever would hear it is gone if this fails.
                    let _ = self.stop.run_until_cancelled(self.input.send(Err(error))).await;
                    return left;
                }
            }
            if self.stop.run_until_cancelled(sleep(pause)).await.is_none() {
                return left;
            }
            pause = (pause * 2).min(Duration::from_secs(5));
        }
    }

    async fn connected(&self, left: &mut Vec<Reply>) -> Result<(), CarryError> {
        let trouble = Trouble::shown_by(self.health.clone());
        let connecting = link::connect(&self.options, &trouble);
        let Some(client) = self.stop.run_until_cancelled(connecting).await else { return Ok(()) };
        let client = client?;
        self.client.send_replace(Some(client.clone()));
        if self.options.stream.is_none() {
            return self.listen(&client, &trouble).await;
        }
        loop {
            // While the server is away, this fails, and the client connects anew meanwhile.
            let asking = keep::consumer(&client, &self.options);
            let taken = match self.stop.run_until_cancelled(asking).await {
                None => return Ok(()),
                Some(Ok((consumer, before))) => {
                    trouble.ends();
                    self.pull(&consumer, before, left).await
                }
                Some(Err(error)) => Err(error),
            };
            match taken {
                Ok(()) => return Ok(()),
                Err(CarryError::Away(error)) => {
                    let error = trouble.after(&error);
                    trouble.begins(&error);
                    tracing::warn!(error, "NATS is asked again");
                    let pause = sleep(Duration::from_millis(250));
                    if self.stop.run_until_cancelled(pause).await.is_none() {
                        return Ok(());
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes what reaches a subject. Once it is stopped, what has come is still handed on: nobody
    /// would send it again.
    async fn listen(&self, client: &Client, trouble: &Trouble) -> Result<(), CarryError> {
        let subject = self.options.subject.clone();
        let subscribed = match &self.options.queue {
            Some(queue) => client.queue_subscribe(subject, queue.clone()).await,
            None => client.subscribe(subject).await,
        };
        let subscriber = subscribed.map_err(|error| self.options.away(&link::cause(&error)))?;
        trouble.ends();
        let mut chunks = subscriber.ready_chunks(CHUNK);
        while let Some(chunk) = self.stop.run_until_cancelled(chunks.next()).await {
            let Some(chunk) = chunk else {
                return Err(self.options.away("the connection was closed"));
            };
            if !self.hand_on(chunk).await {
                return Ok(());
            }
        }
        // Whether the server hears it or not: nothing is waited for after this.
        let _ = chunks.get_mut().drain().await;
        let until = Instant::now() + LAST;
        while let Ok(Some(chunk)) = timeout_at(until, chunks.next()).await {
            if !self.hand_on(chunk).await {
                break;
            }
        }
        Ok(())
    }

    /// Hands messages on that no stream keeps; returns whether somebody takes them.
    async fn hand_on(&self, chunk: Vec<async_nats::Message>) -> bool {
        let fed = chunk.into_iter().map(|message| {
            let (body, cut) = self.fitted(message.payload);
            Fed { message: Message { cut, ..Message::new(body) }, reply: None }
        });
        self.input.send(Ok(fed.collect())).await.is_ok()
    }

    /// Takes what a stream keeps; ends when it has to be asked for anew. What it kept `before`, up
    /// to that number, may have come before. Once it is stopped, what came and was not handed on
    /// is put into `left`.
    async fn pull(
        &self,
        consumer: &Consumer<Config>,
        before: u64,
        left: &mut Vec<Reply>,
    ) -> Result<(), CarryError> {
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
        while let Some(chunk) = self.stop.run_until_cancelled(chunks.next()).await {
            let Some(chunk) = chunk else {
                return Err(self.options.away("the messages ended"));
            };
            let mut batch = Vec::with_capacity(chunk.len());
            let mut failed = None;
            for item in chunk {
                match item {
                    Ok(message) => batch.push(self.pulled(message, before)),
                    Err(error) => failed = Some(self.options.away(&error.to_string())),
                }
            }
            if !batch.is_empty() {
                match self.stop.run_until_cancelled(self.input.reserve()).await {
                    Some(Ok(place)) => place.send(Ok(batch)),
                    _ => left.extend(batch.into_iter().filter_map(|fed| fed.reply)),
                }
            }
            if let Some(error) = failed {
                return Err(error);
            }
        }
        // The server counts on an answer to whatever is under way to here. More is asked for
        // meanwhile, but never more than may be out.
        let until = Instant::now() + LAST;
        while Instant::now() < until
            && let Ok(Some(chunk)) = timeout(SILENCE, chunks.next()).await
        {
            left.extend(chunk.into_iter().flatten().filter_map(|message| {
                let number = message.info().map_or(0, |info| info.stream_sequence);
                Some((message.message.reply?, number))
            }));
        }
        Ok(())
    }

    fn pulled(&self, message: jetstream::Message, before: u64) -> Fed {
        let (mut delivered, mut number, mut named) = (1, 0, None);
        if let Ok(info) = message.info() {
            (delivered, number) = (info.delivered, info.stream_sequence);
            named = Some((since_1970(info.published), info.stream.to_owned()));
        }
        let jetstream::Message { message, .. } = message;
        let (body, cut) = self.fitted(message.payload);
        let time = named.as_ref().map(|(taken, _)| *taken);
        let identity = named.map(|(taken, stream)| {
            // The body as well: a stream that is made anew begins to count anew.
            let size = cut.unwrap_or_default().to_le_bytes();
            let texts = [stream.as_bytes(), &number.to_le_bytes(), &body[..], &size];
            EventId::of(taken, &texts)
        });
        let redelivered = delivered > 1 || number <= before;
        let reply = message.reply.map(|subject| (subject, number));
        Fed { message: Message { body, redelivered, cut, identity, time }, reply }
    }

    /// A body, or the beginning of one that is too large, and how large it is then.
    fn fitted(&self, body: Bytes) -> (Bytes, Option<u64>) {
        if body.len() <= self.options.max_message {
            return (body, None);
        }
        let kept = body.len().min(KEPT_BYTES);
        (Bytes::copy_from_slice(&body[..kept]), Some(body.len() as u64))
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds are enough")]
fn since_1970(time: DateTime) -> f64 {
    time.unix_timestamp_nanos() as f64 / 1e9
}
