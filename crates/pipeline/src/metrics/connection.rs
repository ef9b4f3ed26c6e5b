//! The connection to carbon.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

use crate::part::PartError;

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(5);
/// How long carbon may read nothing.
const WRITING: Duration = Duration::from_secs(10);
/// How long it is waited between two attempts: the first time, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));
/// How much of what was written last is kept: more than the buffers of a connection hold.
const KEPT: usize = 8 * 1024 * 1024;
/// The port of the line receiver.
const PORT: u16 = 2003;

/// Why an address is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no address of Graphite: write tcp://HOST:PORT")]
pub struct AddressError(String);

/// Where carbon takes lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

impl Address {
    /// Reads `tcp://HOST:PORT`; without a port it is 2003.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(url: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(url.to_owned());
        let rest = url.strip_prefix("tcp://").ok_or_else(wrong)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(wrong)?;
                let port = after.strip_prefix(':');
                if port.is_none() && !after.is_empty() {
                    return Err(wrong());
                }
                (host, port)
            }
            None => match rest.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (rest, None),
            },
        };
        let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
        if host.is_empty() || !host.chars().all(known) {
            return Err(wrong());
        }
        let port = port.map_or(Ok(PORT), |port| port.parse().map_err(|_| wrong()))?;
        Ok(Self { host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "tcp://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "tcp://{}:{}", self.host, self.port)
        }
    }
}

/// A connection that is made anew when it breaks.
#[derive(Debug)]
pub(super) struct Connection {
    address: Address,
    stream: Option<TcpStream>,
    /// What was written last.
    recent: VecDeque<Bytes>,
    recent_bytes: usize,
    /// Not before this time is it tried again, and how long it is waited the next time.
    pause: Option<(Instant, Duration)>,
}

impl Connection {
    pub(super) fn new(address: Address) -> Self {
        Self { address, stream: None, recent: VecDeque::new(), recent_bytes: 0, pause: None }
    }

    /// Writes lines, after those that a broken connection may have lost.
    pub(super) async fn write(&mut self, lines: Bytes) -> Result<(), PartError> {
        self.revive().await?;
        self.put(&lines).await?;
        self.recent_bytes += lines.len();
        self.recent.push_back(lines);
        while self.recent_bytes > KEPT
            && self.recent.len() > 1
            && let Some(oldest) = self.recent.pop_front()
        {
            self.recent_bytes -= oldest.len();
        }
        Ok(())
    }

    /// Finds out whether the connection is broken, and if so makes a new one. Returns whether
    /// something was written again.
    pub(super) async fn revive(&mut self) -> Result<bool, PartError> {
        if self.alive().await {
            return Ok(false);
        }
        if let Some((until, _)) = self.pause {
            sleep_until(until).await;
        }
        let connect = TcpStream::connect((self.address.host.as_str(), self.address.port));
        match timeout(CONNECTING, connect).await {
            Ok(Ok(stream)) => self.stream = Some(stream),
            Ok(Err(error)) => return Err(self.away(&error.to_string())),
            Err(_) => return Err(self.away("it does not answer")),
        }
        for lines in self.recent.clone() {
            self.put(&lines).await?;
        }
        self.pause = None;
        Ok(self.used())
    }

    /// Whether something was ever written that a broken connection may have lost.
    pub(super) fn used(&self) -> bool {
        !self.recent.is_empty()
    }

    /// Waits until carbon has read everything: it closes the connection after us.
    pub(super) async fn close(&mut self) -> Result<(), PartError> {
        if !self.used() {
            return Ok(());
        }
        self.revive().await?;
        let Some(stream) = &mut self.stream else { return Ok(()) };
        let ended = async {
            stream.shutdown().await?;
            tokio::io::copy(stream, &mut tokio::io::sink()).await
        };
        match timeout(WRITING, ended).await {
            Ok(Ok(_)) => {
                self.stream = None;
                self.recent.clear();
                self.recent_bytes = 0;
                Ok(())
            }
            Ok(Err(error)) => Err(self.away(&error.to_string())),
            Err(_) => Err(self.away("it does not read")),
        }
    }

    /// Writes, and has no connection any more if that was not done to the end: a line of which
    /// half is written cannot be gone on from.
    async fn put(&mut self, lines: &[u8]) -> Result<(), PartError> {
        let Some(mut stream) = self.stream.take() else { return Err(self.away("no connection")) };
        match timeout(WRITING, stream.write_all(lines)).await {
            Ok(Ok(())) => {
                self.stream = Some(stream);
                Ok(())
            }
            Ok(Err(error)) => Err(self.away(&error.to_string())),
            Err(_) => Err(self.away("it does not read")),
        }
    }

    /// Carbon never writes: what can be read is only the end of the connection.
    async fn alive(&mut self) -> bool {
        // Lets the runtime hear of an end that has come meanwhile.
        tokio::task::yield_now().await;
        let Some(stream) = &self.stream else { return false };
        match stream.try_read(&mut [0; 64]) {
            Ok(0) => self.stream = None,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.stream = None,
        }
        self.stream.is_some()
    }

    /// Gives the connection up, and waits longer each time.
    fn away(&mut self, why: &str) -> PartError {
        self.stream = None;
        let pause = self.pause.map_or(PAUSES.0, |(_, pause)| (pause * 2).min(PAUSES.1));
        self.pause = Some((Instant::now() + pause, pause));
        PartError::Away(format!("carbon at {} is away: {why}", self.address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (url, host, port) in [
            ("tcp://graphite.example.net:2103", "graphite.example.net", 2103),
            ("tcp://10.0.0.1/", "10.0.0.1", 2003),
            ("tcp://[::1]:2004", "::1", 2004),
            ("tcp://[::1]", "::1", 2003),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!(address, Address { host: host.to_owned(), port });
            assert_eq!(Address::parse(&address.to_string()).unwrap(), address);
        }
        for url in [
            "graphite:2003",
            "udp://graphite:2003",
            "tcp://",
            "tcp://:2003",
            "tcp://a:b",
            "tcp://[::1",
            "tcp://[::1]x",
            "tcp://user:pass@a:1",
            "tcp://a:70000",
            "tcp://a/b",
        ] {
            assert!(Address::parse(url).is_err(), "{url}");
        }
    }
}
