//! A server for questions: the same doors, limits and times as for events.

use std::net::SocketAddr;
use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use groundrule_core::delivery::CarryError;
use hyper::body::Incoming;
use tokio::net::TcpListener;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::answer::{Refusal, admitted, taken};
use super::door::{Caller, Door};
use super::listen::{Answers, Listen};
use crate::streams::bind;
use crate::{Endpoint, Settings, query};

/// Where everybody may ask, without a token.
const OPEN: &str = "/healthz";

/// Listens at `http://host:port` or `https://…?cert=FILE&key=FILE&ca=FILE`, with a token by
/// `?token_file=FILE`. Off loopback it demands a token or certificates. Handlers find the [`Caller`]
/// among the extensions of a request.
pub struct Server {
    door: Arc<Door>,
    listener: TcpListener,
}

impl Server {
    /// Listens; needs a runtime.
    ///
    /// # Errors
    /// When the address is none, would be open for everybody, or cannot be had.
    pub fn bind(url: &str, settings: &Settings) -> Result<Self, CarryError> {
        let endpoint = Endpoint::parse(url)?;
        if !matches!(endpoint.scheme.as_str(), "http" | "https") {
            return Err(query::refused(&endpoint, "write http://127.0.0.1:9181, or https://…"));
        }
        let door = Arc::new(Door::read(&endpoint, settings)?);
        let listener = bind(&endpoint)?;
        if !listener.local_addr().is_ok_and(|address| address.ip().is_loopback()) {
            door.guarded(&endpoint)?;
        }
        let listener = TcpListener::from_std(listener)
            .map_err(|error| query::refused(&endpoint, &format!("cannot listen: {error}")))?;
        Ok(Self { door, listener })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until it is stopped; what is being answered then is finished.
    pub async fn run(self, router: Router, stop: CancellationToken) {
        Listen::new(self.door, Routed(router), stop).run(self.listener).await;
    }
}

struct Routed(Router);

#[async_trait]
impl Answers for Routed {
    async fn answer(&self, door: &Door, request: Request<Incoming>) -> Response<Body> {
        self.answered(door, request).await.unwrap_or_else(Refusal::answer)
    }
}

impl Routed {
    async fn answered(
        &self,
        door: &Door,
        request: Request<Incoming>,
    ) -> Result<Response<Body>, Refusal> {
        let caller = match request.uri().path() {
            OPEN => Caller::default(),
            _ => admitted(door, request.headers())?,
        };
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        head.headers_mut().clone_from(request.headers());
        head.extensions_mut().insert(caller);
        // The room is held until it is answered.
        let (_room, body) = taken(door, request, Instant::now() + door.timeout).await?;
        let request = head.map(|()| Body::from(body));
        match self.0.clone().oneshot(request).await {
            Ok(answer) => Ok(answer),
            Err(never) => match never {},
        }
    }
}
