//! Posts the event to an HTTP address.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use groundrule_core::event::Event;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Certificate, Client, Response, StatusCode, Url};
use serde::Deserialize;

use super::outcome::beginning;
use super::{Action, ActionError, Means, Outcome, Plan, secret};

/// How much of an answer is read.
const ANSWER: usize = 4096;

/// The options of `webhook`.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Webhook {
    /// Where to, `http://` or `https://`.
    url: String,
    /// A file with the token that proves who posts.
    token_file: Option<PathBuf>,
    /// A file with the certificates of authorities that are trusted besides the system's.
    ca_file: Option<PathBuf>,
}

impl fmt::Debug for Webhook {
    /// An address can have secrets in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Webhook").field("token_file", &self.token_file).finish_non_exhaustive()
    }
}

impl Webhook {
    fn address(&self) -> Result<Url, String> {
        let url = Url::parse(&self.url).map_err(|error| format!("url is no address: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("url begins neither with http:// nor with https://".to_owned());
        }
        if url.password().is_some() || !url.username().is_empty() {
            return Err(
                "url has a user in it: put a token into a file, and name that as token_file"
                    .to_owned(),
            );
        }
        Ok(url)
    }
}

impl Plan for Webhook {
    fn check(&self) -> Result<(), String> {
        self.address().map(drop)
    }

    fn build(&self, _: &Means, limit: Duration) -> Result<Box<dyn Action>, ActionError> {
        // The first provider of a process stays: it does not matter who was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder()
            .no_proxy()
            .timeout(limit)
            .user_agent(concat!("groundrule/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none());
        if let Some(file) = &self.ca_file {
            let told = |why: String| ActionError::refused(format!("{}: {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| told(error.to_string()))?;
            let found =
                Certificate::from_pem_bundle(&pem).map_err(|error| told(error.to_string()))?;
            client = client.tls_certs_merge(found);
        }
        let client = client.build().map_err(|error| ActionError::refused(words(error)))?;
        let url = self.address().map_err(ActionError::refused)?;
        Ok(Box::new(Post { client, url, token_file: self.token_file.clone() }))
    }
}

struct Post {
    client: Client,
    url: Url,
    token_file: Option<PathBuf>,
}

#[async_trait]
impl Action for Post {
    async fn run(&self, event: &Event) -> Result<Outcome, ActionError> {
        let json = HeaderValue::from_static("application/json");
        let mut request =
            self.client.post(self.url.clone()).header(CONTENT_TYPE, json).body(event.raw().clone());
        if let Some(file) = &self.token_file {
            request = request.bearer_auth(secret::read(file).await?);
        }
        let answer = request.send().await.map_err(|error| ActionError::away(words(error)))?;
        let status = answer.status();
        let code = Some(i32::from(status.as_u16()));
        let outcome = Outcome { code, output: start(answer).await, figures: Vec::new() };
        if status.is_success() {
            return Ok(outcome);
        }
        let reason = format!("the webhook answered {status}");
        let later = status.is_server_error()
            || matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS);
        let error = if later { ActionError::away(reason) } else { ActionError::refused(reason) };
        Err(error.with(outcome))
    }
}

/// The beginning of an answer.
async fn start(mut answer: Response) -> String {
    let mut start = Vec::new();
    while start.len() < ANSWER
        && let Ok(Some(piece)) = answer.chunk().await
    {
        start.extend_from_slice(&piece[..piece.len().min(ANSWER - start.len())]);
    }
    beginning(&start)
}

/// What went wrong, with its causes, and without the address.
fn words(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut words = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}
