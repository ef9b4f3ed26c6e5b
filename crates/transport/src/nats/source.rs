//! Messages of a subject.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use async_nats::Client;
use async_nats::connection::State;
use async_trait::async_trait;
use bytes::Bytes;
use groundrule_core::delivery::{CarryError, Message, Source};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::feed::{Fed, Feed, Reply};
use super::options::Options;
use crate::intake::Intake;

/// Says that a message is settled.
const SETTLED: Bytes = Bytes::from_static(b"+ACK");
/// Says that a message is for somebody else.
const BACK: Bytes = Bytes::from_static(b"-NAK");
/// How long saying so may be held up by a connection that is being renewed.
const PATIENCE: Duration = Duration::from_secs(1);

/// A source that subscribes.
pub struct Subscribed {
    options: Option<Options>,
    task: Option<JoinHandle<()>>,
    client: watch::Receiver<Option<Client>>,
    intake: Option<Intake<Fed>>,
    received: u64,
    settled: u64,
    /// What the server does not know yet to be settled.
    open: VecDeque<(u64, Reply)>,
}

impl Subscribed {
    /// Connects when somebody wants to receive.
    pub fn new(options: Options) -> Self {
        let (_, client) = watch::channel(None);
        Self {
            options: Some(options),
            task: None,
            client,
            intake: None,
            received: 0,
            settled: 0,
            open: VecDeque::new(),
        }
    }

    fn intake(&mut self) -> &mut Intake<Fed> {
        let Self { options, task, client, intake, .. } = self;
        intake.get_or_insert_with(|| {
            let (input, intake) = Intake::new();
            if let Some(options) = options.take() {
                let (sender, receiver) = watch::channel(None);
                *client = receiver;
                *task = Some(tokio::spawn(Feed { options, input, client: sender }.run()));
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
}

#[async_trait]
impl Source for Subscribed {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
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
}

impl Drop for Subscribed {
    /// Gives back what is not settled, so that another one gets it at once.
    fn drop(&mut self) {
        let Some(task) = self.task.take() else { return };
        task.abort();
        let (Some(client), Ok(runtime)) = (self.client.borrow().clone(), Handle::try_current())
        else {
            return;
        };
        let (open, settled) = (std::mem::take(&mut self.open), self.settled);
        let mut intake = self.intake.take();
        runtime.spawn(async move {
            // Before anything is given back, it asks for nothing any more: else it gets it.
            let _ = task.await;
            // By their numbers in the stream: what came twice is given back once, or it would come
            // twice again.
            let mut words = BTreeMap::new();
            for (number, (reply, of_stream)) in open {
                let word = if number <= settled { SETTLED } else { BACK };
                if words.get(&of_stream).is_none_or(|(_, said)| *said == BACK) {
                    words.insert(of_stream, (reply, word));
                }
            }
            // What its task had handed on and nobody received.
            while let Some(intake) = &mut intake
                && let Ok(fed) = intake.receive(usize::MAX).await
                && !fed.is_empty()
            {
                for (reply, of_stream) in fed.into_iter().filter_map(|fed| fed.reply) {
                    words.entry(of_stream).or_insert((reply, BACK));
                }
            }
            for (reply, word) in words.into_values() {
                if client.publish(reply, word).await.is_err() {
                    return;
                }
            }
            // Whether they are told or not: the connection ends.
            let _ = client.flush().await;
        });
    }
}
