//! Lines to somebody who listens.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use tokio::io::{AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, sleep, timeout};

use crate::ndjson::lines;
use crate::{Endpoint, query};

/// How much is written at once: each time, the far side has to take some within the time-out.
const WRITE_BYTES: usize = 256 << 10;

/// A sink that connects.
///
/// `send` returns when the system has all lines: the stream has no acknowledgements. A line that was
/// under way when the far side ended may be lost; whoever cannot have that sends through a broker.
pub struct Connect {
    endpoint: Endpoint,
    timeout: Duration,
    stream: Option<Stream>,
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    /// Whether the far side has ended it. What it says otherwise is not listened to.
    fn ended(&self) -> bool {
        let mut answer = [0; 512];
        let read = match self {
            Self::Tcp(stream) => stream.try_read(&mut answer),
            Self::Unix(stream) => stream.try_read(&mut answer),
        };
        match read {
            Ok(read) => read == 0,
            Err(error) => error.kind() != io::ErrorKind::WouldBlock,
        }
    }

    fn writer(&mut self) -> &mut (dyn AsyncWrite + Send + Unpin) {
        match self {
            Self::Tcp(stream) => stream,
            Self::Unix(stream) => stream,
        }
    }
}

impl Connect {
    /// Connects when the first message is sent.
    pub fn new(endpoint: Endpoint) -> Result<Self, CarryError> {
        query::known(&endpoint, &["timeout"])?;
        let timeout = query::seconds(&endpoint, "timeout", 10.0)?;
        match endpoint.scheme.as_str() {
            "unix" => drop(super::path(&endpoint)?.to_owned()),
            _ if endpoint.hosts.is_empty() || endpoint.hosts.iter().any(|(_, p)| p.is_none()) => {
                return Err(query::refused(&endpoint, "name a host with its port"));
            }
            _ => {}
        }
        Ok(Self { endpoint, timeout, stream: None })
    }

    async fn connect(&self) -> io::Result<Stream> {
        if self.endpoint.scheme == "unix" {
            return UnixStream::connect(&self.endpoint.path).await.map(Stream::Unix);
        }
        let mut failed = io::Error::other("no host");
        for (host, port) in &self.endpoint.hosts {
            match TcpStream::connect((host.as_str(), port.unwrap_or_default())).await {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Stream::Tcp(stream));
                }
                Err(error) => failed = error,
            }
        }
        Err(failed)
    }

    /// Writes everything, or drops the connection.
    async fn attempt(&mut self, text: &[u8]) -> io::Result<()> {
        let slow = || io::Error::new(io::ErrorKind::TimedOut, "it takes nothing");
        let mut stream = match self.stream.take().filter(|stream| !stream.ended()) {
            Some(stream) => stream,
            None => timeout(self.timeout, self.connect()).await.map_err(|_| slow())??,
        };
        for part in text.chunks(WRITE_BYTES) {
            let writer = stream.writer();
            timeout(self.timeout, writer.write_all(part)).await.map_err(|_| slow())??;
        }
        self.stream = Some(stream);
        Ok(())
    }
}

#[async_trait]
impl Sink for Connect {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        let text = lines(messages);
        let deadline = Instant::now() + self.timeout;
        let mut pause = Duration::from_millis(50);
        loop {
            let Err(error) = self.attempt(&text).await else { return Ok(()) };
            if Instant::now() + pause >= deadline {
                return Err(CarryError::Away(format!("{}: {error}", self.endpoint)));
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}
