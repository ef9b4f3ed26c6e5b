//! Asking PuppetDB.

use std::path::Path;
use std::time::Duration;

use groundrule_core::ports::{Answer, StoreError};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Certificate, Identity, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::source::{Access, Location, SourceError};

/// The most bytes of one answer.
const LARGEST: usize = 256 << 20;
/// How much of a refusal is told.
const TOLD: usize = 300;

/// A server, and how it is asked.
pub(super) struct Client {
    http: reqwest::Client,
    base: Url,
    shown: String,
    timeout: Duration,
}

impl Client {
    /// Reads the address and the files of TLS.
    pub fn new(location: &Location, access: &Access) -> Result<Self, SourceError> {
        let shown = location.to_string();
        let wrong = |why: String| {
            SourceError::new(format!("{shown}: {why}"), "write puppetdb:https://host[:8081]")
        };
        let mut base = Url::parse(location.rest()).map_err(|error| wrong(error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") || base.query().is_some() {
            return Err(wrong("this is no address of a server".to_owned()));
        }
        if base.port().is_none() && base.scheme() == "https" {
            // It cannot fail for an address with a host.
            let _ = base.set_port(Some(8081));
        }
        // The first provider of a process stays: it does not matter who was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut http = reqwest::Client::builder()
            .no_proxy()
            .user_agent(concat!("groundrule/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(access.timeout)
            .timeout(access.timeout)
            .redirect(reqwest::redirect::Policy::none());
        if let Some(file) = &access.ca {
            let found = Certificate::from_pem_bundle(&read(file)?);
            http = http.tls_certs_only(found.map_err(|error| unusable(file, &words(error)))?);
        }
        if let Some(file) = &access.cert {
            let mut pem = read(file)?;
            if let Some(key) = access.key.as_ref().filter(|key| *key != file) {
                pem.extend(read(key)?);
            }
            let identity = Identity::from_pem(&pem);
            http = http.identity(identity.map_err(|error| unusable(file, &words(error)))?);
        }
        let http = http.build().map_err(|error| wrong(words(error)))?;
        Ok(Self { http, base, shown, timeout: access.timeout })
    }

    /// Everything that an endpoint answers to a query, in pages that are ordered by these fields.
    pub async fn all<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        query: Option<&Value>,
        order: &[&str],
        page: usize,
    ) -> Answer<Vec<T>> {
        let mut rows = Vec::new();
        self.pages(endpoint, query, order, page, |page: Vec<T>| rows.extend(page)).await?;
        Ok(rows)
    }

    /// The same, page by page.
    pub async fn pages<T: DeserializeOwned>(
        &self,
        endpoint: &str,
        query: Option<&Value>,
        order: &[&str],
        page: usize,
        mut each: impl FnMut(Vec<T>),
    ) -> Answer<()> {
        let order: Vec<_> = order.iter().map(|field| json!({ "field": field })).collect();
        let mut offset = 0;
        loop {
            let mut asked = json!({ "order_by": order, "limit": page, "offset": offset });
            if let Some(query) = query {
                asked["query"] = query.clone();
            }
            let body = self.post(endpoint, asked.to_string()).await?;
            let rows: Vec<T> = serde_json::from_slice(&body).map_err(|error| {
                self.failed(&format!("its answer about {endpoint} cannot be read: {error}"))
            })?;
            let count = rows.len();
            each(rows);
            if count < page {
                return Ok(());
            }
            offset += count;
        }
    }

    async fn post(&self, endpoint: &str, body: String) -> Answer<Vec<u8>> {
        let url = self.url(&format!("pdb/query/v4/{endpoint}"))?;
        let request = self.http.post(url).header(CONTENT_TYPE, "application/json").body(body);
        self.answer(request).await
    }

    /// What stands at a path.
    pub async fn get(&self, path: &str) -> Answer<Vec<u8>> {
        self.answer(self.http.get(self.url(path)?)).await
    }

    fn url(&self, path: &str) -> Answer<Url> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}/{path}")).map_err(|error| self.failed(&error.to_string()))
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Answer<Vec<u8>> {
        let answer = request.send().await.map_err(|error| self.away(error))?;
        let status = answer.status();
        let most = if status.is_success() { LARGEST } else { TOLD };
        let (body, whole) = bounded(answer, most).await.map_err(|error| self.away(error))?;
        if status.is_success() {
            let most = LARGEST >> 20;
            return whole
                .then_some(body)
                .ok_or_else(|| self.failed(&format!("its answer has more than {most} MB")));
        }
        let text = String::from_utf8_lossy(&body);
        let help = match status {
            StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => {
                "; give a certificate that it lets in with cert and key"
            }
            _ => "",
        };
        let said = text.lines().next().unwrap_or_default();
        Err(self.failed(&format!("it answers {status}: {said}{help}")))
    }

    fn away(&self, error: reqwest::Error) -> StoreError {
        if error.is_timeout() {
            let limit = humantime::format_duration(self.timeout);
            return self.failed(&format!("no answer for {limit}"));
        }
        self.failed(&words(error))
    }

    /// Why there is no answer.
    pub fn failed(&self, why: &str) -> StoreError {
        StoreError(format!("{}: {why}", self.shown).into())
    }
}

/// The beginning of an answer, and whether that is all.
async fn bounded(mut answer: Response, most: usize) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        let room = most - body.len();
        body.extend_from_slice(&piece[..piece.len().min(room)]);
        if piece.len() > room {
            return Ok((body, false));
        }
    }
    Ok((body, true))
}

fn read(file: &Path) -> Result<Vec<u8>, SourceError> {
    std::fs::read(file).map_err(|error| unusable(file, &error.to_string()))
}

fn unusable(file: &Path, why: &str) -> SourceError {
    SourceError::new(format!("{}: {why}", file.display()), "name a file in PEM")
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
