//! What an address says of where to connect, and of what to take and send.

use std::time::Duration;

use async_nats::ServerAddr;
use groundrule_core::delivery::CarryError;

use crate::{Endpoint, Settings, query, tls};

/// Every key that may stand behind the question mark.
const KEYS: [&str; 12] = [
    "stream",
    "durable",
    "queue",
    "ack_wait",
    "pending",
    "timeout",
    "tls",
    "ca",
    "cert",
    "key",
    "password_file",
    "token_file",
];

/// Where to connect, and what to take and send.
pub struct Options {
    pub endpoint: Endpoint,
    pub servers: Vec<ServerAddr>,
    pub subject: String,
    /// The stream that keeps the messages, if one does.
    pub stream: Option<String>,
    /// Under which name the server remembers what is settled; processes that name the same one
    /// share the messages.
    pub durable: String,
    /// The same without a stream.
    pub queue: Option<String>,
    /// After how long what is not settled comes again.
    pub ack_wait: Duration,
    /// How many messages may be out that are not settled.
    pub pending: u32,
    /// How long a server that is away or slow is put up with when sending.
    pub timeout: Duration,
    pub tls: Option<rustls::ClientConfig>,
    pub user: Option<String>,
    pub password: Option<String>,
    pub token: Option<String>,
    /// The most bytes of a message.
    pub max_message: usize,
}

impl Options {
    /// Reads them.
    ///
    /// # Errors
    /// When one of them is wrong.
    pub fn read(endpoint: Endpoint, settings: &Settings) -> Result<Self, CarryError> {
        query::known(&endpoint, &KEYS)?;
        let subject = endpoint.path.trim_start_matches('/').to_owned();
        let wrong = |c: char| c.is_whitespace() || c.is_control();
        if subject.split('.').any(str::is_empty) || subject.contains(wrong) {
            let why = "name a subject behind the host, such as /events.portal";
            return Err(query::refused(&endpoint, why));
        }
        let given = |key: &str| endpoint.query.get(key).cloned();
        for key in ["stream", "durable", "queue"] {
            let bad = |c: char| wrong(c) || matches!(c, '.' | '*' | '>' | '/' | '\\');
            if given(key).is_some_and(|name| name.is_empty() || name.contains(bad)) {
                let why = format!("{key} is a name without blanks, dots, stars and slashes");
                return Err(query::refused(&endpoint, &why));
            }
        }
        let secure = query::yes(&endpoint, "tls")?;
        Ok(Self {
            servers: servers(&endpoint, secure)?,
            subject,
            stream: given("stream"),
            durable: given("durable").unwrap_or_else(|| "groundrule".to_owned()),
            queue: given("queue"),
            ack_wait: query::seconds(&endpoint, "ack_wait", 60.0)?,
            pending: query::number(&endpoint, "pending", 20_000)?,
            timeout: query::seconds(&endpoint, "timeout", 10.0)?,
            tls: if secure { Some((*tls::client(&endpoint)?).clone()) } else { None },
            user: endpoint.user(settings),
            password: endpoint.password(settings)?,
            token: endpoint.token(settings)?,
            max_message: settings.max_message,
            endpoint,
        })
    }

    /// Refuses a subject that stands for many: nothing can be sent there.
    ///
    /// # Errors
    /// When it does.
    pub fn for_sending(self) -> Result<Self, CarryError> {
        match self.subject.split('.').any(|token| matches!(token, "*" | ">")) {
            true => Err(self.refused("nothing can be sent to a subject with * or >")),
            false => Ok(self),
        }
    }

    pub fn refused(&self, why: &str) -> CarryError {
        query::refused(&self.endpoint, why)
    }

    pub fn away(&self, why: &str) -> CarryError {
        CarryError::Away(format!("{}: {why}", self.endpoint))
    }
}

fn servers(endpoint: &Endpoint, secure: bool) -> Result<Vec<ServerAddr>, CarryError> {
    let scheme = if secure { "tls" } else { "nats" };
    let server = |(host, port): &(String, Option<u16>)| {
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        format!("{scheme}://{host}:{}", port.unwrap_or(4222))
            .parse()
            .map_err(|_| query::refused(endpoint, &format!("{host} is no host")))
    };
    let servers: Vec<_> = endpoint.hosts.iter().map(server).collect::<Result<_, _>>()?;
    match servers.is_empty() {
        true => Err(query::refused(endpoint, "name a host")),
        false => Ok(servers),
    }
}
