//! Events that others post.

use std::collections::VecDeque;
use std::sync::Arc;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Source};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::answer::{Posting, Taker};
use super::door::Door;
use super::listen::Listen;
use crate::intake::{Batch, Intake};
use crate::streams::bind;
use crate::{Endpoint, Settings, query};

/// A source that listens. A request is answered when all its events are settled; when the source is
/// dropped, answers that can be given are.
pub struct Posted {
    endpoint: Endpoint,
    door: Arc<Door>,
    waiting: Option<(std::net::TcpListener, mpsc::Sender<Batch<Posting>>)>,
    intake: Intake<Posting>,
    received: u64,
    /// Whom to tell when everything up to a number is settled.
    open: VecDeque<(u64, oneshot::Sender<()>)>,
    stop: CancellationToken,
    _stopped: DropGuard,
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
        let stop = CancellationToken::new();
        Ok(Self {
            endpoint,
            door,
            waiting: Some((listener, input)),
            intake,
            received: 0,
            open: VecDeque::new(),
            _stopped: stop.clone().drop_guard(),
            stop,
        })
    }

    fn start(&mut self) -> Result<(), CarryError> {
        let Some((listener, input)) = self.waiting.take() else { return Ok(()) };
        let listener = TcpListener::from_std(listener)
            .map_err(|error| query::refused(&self.endpoint, &format!("cannot listen: {error}")))?;
        let door = Arc::clone(&self.door);
        tokio::spawn(
            Listen { door, answers: Arc::new(Taker { input }), stop: self.stop.clone() }
                .run(listener),
        );
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
}
