//! What a request is answered.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::{Body, to_bytes};
use axum::http::header::{
    ALLOW, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
    TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use bytes::Bytes;
use groundrule_core::delivery::Message;
use hyper::body::Incoming;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

use super::body;
use super::door::{Caller, Door, Stranger, UNIT};
use super::listen::Answers;
use crate::intake::Batch;

/// How long a body may take to come, at most.
const BODY: Duration = Duration::from_secs(30);
/// After how many seconds another attempt makes sense.
const RETRY_SECONDS: &str = "5";

/// A posted event; the last one of a request has whom to tell that all are dealt with.
pub struct Posting {
    pub message: Message,
    pub done: Option<oneshot::Sender<()>>,
}

type Answer = Response<Body>;

/// Takes what is posted.
pub struct Taker {
    pub input: mpsc::Sender<Batch<Posting>>,
}

#[async_trait]
impl Answers for Taker {
    async fn answer(&self, door: &Door, request: Request<Incoming>) -> Answer {
        let mut answer = answered(door, &self.input, request).await.unwrap_or_else(Refusal::answer);
        if self.input.is_closed() {
            answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        answer
    }
}

async fn answered(
    door: &Door,
    input: &mpsc::Sender<Batch<Posting>>,
    request: Request<Incoming>,
) -> Result<Answer, Refusal> {
    let deadline = Instant::now() + door.timeout;
    let lines = accepted(door, &request)?;
    if input.is_closed() {
        return Err(stopped());
    }
    // The room is held until the events are dealt with.
    let (_room, body) = taken(door, request, deadline).await?;
    let messages = match body::events(&body, lines) {
        Ok(messages) => messages,
        Err(rejected) => return Ok(reply(StatusCode::BAD_REQUEST, &rejected.answer())),
    };
    drop(body);
    let count = messages.len();
    match timeout_at(deadline, handed(input, messages)).await {
        Ok(true) => Ok(reply(StatusCode::ACCEPTED, &json!({ "accepted": count }))),
        Ok(false) => Err(stopped()),
        Err(_) => Err(Refusal::busy(
            "the events could not be dealt with in time; they may have been taken",
        )),
    }
}

fn stopped() -> Refusal {
    Refusal::busy("it is being stopped")
}

/// Whether a request is one to post events, and if they come one a line.
fn accepted(door: &Door, request: &Request<Incoming>) -> Result<bool, Refusal> {
    let refused = |status, why: &str| Err(Refusal::new(status, why));
    if request.uri().path() != door.path {
        return refused(StatusCode::NOT_FOUND, &format!("post to {}", door.path));
    }
    if request.method() != Method::POST {
        return refused(StatusCode::METHOD_NOT_ALLOWED, "post events");
    }
    admitted(door, request.headers())?;
    form(request.headers()).or_else(|why| refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why))
}

/// Whether who asks may.
pub fn admitted(door: &Door, headers: &HeaderMap) -> Result<Caller, Refusal> {
    door.admits(headers).map_err(|stranger| match stranger {
        Stranger::Nobody => {
            let why = "it takes a token: Authorization: Bearer TOKEN";
            Refusal::new(StatusCode::UNAUTHORIZED, why)
        }
        Stranger::Other => Refusal::new(StatusCode::FORBIDDEN, "it takes another token"),
    })
}

/// Whether events come one a line, as far as the headers say; no if the body has to tell.
fn form(headers: &HeaderMap) -> Result<bool, &'static str> {
    const KNOWN: &str = "post application/json or application/x-ndjson";
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err("post events as they are, not compressed");
    }
    let Some(kind) = headers.get(CONTENT_TYPE) else { return Ok(false) };
    let kind = kind.to_str().map_err(|_| KNOWN)?.split(';').next().unwrap_or_default();
    match kind.trim().to_ascii_lowercase().as_str() {
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(true),
        "application/json" | "text/json" => Ok(false),
        // What tools send that were told nothing.
        "" | "text/plain" | "application/x-www-form-urlencoded" | "application/octet-stream" => {
            Ok(false)
        }
        kind if kind.ends_with("+json") => Ok(false),
        _ => Err(KNOWN),
    }
}

/// Takes the body in, when there is room for it.
pub async fn taken(
    door: &Door,
    request: Request<Incoming>,
    deadline: Instant,
) -> Result<(OwnedSemaphorePermit, Bytes), Refusal> {
    let too_large = || {
        let why = format!("at most {} bytes in a request", door.max_message);
        Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, why)
    };
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    // Without either header there is no body.
    let chunked = request.headers().contains_key(TRANSFER_ENCODING);
    let size: usize = length.unwrap_or(if chunked { door.max_message } else { 0 });
    if size > door.max_message {
        return Err(too_large());
    }
    let units = u32::try_from(size.div_ceil(UNIT)).unwrap_or(u32::MAX);
    let room = timeout_at(deadline, Arc::clone(&door.room).acquire_many_owned(units)).await;
    let Ok(Ok(room)) = room else {
        return Err(Refusal::busy("too much is being dealt with"));
    };
    match timeout(
        BODY.min(door.timeout),
        to_bytes(Body::new(request.into_body()), door.max_message),
    )
    .await
    {
        Ok(Ok(body)) => Ok((room, body)),
        Ok(Err(failed)) if is_limit(&failed) => Err(too_large()),
        Ok(Err(_)) => Err(Refusal::new(StatusCode::BAD_REQUEST, "the body broke off")),
        Err(_) => Err(Refusal::new(StatusCode::REQUEST_TIMEOUT, "the body took too long")),
    }
}

/// Whether a body could not be taken because it is too large.
fn is_limit(failed: &axum::Error) -> bool {
    std::error::Error::source(failed)
        .is_some_and(|source| source.to_string() == "length limit exceeded")
}

/// Hands messages to the source; returns whether they are dealt with.
async fn handed(input: &mpsc::Sender<Batch<Posting>>, messages: Vec<Message>) -> bool {
    let (done, settled) = oneshot::channel();
    let mut postings: Vec<_> =
        messages.into_iter().map(|message| Posting { message, done: None }).collect();
    let Some(last) = postings.last_mut() else { return true };
    last.done = Some(done);
    input.send(Ok(postings)).await.is_ok() && settled.await.is_ok()
}

/// Why a request is not answered as wished.
pub struct Refusal {
    status: StatusCode,
    why: String,
}

impl Refusal {
    fn new(status: StatusCode, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }

    /// For now it cannot be done.
    pub fn busy(why: &str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, why)
    }

    pub fn answer(self) -> Answer {
        let mut answer = reply(self.status, &json!({ "error": self.why }));
        let more = match self.status {
            StatusCode::UNAUTHORIZED => Some((WWW_AUTHENTICATE, "Bearer")),
            StatusCode::METHOD_NOT_ALLOWED => Some((ALLOW, "POST")),
            StatusCode::SERVICE_UNAVAILABLE => Some((RETRY_AFTER, RETRY_SECONDS)),
            _ => None,
        };
        if let Some((name, value)) = more {
            answer.headers_mut().insert(name, HeaderValue::from_static(value));
        }
        answer
    }
}

fn reply(status: StatusCode, content: &Value) -> Answer {
    let mut answer = Response::new(Body::from(format!("{content}\n")));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
