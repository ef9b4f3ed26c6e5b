//! `/healthz` and `/metrics`.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::stats::Stats;

#[derive(Clone)]
struct Shared {
    stats: Stats,
    token: Option<String>,
}

/// Serves until it is told to stop.
pub async fn serve(
    listener: TcpListener,
    token: Option<String>,
    stats: Stats,
    stop: CancellationToken,
) {
    let app = Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .with_state(Shared { stats, token });
    let serving = axum::serve(listener, app);
    if let Err(error) = serving.with_graceful_shutdown(stop.cancelled_owned()).await {
        tracing::error!(%error, "/healthz and /metrics are not served any more");
    }
}

/// 200 where all is well, 503 with what is away otherwise. It tells no figures, and needs no token.
async fn health(State(shared): State<Shared>) -> Response {
    let troubles = shared.stats.troubles();
    let code = if troubles.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let away: Vec<_> = troubles.iter().map(|(of, why)| json!({"what": of, "why": why})).collect();
    let body = json!({"ok": troubles.is_empty(), "away": away}).to_string();
    (code, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn metrics(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(token) = &shared.token {
        let given = given.and_then(|value| value.strip_prefix("Bearer "));
        match given {
            None => return StatusCode::UNAUTHORIZED.into_response(),
            Some(given) if !same(given.as_bytes(), token.as_bytes()) => {
                return StatusCode::FORBIDDEN.into_response();
            }
            Some(_) => {}
        }
    }
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], shared.stats.exposition()).into_response()
}

/// Compares without telling by its time how much is the same.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (a, b)| sum | (a ^ b)) == 0
}
