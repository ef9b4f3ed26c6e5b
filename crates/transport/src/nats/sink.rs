//! Messages to a subject.

use std::time::Duration;

use async_nats::{Client, HeaderMap, Subject, Subscriber};
use async_trait::async_trait;
use bytes::Bytes;
use futures::{FutureExt, StreamExt};
use groundrule_core::delivery::{CarryError, Message, Sink};
use tokio::time::{Instant, sleep, timeout};

use super::ack::acknowledged;
use super::identity::identity;
use super::keep;
use super::link::{self, Trouble};
use super::options::Options;
use crate::mendable;

/// How many messages may be under way whose answer is not there.
const WINDOW: u64 = 4000;
/// After how many messages it is looked whether answers are there.
const GLANCE: u64 = 64;
/// The most bytes that headers take.
const HEADERS: usize = 128;

/// A sink that publishes.
pub struct Publishing {
    options: Options,
    subject: Subject,
    link: Option<Link>,
}

/// A connection, and where the answers come in.
struct Link {
    client: Client,
    trouble: Trouble,
    inbox: String,
    answers: Subscriber,
    /// The number of the next message, with which its answer comes.
    next: u64,
}

impl Publishing {
    /// Connects when the first message is sent.
    pub fn new(options: Options) -> Self {
        Self { subject: Subject::from(options.subject.as_str()), options, link: None }
    }

    /// Connects, if it must, until it takes too long.
    async fn linked(&mut self) -> Result<(), CarryError> {
        if self.link.is_some() {
            return Ok(());
        }
        let deadline = Instant::now() + self.options.timeout;
        let mut pause = Duration::from_millis(100);
        loop {
            match self.link().await {
                Ok(link) => {
                    self.link = Some(link);
                    return Ok(());
                }
                Err(CarryError::Away(_)) if Instant::now() + pause < deadline => {}
                Err(error) => return Err(error),
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }

    async fn link(&self) -> Result<Link, CarryError> {
        let trouble = Trouble::default();
        let client = link::connect(&self.options, &trouble).await?;
        if self.options.stream.is_some() {
            keep::stream(&client, &self.options).await?;
        }
        let inbox = client.new_inbox();
        let answers = client
            .subscribe(format!("{inbox}.*"))
            .await
            .map_err(|error| self.options.away(&link::cause(&error)))?;
        Ok(Link { client, trouble, inbox, answers, next: 0 })
    }

    /// Refuses what the server would refuse, before anything is sent.
    fn fitting(&self, link: &Link, messages: &[Message]) -> Result<(), CarryError> {
        let most = link.client.max_payload();
        let large = messages.iter().map(|message| message.body.len() + HEADERS);
        match large.max().filter(|size| *size > most) {
            None => Ok(()),
            Some(size) => Err(self.options.refused(&format!(
                "a message of {size} bytes is too large: the server takes {most}; raise its max_payload"
            ))),
        }
    }
}

impl Link {
    /// Sends everything, and returns when the stream has it.
    async fn keep(
        &mut self,
        options: &Options,
        subject: &Subject,
        messages: &[Message],
    ) -> Result<(), CarryError> {
        let first = self.next;
        let all = messages.len() as u64;
        let mut answered = 0;
        for (message, sent) in messages.iter().zip(1..) {
            let mut headers = HeaderMap::new();
            if let Some(id) = identity(&options.subject, message) {
                headers.insert(async_nats::header::NATS_MESSAGE_ID, id);
            }
            let reply = format!("{}.{}", self.inbox, self.next);
            self.next += 1;
            let (subject, body) = (subject.clone(), message.body.clone());
            match headers.is_empty() {
                true => self.client.publish_with_reply(subject, reply, body).await,
                false => {
                    self.client.publish_with_reply_and_headers(subject, reply, headers, body).await
                }
            }
            .map_err(|error| options.away(&link::cause(&error)))?;
            while sent - answered >= WINDOW {
                answered += self.answer(options, first).await?;
            }
            while sent % GLANCE == 0
                && let Some(answer) = self.answers.next().now_or_never()
            {
                answered += self.taken(options, first, answer)?;
            }
        }
        while answered < all {
            answered += self.answer(options, first).await?;
        }
        Ok(())
    }

    /// Sends everything, and returns when the server has it: it answers in the order in which it
    /// is spoken to.
    async fn pass_on(
        &mut self,
        options: &Options,
        subject: &Subject,
        messages: &[Message],
    ) -> Result<(), CarryError> {
        let last = (format!("{}.{}", self.inbox, self.next).into(), Bytes::new());
        let first = self.next;
        self.next += 1;
        let bodies = messages.iter().map(|message| (subject.clone(), message.body.clone()));
        for (subject, body) in bodies.chain([last]) {
            self.client
                .publish(subject, body)
                .await
                .map_err(|error| options.away(&link::cause(&error)))?;
        }
        while self.answer(options, first).await? == 0 {}
        Ok(())
    }

    /// Waits for an answer; how many of the messages from `first` on it is for.
    async fn answer(&mut self, options: &Options, first: u64) -> Result<u64, CarryError> {
        let answer = self.answers.next().await;
        self.taken(options, first, answer)
    }

    fn taken(
        &self,
        options: &Options,
        first: u64,
        answer: Option<async_nats::Message>,
    ) -> Result<u64, CarryError> {
        let answer = answer.ok_or_else(|| options.away("the connection was closed"))?;
        let number = answer.subject.rsplit('.').next().and_then(|number| number.parse().ok());
        // One that was given up.
        if number.is_none_or(|number: u64| number < first) {
            return Ok(0);
        }
        if options.stream.is_some() {
            acknowledged(options, &answer)?;
        }
        Ok(1)
    }
}

#[async_trait]
impl Sink for Publishing {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        self.linked().await.map_err(mendable)?;
        let Some(link) = &self.link else { return Ok(()) };
        self.fitting(link, messages)?;
        let Self { options, subject, link } = self;
        let Some(link) = link else { return Ok(()) };
        for part in messages.chunks(usize::try_from(WINDOW).unwrap_or(usize::MAX)) {
            let sending = async {
                match &options.stream {
                    Some(_) => link.keep(options, subject, part).await,
                    None => link.pass_on(options, subject, part).await,
                }
            };
            if let Ok(sent) = timeout(options.timeout, sending).await {
                sent?;
            } else {
                let why = format!("no answer within {:?}", options.timeout);
                return Err(options.away(&link.trouble.after(&why)));
            }
        }
        Ok(())
    }
}
