//! The stream that keeps messages, and the consumer that remembers what is settled.

use std::fmt::Display;
use std::time::Duration;

use async_nats::Client;
use async_nats::jetstream::consumer::{AckPolicy, Consumer, pull};
use async_nats::jetstream::context::{ContextBuilder, CreateStreamErrorKind, GetStreamErrorKind};
use async_nats::jetstream::stream::{
    Config, ConsumerErrorKind, RetentionPolicy, StorageType, Stream,
};
use async_nats::jetstream::{Context, ErrorCode};
use groundrule_core::delivery::CarryError;

use super::link::cause;
use super::options::Options;

/// How long the server may take for an answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Which consumer of which stream messages come from.
pub struct Kept {
    stream: String,
    consumer: String,
}

impl Kept {
    /// That of an address, if a stream keeps them.
    pub fn of(options: &Options) -> Option<Self> {
        let stream = options.stream.clone()?;
        Some(Self { stream, consumer: options.durable.clone() })
    }

    /// How many ask for messages at the moment. Whoever answers has heard all that was said before.
    pub async fn waiting(&self, client: &Client) -> Option<usize> {
        let stream = context(client).get_stream_no_info(&self.stream).await.ok()?;
        Some(stream.consumer_info(&self.consumer).await.ok()?.num_waiting)
    }
}

/// Where the server is asked about streams.
fn context(client: &Client) -> Context {
    ContextBuilder::new().timeout(ANSWER).build(client.clone())
}

/// The stream; makes one that keeps each message on the disk until it is settled, where there is
/// none.
///
/// # Errors
/// When there is none and none can be made.
pub async fn stream(client: &Client, options: &Options) -> Result<Stream, CarryError> {
    let context = context(client);
    let name = options.stream.clone().unwrap_or_default();
    let missing = match context.get_stream(&name).await {
        Ok(stream) => return Ok(stream),
        Err(error) => error,
    };
    match missing.kind() {
        GetStreamErrorKind::JetStream(error)
            if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {}
        GetStreamErrorKind::JetStream(error) => return Err(said(options, error.code(), &error)),
        _ => return Err(options.away(&format!("JetStream does not answer: {}", cause(&missing)))),
    }
    let config = Config {
        name: name.clone(),
        subjects: vec![options.subject.clone()],
        retention: RetentionPolicy::WorkQueue,
        storage: StorageType::File,
        ..Config::default()
    };
    tracing::info!(stream = name, subject = options.subject, "a stream is made");
    context.create_stream(config).await.map_err(|error| match error.kind() {
        CreateStreamErrorKind::JetStream(error) => said(options, error.code(), &error),
        _ => options.away(&format!("JetStream does not answer: {}", cause(&error))),
    })
}

/// The consumer, which is made where there is none; and up to which number of the stream messages
/// may have come before.
///
/// # Errors
/// When there is none and none can be made.
pub async fn consumer(
    client: &Client,
    options: &Options,
) -> Result<(Consumer<pull::Config>, u64), CarryError> {
    let stream = stream(client, options).await?;
    let config = pull::Config {
        durable_name: Some(options.durable.clone()),
        // Several processes may share it, and each settles its own: one cannot speak for all.
        ack_policy: AckPolicy::Explicit,
        ack_wait: options.ack_wait,
        max_ack_pending: options.pending.into(),
        filter_subject: options.subject.clone(),
        ..pull::Config::default()
    };
    let silent = |error| options.away(&format!("JetStream does not answer: {error}"));
    let made = stream.get_or_create_consumer(&options.durable, config).await;
    let consumer = made.map_err(|error| match error.kind() {
        ConsumerErrorKind::JetStream(error) => said(options, error.code(), &error),
        ConsumerErrorKind::InvalidConsumerType | ConsumerErrorKind::InvalidName => {
            options.refused(&format!("the consumer {}: {error}", options.durable))
        }
        _ => silent(cause(&error)),
    })?;
    if consumer.cached_info().delivered.consumer_sequence == 0 {
        return Ok((consumer, 0));
    }
    // The server counts deliveries; but a message that is to come again while nobody asks for one
    // is counted as new by some versions (2.9). So whatever is there already may have come before.
    let info = stream.get_info().await.map_err(|error| silent(cause(&error)))?;
    Ok((consumer, info.state.last_sequence))
}

/// What JetStream says: with a code like HTTP's, from 500 on it may work later.
fn said(options: &Options, code: usize, error: &dyn Display) -> CarryError {
    let words = format!("JetStream says: {error}");
    if code >= 500 { options.away(&words) } else { options.refused(&words) }
}
