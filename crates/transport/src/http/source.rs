//! Events that others post.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Source};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer::{Posting, Taker};
use super::door::Door;
use super::listen::Listen;
use crate::intake::Intake;
use crate::streams::bind;
use crate::{Endpoint, Settings, query};

/// How long answers may take to be taken in the end.
const LEAVE: Duration = Duration::from_secs(2);

/// A source that listens. A request is answered when all its events are settled; when the source is
/// dropped, answers that can be given are.
pub struct Posted {
    endpoint: Endpoint,
    waiting: Option<(std::net::TcpListener, Listen<Taker>)>,
    intake: Intake<Posting>,
    received: u64,
    /// Whom to tell when everything up to a number is settled.
    open: VecDeque<(u64, oneshot::Sender<()>)>,
    /// Whoever asks from then on is refused.
    refuse: CancellationToken,
    /// Nobody is accepted from then on.
    ended: CancellationToken,
    _ends: DropGuard,
    /// How many may be connected, and how many more.
    connections: usize,
    free: Arc<Semaphore>,
}

impl Posted {
    /// Listens; nobody is accepted before somebody wants to receive.
    pub fn new(endpoint: Endpoint, settings: &Settings) -> Result<Self, CarryError> {
        let door = Arc::new(Door::read(&endpoint, settings)?);
        let listener = bind(&endpoint)?;
        if !listener.local_addr().is_ok_and(|address| address.ip().is_loopback()) {
            door.guarded(&endpoint)?;
        }
        let (input, intake) = Intake::new();
        let ended = CancellationToken::new();
        let connections = door.connections;
        let listen = Listen::new(door, Taker { input }, ended.clone());
        Ok(Self {
            endpoint,
            refuse: listen.refuse.clone(),
            _ends: ended.clone().drop_guard(),
            ended,
            connections,
            free: Arc::clone(&listen.free),
            waiting: Some((listener, listen)),
            intake,
            received: 0,
            open: VecDeque::new(),
        })
    }

    fn start(&mut self) -> Result<(), CarryError> {
        let Some((listener, listen)) = self.waiting.take() else { return Ok(()) };
        let listener = TcpListener::from_std(listener)
            .map_err(|error| query::refused(&self.endpoint, &format!("cannot listen: {error}")))?;
        tokio::spawn(listen.run(listener));
        Ok(())
    }
}

#[async_trait]
impl Source for Posted {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        self.start()?;
        let postings = self.intake.receive(max).await?;
        let mut messages = Vec::with_capacity(postings.len());
        for posting in postings {
            self.received += 1;
            messages.push(posting.message);
            self.open.extend(posting.done.map(|done| (self.received, done)));
        }
        Ok(messages)
    }

    async fn settle(&mut self, upto: u64) -> Result<(), CarryError> {
        while let Some((_, done)) = self.open.pop_front_if(|(number, _)| *number <= upto) {
            // Who posted may have gone.
            let _ = done.send(());
        }
        Ok(())
    }

    /// Requests that are in are answered when their events are settled; until it is dropped, all
    /// others are answered that it is being stopped, and their events are not taken.
    fn stop(&mut self) -> bool {
        self.waiting = None;
        self.intake.close();
        self.refuse.cancel();
        true
    }

    /// Whoever has asked is answered, and has the answer.
    async fn close(&mut self) {
        self.stop();
        self.open.clear();
        self.ended.cancel();
        let all = u32::try_from(self.connections).unwrap_or(u32::MAX);
        // Who does not take its answer is not waited for.
        let _ = timeout(LEAVE, self.free.acquire_many(all)).await;
    }
}
