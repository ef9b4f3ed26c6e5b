//! Accepts connections, and lets none of them take more than its share.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::door::Door;

/// How long the headers of a request may take to come, and a connection may do
/// nothing, at most.
const HEADERS: Duration = Duration::from_secs(20);
/// How long TLS may take to be agreed on.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a connection on which nobody asks is left open after a stop.
const GRACE: Duration = Duration::from_millis(100);
/// The most bytes of the headers.
const HEADER_BYTES: usize = 64 << 10;

/// Who answers requests.
#[async_trait]
pub trait Answers: Send + Sync + 'static {
    /// Answers one.
    async fn answer(&self, door: &Door, request: Request<Incoming>) -> Response<Body>;
}

/// What connections have in common.
pub struct Listen<A> {
    pub door: Arc<Door>,
    pub answers: Arc<A>,
    /// Connections that there are then end with the answer that is under way; others are still
    /// accepted, and the answers say what is the matter.
    pub refuse: CancellationToken,
    /// Nobody is accepted any more.
    pub stop: CancellationToken,
    /// How many more may be connected.
    pub free: Arc<Semaphore>,
}

impl<A> Listen<A> {
    /// Answers whoever connects, until it is stopped.
    pub fn new(door: Arc<Door>, answers: A, stop: CancellationToken) -> Self {
        let free = Arc::new(Semaphore::new(door.connections));
        Self { door, answers: Arc::new(answers), refuse: stop.child_token(), stop, free }
    }
}

impl<A> Clone for Listen<A> {
    fn clone(&self) -> Self {
        let (door, answers) = (Arc::clone(&self.door), Arc::clone(&self.answers));
        let (refuse, stop) = (self.refuse.clone(), self.stop.clone());
        Self { door, answers, refuse, stop, free: Arc::clone(&self.free) }
    }
}

impl<A: Answers> Listen<A> {
    /// Accepts connections until it is stopped; those that there are then finish their answers.
    pub async fn run(self, listener: TcpListener) {
        while let Some(Ok(permit)) =
            self.stop.run_until_cancelled(Arc::clone(&self.free).acquire_owned()).await
        {
            match self.stop.run_until_cancelled(listener.accept()).await {
                None => return,
                Some(Ok((stream, _))) => {
                    let listen = self.clone();
                    tokio::spawn(async move {
                        listen.connection(stream).await;
                        drop(permit);
                    });
                }
                Some(Err(error)) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }

    async fn connection(&self, stream: TcpStream) {
        // Answers are small and should not wait; that they would is no reason to give none.
        let _ = stream.set_nodelay(true);
        let Some(tls) = &self.door.tls else { return self.serve(stream).await };
        match timeout(HANDSHAKE, TlsAcceptor::from(Arc::clone(tls)).accept(stream)).await {
            Ok(Ok(stream)) => self.serve(stream).await,
            Ok(Err(error)) => tracing::debug!(%error, "no TLS could be agreed on"),
            Err(_) => tracing::debug!("no TLS was agreed on in time"),
        }
    }

    async fn serve(&self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let service = service_fn(|request| async {
            Ok::<_, Infallible>(self.answers.answer(&self.door, request).await)
        });
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEADERS.min(self.door.timeout))
                .max_buf_size(HEADER_BYTES)
                .serve_connection(TokioIo::new(stream), service)
        );
        let end = if self.refuse.is_cancelled() { &self.stop } else { &self.refuse };
        let ended = match end.run_until_cancelled(connection.as_mut()).await {
            Some(ended) => ended,
            // Who is just asking hears why not.
            None => match timeout(GRACE, connection.as_mut()).await {
                Ok(ended) => ended,
                Err(_) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            },
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}
