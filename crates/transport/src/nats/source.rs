//! Messages of a subject.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_nats::Client;
use async_nats::connection::State;
use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Health, Message, Source};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::feed::{Fed, Feed, Reply};
use super::keep::Kept;
use super::options::Options;
use crate::intake::Intake;

/// Says that a message is settled.
const SETTLED: Bytes = Bytes::from_static(b"+ACK");
/// Says that a message is for somebody else.
const BACK: Bytes = Bytes::from_static(b"-NAK");
/// How long saying so may be held up by a connection that is being renewed.
const PATIENCE: Duration = Duration::from_secs(1);
/// How long the server takes to notice that we ask for nothing any more.
const NOTICE: Duration = Duration::from_millis(20);
/// How long the server has to take leave of us.
const LEAVE: Duration = Duration::from_secs(2);

/// A source that subscribes.
pub struct Subscribed {
    options: Option<Options>,
    /// Where the messages are kept, if they are.
    kept: Option<Kept>,
    task: Option<JoinHandle<Vec<Reply>>>,
    client: watch::Receiver<Option<Client>>,
    intake: Option<Intake<Fed>>,
    received: u64,
    settled: u64,
    /// What the server does not know yet to be settled.
    open: VecDeque<(u64, Reply)>,
    health: Health,
    stop: CancellationToken,
}

impl Subscribed {
    /// Connects when somebody wants to receive.
    pub fn new(options: Options) -> Self {
        let (_, client) = watch::channel(None);
        Self {
            kept: Kept::of(&options),
            options: Some(options),
            task: None,
            client,
            intake: None,
            received: 0,
            settled: 0,
            open: VecDeque::new(),
            health: Health::default(),
            stop: CancellationToken::new(),
        }
    }

    fn intake(&mut self) -> &mut Intake<Fed> {
        let Self { options, task, client: found, intake, health, stop, .. } = self;
        intake.get_or_insert_with(|| {
            let (input, intake) = Intake::new();
            if let Some(options) = options.take() {
                let (client, receiver) = watch::channel(None);
                *found = receiver;
                let (health, stop) = (health.clone(), stop.clone());
                let feed = Feed { options, input, client, health, stop };
                *task = Some(tokio::spawn(feed.run()));
            }
            intake
        })
    }

    /// Tells the server what is settled. While it is away, that has to wait: what it is not told
    /// in time, it sends again.
    async fn tell(&mut self) {
        let Some(client) = self.client.borrow().clone() else { return };
        while let Some((number, (reply, _))) = self.open.front()
            && *number <= self.settled
            && client.connection_state() == State::Connected
        {
            let told = timeout(PATIENCE, client.publish(reply.clone(), SETTLED)).await;
            if !matches!(told, Ok(Ok(()))) {
                return;
            }
            self.open.pop_front();
        }
    }

    /// Ends the task, tells the server what is settled, and gives back what is not, so that another
    /// one gets it at once; nothing to do where that was done.
    fn leaving(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        self.stop.cancel();
        let task = self.task.take()?;
        let client = self.client.clone();
        let (open, settled) = (std::mem::take(&mut self.open), self.settled);
        let (mut intake, kept) = (self.intake.take()?, self.kept.take()?);
        Some(async move {
            // Before anything is given back, it asks for nothing any more: else it gets it.
            let left = task.await.unwrap_or_default();
            let Some(client) = client.borrow().clone() else { return };
            // By their numbers in the stream: what came twice is given back once, or it would come
            // twice again.
            let mut words = BTreeMap::new();
            for (number, (reply, of_stream)) in open {
                let word = if number <= settled { SETTLED } else { BACK };
                if words.get(&of_stream).is_none_or(|(_, said)| *said == BACK) {
                    words.insert(of_stream, (reply, word));
                }
            }
            // What its task had handed on and nobody received, and what it had not handed on.
            let mut back = left;
            while let Ok(fed) = intake.receive(usize::MAX).await
                && !fed.is_empty()
            {
                back.extend(fed.into_iter().filter_map(|fed| fed.reply));
            }
            for (reply, of_stream) in back {
                words.entry(of_stream).or_insert((reply, BACK));
            }
            let (settled, back): (Vec<_>, Vec<_>) =
                words.into_values().partition(|(_, word)| *word == SETTLED);
            let first = back.first().cloned();
            for (reply, word) in settled.into_iter().chain(first) {
                if client.publish(reply, word).await.is_err() {
                    return;
                }
            }
            // Once the server answers, it has heard all that was said before; whether it does or
            // not, the connection ends.
            if back.is_empty() {
                let _ = kept.waiting(&client).await;
                return;
            }
            sleep(NOTICE).await;
            // Some versions (2.9) notice only when they have the first one to send that we ask for
            // nothing any more, and if nobody else does, put it aside until its time is over.
            let lost = kept.waiting(&client).await == Some(0);
            for (reply, word) in back.into_iter().skip(usize::from(!lost)) {
                if client.publish(reply, word).await.is_err() {
                    return;
                }
            }
            let _ = kept.waiting(&client).await;
        })
    }
}

#[async_trait]
impl Source for Subscribed {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        if self.stop.is_cancelled() && (self.kept.is_some() || self.intake.is_none()) {
            return Ok(Vec::new());
        }
        self.tell().await;
        let fed = self.intake().receive(max).await?;
        let mut messages = Vec::with_capacity(fed.len());
        for Fed { message, reply } in fed {
            self.received += 1;
            messages.push(message);
            self.open.extend(reply.map(|reply| (self.received, reply)));
        }
        Ok(messages)
    }

    async fn settle(&mut self, upto: u64) -> Result<(), CarryError> {
        self.settled = self.settled.max(upto);
        self.tell().await;
        Ok(())
    }

    fn health(&self) -> Health {
        self.health.clone()
    }

    /// What no stream keeps and has come is still to be received.
    fn stop(&mut self) -> bool {
        self.stop.cancel();
        self.kept.is_none()
    }

    async fn close(&mut self) {
        if let Some(leaving) = self.leaving() {
            // A server that does not answer gives the messages to somebody else after a while.
            let _ = timeout(LEAVE, leaving).await;
        }
    }
}

impl Drop for Subscribed {
    /// The same for whoever does not close it: by a task, if there is time for one.
    fn drop(&mut self) {
        if let Some(leaving) = self.leaving()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(timeout(LEAVE, leaving));
        }
    }
}
