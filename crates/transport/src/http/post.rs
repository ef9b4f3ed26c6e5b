//! Posts events.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;

use crate::ndjson::lines;
use crate::{Endpoint, Settings, query, tls};

/// How many bytes are posted at once, unless one event alone has more.
const REQUEST_BYTES: usize = 1 << 20;
/// What says that a request will not do as it is, whoever sends it and whenever it comes.
const UNFIT: [StatusCode; 2] = [StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];
/// How much of an answer is read: more than our own server says of invalid events.
const READ_BYTES: usize = 1 << 20;
/// How much of an answer is repeated.
const TOLD_BYTES: usize = 500;

/// A sink that posts events, one a line.
pub struct Post {
    endpoint: Endpoint,
    url: String,
    token: Option<HeaderValue>,
    client: Client,
    /// Whether the server has taken events from here.
    taken: bool,
}

impl Post {
    /// Connects when the first event is sent.
    pub fn new(endpoint: Endpoint, settings: &Settings) -> Result<Self, CarryError> {
        query::known(&endpoint, &["timeout", "token_file", "cert", "key", "ca"])?;
        let timeout = query::seconds(&endpoint, "timeout", 30.0)?;
        let [(host, port)] = &endpoint.hosts[..] else {
            return Err(query::refused(&endpoint, "name one host"));
        };
        let host = if host.contains(':') { format!("[{host}]") } else { host.clone() };
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let path = if endpoint.path.is_empty() { "/events" } else { &endpoint.path };
        let url = format!("{}://{host}{port}{path}", endpoint.scheme);
        let token = endpoint.token(settings)?.map(|token| bearer(&endpoint, &token)).transpose()?;
        let client = client(&endpoint, timeout)?;
        Ok(Self { endpoint, url, token, client, taken: false })
    }

    async fn post(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        let mut request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/x-ndjson")
            .body(lines(messages));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token);
        }
        let answer = request.send().await.map_err(|error| {
            CarryError::Away(format!("{}: {}", self.endpoint, cause(&error.without_url())))
        })?;
        let status = answer.status();
        if status.is_success() {
            self.taken = true;
            return Ok(());
        }
        let said = said(answer).await;
        let why = format!("{}: {status}: {}", self.endpoint, words(&said));
        // Whoever never took anything may answer that to all requests, such as a server that wants
        // TLS: that is no fault of these events.
        let unfit = match status {
            StatusCode::BAD_REQUEST => self.taken || names_events(&said),
            _ => UNFIT.contains(&status),
        };
        Err(if unfit { CarryError::Refused(why) } else { CarryError::Away(why) })
    }
}

fn bearer(endpoint: &Endpoint, token: &str) -> Result<HeaderValue, CarryError> {
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
        query::refused(endpoint, "its token has characters that no header can have")
    })?;
    value.set_sensitive(true);
    Ok(value)
}

fn client(endpoint: &Endpoint, timeout: Duration) -> Result<Client, CarryError> {
    Client::builder()
        .tls_backend_preconfigured((*tls::client(endpoint)?).clone())
        .redirect(Policy::none())
        .no_proxy()
        .timeout(timeout)
        .build()
        .map_err(|error| query::refused(endpoint, &cause(&error)))
}

/// What a server says, or the beginning of it.
async fn said(mut answer: Response) -> Vec<u8> {
    let mut said = Vec::new();
    while said.len() < READ_BYTES
        && let Ok(Some(more)) = answer.chunk().await
    {
        said.extend_from_slice(&more[..more.len().min(READ_BYTES - said.len())]);
    }
    said
}

/// Whether a server says which events are invalid, as our own does.
fn names_events(said: &[u8]) -> bool {
    let said: Value = serde_json::from_slice(said).unwrap_or_default();
    said["events"].as_array().is_some_and(|events| {
        let named = |event: &Value| event["index"].is_u64() && event["reasons"].is_array();
        !events.is_empty() && events.iter().all(named)
    })
}

/// The beginning of it, on one line.
fn words(said: &[u8]) -> String {
    let said = String::from_utf8_lossy(&said[..said.len().min(TOLD_BYTES)]);
    said.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// What an error comes from, which says more than the error.
fn cause(error: &dyn Error) -> String {
    let mut last = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

#[async_trait]
impl Sink for Post {
    async fn send(&mut self, messages: &[Message]) -> Result<(), CarryError> {
        let mut rest = messages;
        while !rest.is_empty() {
            let mut size = 0;
            let fits = rest.iter().take_while(|message| {
                size += message.body.len() + 1;
                size <= REQUEST_BYTES
            });
            let count = fits.count().max(1);
            self.post(&rest[..count]).await?;
            rest = &rest[count..];
        }
        Ok(())
    }
}
