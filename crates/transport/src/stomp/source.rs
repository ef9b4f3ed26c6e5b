//! Messages from a queue or a topic.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use groundrule_core::delivery::{CarryError, Health, Message, Source};
use groundrule_core::event::EventId;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::codec::Encoder;
use tracing::{info, warn};

use super::codec::Codec;
use super::connection::{Connection, connect};
use super::encode::Outgoing;
use super::frame::{Frame, Version};
use super::halves::{Incoming, LAST_WORDS, Outlet};
use super::inbox::{Delivery, Inbox};
use super::options::Options;
use super::patience::Patience;

/// How long the broker has to take leave of us.
const LEAVE: Duration = Duration::from_secs(2);

/// How long more may be settled before the broker is told again: one acknowledgement then serves
/// for all.
const PAUSE: Duration = Duration::from_millis(2);

/// The broker whose `message-id` stays with a message. RabbitMQ's is another one on each
/// connection; Artemis, which begins with the same word, counts anew with each journal.
const NAMES: &str = "ActiveMQ/";

/// A subscription that outlives its connections.
pub struct Subscription {
    options: Option<Options>,
    /// Whether the broker gives to somebody else what is not settled.
    kept: bool,
    inbox: Arc<Inbox>,
    health: Health,
    keeping: Option<JoinHandle<()>>,
}

impl Subscription {
    /// One that connects when it is first asked for messages.
    pub fn new(options: Options) -> Self {
        let inbox = Arc::new(Inbox::new(options.prefetch));
        let (kept, health) = (options.kept, Health::default());
        Self { options: Some(options), kept, inbox, health, keeping: None }
    }
}

#[async_trait]
impl Source for Subscription {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        if let Some(options) = self.options.take() {
            let (inbox, health) = (Arc::clone(&self.inbox), self.health.clone());
            self.keeping = Some(tokio::spawn(keep(options, inbox, health)));
        }
        self.inbox.receive(max).await
    }

    async fn settle(&mut self, upto: u64) -> Result<(), CarryError> {
        self.inbox.settle(upto);
        Ok(())
    }

    fn health(&self) -> Health {
        self.health.clone()
    }

    /// The connection stays, so that the broker can be told what is settled. What waits goes back
    /// when it ends; of a topic there is nobody to give it back to.
    fn stop(&mut self) -> bool {
        self.options = None;
        self.inbox.stop(self.kept);
        !self.kept
    }

    async fn close(&mut self) {
        self.inbox.close();
        if let Some(keeping) = self.keeping.take() {
            // A broker that does not answer gives the messages to somebody else.
            let _ = timeout(LEAVE + LAST_WORDS, keeping).await;
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.inbox.close();
    }
}

/// What earlier connections mean for the next.
#[derive(Default)]
struct Past {
    patience: Patience,
    /// How many messages came by the last connection.
    came: usize,
    /// How many of the next may have come before, although the broker does not say so.
    doubtful: usize,
    /// Whether the broker calls a message the same whenever it comes.
    names: bool,
}

impl Past {
    /// A connection is made. ActiveMQ forgets what it gave to whom when it ends; RabbitMQ knows.
    fn turn(&mut self, connection: &Connection, options: &Options) {
        let knows = !options.kept || connection.server.starts_with("RabbitMQ");
        self.doubtful = if knows { 0 } else { options.prefetch.min(self.came + self.doubtful) };
        self.came = 0;
        self.names = connection.server.starts_with(NAMES);
    }

    /// A message came.
    fn mark(&mut self, message: &mut Message) {
        self.came += 1;
        if self.doubtful > 0 {
            self.doubtful -= 1;
            message.redelivered = true;
        }
    }
}

/// Connects, again and again, until nobody wants any more messages.
async fn keep(options: Options, inbox: Arc<Inbox>, health: Health) {
    let mut past = Past::default();
    let mut next = 0;
    // Once it is stopped, another connection would bring nothing that anybody wants.
    while !inbox.is_stopped() {
        let tried = tokio::select! {
            () = closed(&inbox) => return,
            tried = connect(&options, &mut next) => tried,
        };
        let lost = match tried {
            Ok(connection) => {
                info!(address = options.shown, server = connection.server, "subscribed");
                past.turn(&connection, &options);
                let served = serve(connection, &options, &inbox, &mut past, &health).await;
                let Some(lost) = served else {
                    return;
                };
                next += 1;
                lost
            }
            Err(error) => error,
        };
        inbox.lost(options.kept);
        health.fails(lost.to_string());
        if matches!(lost, CarryError::Refused(_)) {
            return inbox.fail(lost);
        }
        warn!(address = options.shown, error = %lost, "no messages for now");
        tokio::select! {
            () = closed(&inbox) => return,
            () = sleep(past.patience.wait()) => {}
        }
    }
}

/// Waits until nobody wants any more messages; what is settled meanwhile is of lost connections.
async fn closed(inbox: &Inbox) {
    while inbox.settled().await.is_some() {}
}

/// Carries messages over one connection; says why it is lost, or nothing where it was left.
async fn serve(
    connection: Connection,
    options: &Options,
    inbox: &Inbox,
    past: &mut Past,
    health: &Health,
) -> Option<CarryError> {
    let Connection { mut incoming, mut outlet, version, .. } = connection;
    if let Err(error) = subscribe(&mut outlet, version, options).await {
        return Some(error);
    }
    health.works();
    let carried = {
        let reading = read(&mut incoming, version, inbox, past);
        tokio::pin!(reading);
        tokio::select! {
            error = &mut reading => Err(error),
            written = write(&mut outlet, version, inbox) => match written {
                Ok(()) => Ok(()),
                Err(error) => Err(timeout(LAST_WORDS, reading).await.unwrap_or(error)),
            },
        }
    };
    if let Err(error) = carried {
        return Some(error);
    }
    let left = timeout(LEAVE, async {
        leave(&mut outlet).await?;
        while incoming.frame().await?.command() != b"RECEIPT" {}
        Ok::<_, CarryError>(())
    });
    if !matches!(left.await, Ok(Ok(()))) {
        warn!(address = options.shown, "the broker did not say that it knows what is settled");
    }
    None
}

async fn subscribe(
    outlet: &mut Outlet,
    version: Version,
    options: &Options,
) -> Result<(), CarryError> {
    let prefetch = options.prefetch.to_string();
    let headers = [
        ("id", "0"),
        ("destination", options.destination.as_str()),
        ("ack", if options.kept { "client" } else { "auto" }),
        ("activemq.prefetchSize", &prefetch),
        ("prefetch-count", &prefetch),
    ];
    let mut codec = Codec::new(0);
    codec.agree(version);
    let mut bytes = BytesMut::new();
    codec
        .encode(Outgoing { command: "SUBSCRIBE", headers: &headers, body: b"" }, &mut bytes)
        .map_err(|error| CarryError::Refused(format!("{}: {error}", options.shown)))?;
    outlet.write(&[bytes.freeze()]).await
}

/// Takes in messages while there is room for them; says why no more come.
async fn read(
    incoming: &mut Incoming,
    version: Version,
    inbox: &Inbox,
    past: &mut Past,
) -> CarryError {
    loop {
        inbox.room().await;
        let mut deliveries = Vec::new();
        let ended = loop {
            match incoming.take() {
                Ok(Some(frame)) => deliveries.extend(delivery(frame, version, past)),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        if !deliveries.is_empty() {
            past.patience.renew();
            inbox.put(deliveries);
        }
        if let Some(error) = ended {
            return error;
        }
        if let Err(error) = incoming.fill().await {
            return error;
        }
    }
}

fn delivery(frame: Frame, version: Version, past: &mut Past) -> Option<Delivery> {
    if frame.command() != b"MESSAGE" {
        return None;
    }
    let name = if version >= Version::V1_2 { "ack" } else { "message-id" };
    let id = frame.raw(name);
    let redelivered = frame.raw("redelivered").is_some_and(|said| said == "true");
    let time = if past.names { sent(&frame) } else { None };
    let identity = if past.names { identity(&frame, time) } else { None };
    let mut message = Message { redelivered, cut: frame.cut, body: frame.body, identity, time };
    past.mark(&mut message);
    Some(Delivery { id, message })
}

/// When a message was sent, in seconds since 1970.
fn sent(frame: &Frame) -> Option<f64> {
    let milliseconds: u64 = frame.header("timestamp")?.parse().ok()?;
    Some(Duration::from_millis(milliseconds).as_secs_f64())
}

/// What the broker calls a message. Nobody else can have named it like that: the broker takes the
/// name of a sender for nothing.
fn identity(frame: &Frame, time: Option<f64>) -> Option<EventId> {
    Some(EventId::of(time.unwrap_or_default(), &[frame.header("message-id")?.as_bytes()]))
}

/// Tells what is settled, and gives signs of life, until nobody wants any more messages.
async fn write(outlet: &mut Outlet, version: Version, inbox: &Inbox) -> Result<(), CarryError> {
    loop {
        let settled = tokio::select! {
            biased;
            settled = inbox.settled() => settled,
            () = outlet.due() => {
                outlet.beat().await?;
                continue;
            }
        };
        let Some(id) = settled else {
            return Ok(());
        };
        outlet.write(&[acknowledgement(&id, version)]).await?;
        sleep(PAUSE).await;
    }
}

/// Says that a message, and with it all before it, is settled. Its name goes back as it came,
/// with the escapes of this same connection.
fn acknowledgement(id: &Bytes, version: Version) -> Bytes {
    let (before, after) = match version {
        Version::V1_2 => ("ACK\nid:", "\n\n\0"),
        _ => ("ACK\nsubscription:0\nmessage-id:", "\n\n\0"),
    };
    [before.as_bytes(), id, after.as_bytes()].concat().into()
}

async fn leave(outlet: &mut Outlet) -> Result<(), CarryError> {
    outlet.write(&[Bytes::from_static(b"DISCONNECT\nreceipt:bye\n\n\0")]).await
}
