//! Lines that others connect for to send.

use std::future::poll_fn;
use std::io;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Source};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use super::lines::{Lines, READ_BYTES};
use super::socket::SocketFile;
use crate::intake::{Batch, Intake};
use crate::{Endpoint, Settings, query};

/// How many may be connected; others wait.
const CONNECTIONS: usize = 256;
/// A line that is longer than this makes its connection wait for its turn: only so many at a time
/// may take more memory.
const LONG_BYTES: usize = 4 * READ_BYTES;
const LONG_LINES: usize = 16;
/// How long a connection is silent that has nothing to be read: long enough to look.
const SILENCE: Duration = Duration::from_millis(20);
/// How long a connection is read, at most, once it is stopped ...
const LAST: Duration = Duration::from_secs(2);
/// ... and how much: more than the system has of it.
const LAST_BYTES: usize = 16 << 20;

/// A source that listens.
pub struct Listen {
    endpoint: Endpoint,
    listener: Option<Listener>,
    intake: Intake<Message>,
    input: Option<mpsc::Sender<Batch<Message>>>,
    max_message: usize,
    task: Option<JoinHandle<()>>,
    stop: CancellationToken,
}

/// What is listened on, before and after there is a runtime.
enum Listener {
    Tcp(std::net::TcpListener),
    Unix(std::os::unix::net::UnixListener, SocketFile),
}

/// Listens on TCP.
pub fn tcp(endpoint: Endpoint, settings: &Settings) -> Result<Listen, CarryError> {
    query::known(&endpoint, &["anyone"])?;
    let anyone = query::yes(&endpoint, "anyone")?;
    let listener = bind(&endpoint)?;
    let loopback = listener.local_addr().is_ok_and(|address| address.ip().is_loopback());
    if !loopback && !anyone {
        return Err(query::refused(
            &endpoint,
            "others could send whatever they like: listen on 127.0.0.1, or add ?anyone=yes",
        ));
    }
    Ok(Listen::new(endpoint, Listener::Tcp(listener), settings))
}

/// A socket that listens where an address says, and does not block.
pub fn bind(endpoint: &Endpoint) -> Result<std::net::TcpListener, CarryError> {
    let [(host, Some(port))] = &endpoint.hosts[..] else {
        return Err(query::refused(endpoint, "name one host with its port to listen on"));
    };
    let addresses: Vec<_> = (host.as_str(), *port)
        .to_socket_addrs()
        .map_err(|error| query::refused(endpoint, &format!("no address of {host}: {error}")))?
        .collect();
    let listener = std::net::TcpListener::bind(&addresses[..])
        .map_err(|error| query::refused(endpoint, &format!("cannot listen: {error}")))?;
    listener
        .set_nonblocking(true)
        .map_err(|error| query::refused(endpoint, &format!("cannot listen: {error}")))?;
    Ok(listener)
}

/// Listens on a socket file.
pub fn unix(endpoint: Endpoint, settings: &Settings) -> Result<Listen, CarryError> {
    query::known(&endpoint, &[])?;
    let (listener, file) =
        SocketFile::bind(super::path(&endpoint)?).map_err(|why| query::refused(&endpoint, &why))?;
    Ok(Listen::new(endpoint, Listener::Unix(listener, file), settings))
}

impl Listen {
    fn new(endpoint: Endpoint, listener: Listener, settings: &Settings) -> Self {
        let (input, intake) = Intake::new();
        let max_message = settings.max_message;
        Self {
            endpoint,
            listener: Some(listener),
            intake,
            input: Some(input),
            max_message,
            task: None,
            stop: CancellationToken::new(),
        }
    }

    /// Begins to accept connections: not before somebody wants to receive.
    fn start(&mut self) -> Result<(), CarryError> {
        let (Some(listener), Some(input)) = (self.listener.take(), self.input.take()) else {
            return Ok(());
        };
        let failed = |error| query::refused(&self.endpoint, &format!("cannot listen: {error}"));
        let service = Service {
            input,
            max_message: self.max_message,
            connections: Arc::new(Semaphore::new(CONNECTIONS)),
            long: Arc::new(Semaphore::new(LONG_LINES)),
            stop: self.stop.clone(),
        };
        self.task = Some(match listener {
            Listener::Tcp(listener) => {
                let listener = TcpListener::from_std(listener).map_err(failed)?;
                tokio::spawn(service.run(move |context| listener.poll_accept(context)))
            }
            Listener::Unix(listener, file) => {
                let listener = UnixListener::from_std(listener).map_err(failed)?;
                tokio::spawn(service.run(move |context| {
                    // It is there as long as this is.
                    let _file = &file;
                    listener.poll_accept(context)
                }))
            }
        });
        Ok(())
    }
}

impl Drop for Listen {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

#[async_trait]
impl Source for Listen {
    async fn receive(&mut self, max: usize) -> Result<Vec<Message>, CarryError> {
        self.start()?;
        self.intake.receive(max).await
    }

    /// Who sent a line is not told: the stream has no words for that.
    async fn settle(&mut self, _upto: u64) -> Result<(), CarryError> {
        Ok(())
    }

    /// What others have sent by now is still to be received; a line that they have begun and not
    /// ended is not.
    fn stop(&mut self) -> bool {
        // Who has connected before anything was received may have sent something as well.
        let started = self.start();
        self.stop.cancel();
        started.is_ok()
    }
}

/// What connections have in common.
#[derive(Clone)]
struct Service {
    input: mpsc::Sender<Batch<Message>>,
    max_message: usize,
    connections: Arc<Semaphore>,
    long: Arc<Semaphore>,
    stop: CancellationToken,
}

impl Service {
    async fn run<S, A>(self, mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<(S, A)>>)
    where
        S: AsyncRead + Send + Unpin + 'static,
    {
        let mut tasks = JoinSet::new();
        while let Some(Ok(permit)) =
            self.stop.run_until_cancelled(Arc::clone(&self.connections).acquire_owned()).await
        {
            match self.stop.run_until_cancelled(poll_fn(&mut accept)).await {
                None => break,
                Some(Ok((stream, _))) => {
                    tasks.spawn(self.clone().serve(stream, permit));
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    let pause = tokio::time::sleep(Duration::from_millis(100));
                    self.stop.run_until_cancelled(pause).await;
                }
            }
            while tasks.try_join_next().is_some() {}
        }
        // Those who have connected and wait.
        let until = Instant::now() + LAST;
        while Instant::now() < until
            && let Ok(permit) = Arc::clone(&self.connections).try_acquire_owned()
            && let Ok(Ok((stream, _))) = timeout(SILENCE, poll_fn(&mut accept)).await
        {
            tasks.spawn(self.clone().serve(stream, permit));
        }
        drop(accept);
        while tasks.join_next().await.is_some() {}
    }

    /// Reads one connection to its end; waits with reading while nobody takes what was read.
    async fn serve(self, mut stream: impl AsyncRead + Unpin, _permit: OwnedSemaphorePermit) {
        let mut lines = Lines::new(self.max_message);
        let mut long = None;
        loop {
            if lines.unfinished() > LONG_BYTES && long.is_none() {
                let turn = self.stop.run_until_cancelled(self.long.acquire()).await;
                long = turn.and_then(Result::ok);
            }
            match self.stop.run_until_cancelled(stream.read_buf(lines.room())).await {
                None => return self.finish(stream, lines).await,
                Some(Ok(0)) => break,
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::debug!(%error, "a connection broke");
                    break;
                }
            }
            let batch = lines.take();
            if lines.unfinished() <= LONG_BYTES {
                long = None;
            }
            if !batch.is_empty() && self.input.send(Ok(batch)).await.is_err() {
                return;
            }
        }
        if let Some(last) = lines.end() {
            // Whoever would take it is gone if this fails.
            let _ = self.input.send(Ok(vec![last])).await;
        }
    }

    /// Reads what is there of a connection that will be read no more. It is handed on after that:
    /// however slowly it is taken, what is there is read.
    async fn finish(&self, mut stream: impl AsyncRead + Unpin, mut lines: Lines) {
        let until = Instant::now() + LAST;
        let mut batches = Vec::new();
        let mut read = 0;
        let mut ended = false;
        while !ended && read < LAST_BYTES && Instant::now() < until {
            match timeout(SILENCE, stream.read_buf(lines.room())).await {
                Err(_) => break,
                Ok(Ok(count @ 1..)) => read += count,
                Ok(_) => ended = true,
            }
            batches.push(lines.take());
        }
        drop(stream);
        if ended {
            batches.push(lines.end().into_iter().collect());
        } else if lines.begun() > 0 {
            let bytes = lines.begun();
            tracing::warn!(bytes, "a line is dropped that was not sent to its end before the stop");
        }
        for batch in batches.into_iter().filter(|batch| !batch.is_empty()) {
            if self.input.send(Ok(batch)).await.is_err() {
                return;
            }
        }
    }
}
