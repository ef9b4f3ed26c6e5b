//! Posts events.

use std::error::Error;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::delivery::{CarryError, Message, Sink};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode};

use crate::ndjson::lines;
use crate::{Endpoint, Settings, query, tls};

/// How many bytes are posted at once, unless one event alone has more.
const REQUEST_BYTES: usize = 1 << 20;
/// What says that a request will not do as it is, whoever sends it and whenever it comes.
const UNFIT: [StatusCode; 3] =
    [StatusCode::BAD_REQUEST, StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNPROCESSABLE_ENTITY];
/// How much of an answer is repeated.
const TOLD_BYTES: usize = 500;

/// A sink that posts events, one a line.
pub struct Post {
    endpoint: Endpoint,
    url: String,
    token: Option<HeaderValue>,
    client: Client,
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
        Ok(Self { endpoint, url, token, client })
    }

    async fn post(&self, messages: &[Message]) -> Result<(), CarryError> {
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
            return Ok(());
        }
        let why = format!("{}: {status}: {}", self.endpoint, words(answer).await);
        match UNFIT.contains(&status) {
            true => Err(CarryError::Refused(why)),
            false => Err(CarryError::Away(why)),
        }
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

/// The beginning of what a server says, on one line.
async fn words(mut answer: Response) -> String {
    let mut said = Vec::new();
    while said.len() < TOLD_BYTES
        && let Ok(Some(more)) = answer.chunk().await
    {
        said.extend_from_slice(&more[..more.len().min(TOLD_BYTES - said.len())]);
    }
    let said = String::from_utf8_lossy(&said);
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
