//! The routes.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use groundrule_core::name::{NodeName, class_name};
use groundrule_core::ports::StoreError;
use groundrule_core::reservation::Action;
use groundrule_engine::gate::{Asked, Reply, Verdict};
use groundrule_questions::Question;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::state::State;
use super::{lookups, openapi};
use crate::commands::run;
use crate::config::pipeline::duration;
use crate::gates;
use crate::nearest::did_you_mean;

pub type App = Shared<Arc<State>>;

/// All routes.
pub fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/v1/openapi.json", get(document))
        .route("/v1/gate", post(gate).get(held))
        .route("/v1/gate/{id}", delete(release))
        .route("/v1/run", post(judge))
        .route("/v1/ask/{question}", get(ask))
        .route("/v1/lookup/{key}", get(lookups::look))
        .route("/v1/facts/{node}", get(lookups::facts))
        .route("/v1/enc/{node}", get(lookups::classify))
        .fallback(nothing)
        .with_state(state)
}

/// Why a request is not answered.
pub struct Refused(pub StatusCode, pub String, pub Option<String>);

impl Refused {
    pub fn bad(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self(StatusCode::BAD_REQUEST, what.into(), Some(help.into()))
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let Self(status, error, help) = self;
        let body = match help {
            Some(help) => json!({ "error": error, "help": help }),
            None => json!({ "error": error }),
        };
        in_json(status, &body)
    }
}

pub fn in_json(status: StatusCode, body: &Value) -> Response {
    written(status, format!("{body}\n"))
}

fn written(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Counts an answer.
pub fn counted(state: &State, route: &'static str, answer: Result<Response, Refused>) -> Response {
    let answer = answer.unwrap_or_else(IntoResponse::into_response);
    state.figures.answered(route, answer.status().as_u16());
    answer
}

async fn nothing() -> Refused {
    let help = "GET /v1/openapi.json lists what there is".to_owned();
    Refused(StatusCode::NOT_FOUND, "there is nothing".to_owned(), Some(help))
}

/// 200 where the estate could be read last, 503 with why not otherwise.
async fn health(Shared(state): App) -> Response {
    match state.trouble() {
        None => in_json(StatusCode::OK, &json!({ "ok": true })),
        Some(why) => in_json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "ok": false, "why": why })),
    }
}

async fn metrics(Shared(state): App) -> Response {
    let form = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, form)], state.figures.exposition()).into_response()
}

async fn document() -> Response {
    written(StatusCode::OK, openapi::DOCUMENT.to_owned())
}

/// What is asked of the gate.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GateRequest {
    action: String,
    #[serde(default)]
    nodes: Vec<NodeName>,
    class: Option<String>,
    #[serde(default)]
    facts: Map<String, Value>,
    count: Option<u16>,
    #[serde(rename = "for")]
    time: Option<String>,
    hold: Option<String>,
    #[serde(default)]
    suggest: bool,
}

impl GateRequest {
    fn action(&self) -> Result<Action, Refused> {
        let mut nodes = self.nodes.clone();
        nodes.sort_unstable();
        nodes.dedup();
        match (self.action.as_str(), &self.class) {
            ("terminate" | "maintain", _) if nodes.is_empty() => {
                Err(Refused::bad("no nodes are named", "write \"nodes\": [\"web1.example.net\"]"))
            }
            ("maintain", _) if self.time.is_none() => {
                Err(Refused::bad("it is not said for how long", "write \"for\": \"2h\""))
            }
            ("terminate" | "maintain", Some(_)) => {
                Err(Refused::bad("only nodes that are added have a class here", "leave it out"))
            }
            ("terminate", None) => Ok(Action::Terminate { nodes }),
            ("maintain", None) => Ok(Action::Maintain { nodes }),
            ("add", _) if !nodes.is_empty() => {
                Err(Refused::bad("nodes that are added have no names", "leave \"nodes\" out"))
            }
            ("add", Some(class)) if !class.starts_with('/') => Ok(Action::Add {
                class: class_name(class),
                facts: self.facts.clone(),
                count: usize::from(self.count.unwrap_or(1).max(1)),
            }),
            ("add", _) => {
                Err(Refused::bad("a new node needs a class", "write \"class\": \"mysql::server\""))
            }
            (other, _) => Err(Refused::bad(
                format!("there is no action {other:?}"),
                "write terminate, maintain or add",
            )),
        }
    }

    /// How long it is held.
    fn hold(&self, state: &State) -> Result<Duration, Refused> {
        let time = |key: &str, text: &str| {
            duration(key, text).map_err(|failure| Refused::bad(failure.line(), "write \"10m\""))
        };
        let hold = match &self.hold {
            Some(text) => time("hold", text)?,
            None => gates::hold(&state.config, None)
                .map_err(|failure| Refused::bad(failure.line(), "mend the configuration"))?,
        };
        match &self.time {
            Some(text) if !hold.is_zero() => Ok(hold.max(time("for", text)?)),
            _ => Ok(hold),
        }
    }
}

fn read<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| {
        Refused::bad(format!("the body cannot be read: {error}"), "GET /v1/openapi.json shows it")
    })
}

async fn gate(Shared(state): App, body: Bytes) -> Response {
    let answer = decide(&state, &body).await;
    counted(&state, "gate", answer)
}

async fn decide(state: &State, body: &[u8]) -> Result<Response, Refused> {
    let began = Instant::now();
    let request: GateRequest = read(body)?;
    let action = request.action()?;
    let current = state.current();
    current.gate.check(&action).map_err(|unknown| {
        let help = unknown.near.as_ref().map(did_you_mean);
        Refused(StatusCode::NOT_FOUND, unknown.to_string(), help)
    })?;
    let asked = Asked { action: action.clone(), hold: request.hold(state)? };
    let mut deciding = state.desk.decide(state, asked).await;
    if request.suggest && deciding.decision.verdict() != Verdict::Allow {
        deciding.suggestion = current.gate.part(&*state.reservations, &action, state.now()).await;
    }
    let reply = Reply::new(&action, deciding);
    let decision = match reply.decision {
        Verdict::Allow => "allow",
        Verdict::Deny => "deny",
        Verdict::Undecided => "undecided",
    };
    state.figures.decided(decision, began.elapsed());
    let mut answer = in_json(StatusCode::OK, &json!(reply));
    // Those who cannot read JSON read this.
    answer.headers_mut().insert("groundrule-decision", HeaderValue::from_static(decision));
    Ok(answer)
}

fn away(StoreError(why): StoreError) -> Refused {
    Refused(StatusCode::SERVICE_UNAVAILABLE, why.to_string(), None)
}

async fn held(Shared(state): App) -> Response {
    let held = state.reservations.held(state.now()).await;
    let answer = held.map(|held| in_json(StatusCode::OK, &json!(held.all))).map_err(away);
    counted(&state, "held", answer)
}

async fn release(Shared(state): App, Path(id): Path<String>) -> Response {
    let released = state.reservations.release(&id, state.now()).await;
    let answer = match released {
        Ok(true) => Ok(StatusCode::NO_CONTENT.into_response()),
        Ok(false) => {
            let help = "GET /v1/gate lists what is held; the others have lapsed".to_owned();
            let what = format!("there is no reservation {id:?}");
            Err(Refused(StatusCode::NOT_FOUND, what, Some(help)))
        }
        Err(error) => Err(away(error)),
    };
    counted(&state, "release", answer)
}

async fn judge(Shared(state): App, body: Bytes) -> Response {
    let answer = run_policies(&state, &body).await;
    counted(&state, "run", answer)
}

async fn run_policies(state: &Arc<State>, body: &[u8]) -> Result<Response, Refused> {
    let asked: run::Selected = if body.is_empty() { run::Selected::default() } else { read(body)? };
    if let Some(why) = state.trouble() {
        return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, why, None));
    }
    let (state, current) = (Arc::clone(state), state.current());
    let judged = tokio::task::spawn_blocking(move || {
        let problems = current.opened.problems.clone();
        run::results(&state.config, &current.estate, problems, &asked)
    });
    match judged.await {
        Ok(Ok(results)) => Ok(written(StatusCode::OK, results)),
        Ok(Err(failure)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Err(Refused(status, failure.line(), None))
        }
        Err(error) => Err(Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), None)),
    }
}

async fn ask(
    Shared(state): App,
    Path(name): Path<String>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Response {
    let answer = answered(&state, &name, &parameters).await;
    counted(&state, "ask", answer)
}

async fn answered(
    state: &State,
    name: &str,
    parameters: &[(String, String)],
) -> Result<Response, Refused> {
    let question = Question::read(name, parameters, &state.questions)
        .map_err(|wrong| Refused::bad(wrong.what, wrong.help))?;
    if let Some(why) = state.trouble() {
        return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, why, None));
    }
    let answer = question
        .answer(&state.current().estate)
        .await
        .map_err(|wrong| Refused(StatusCode::NOT_FOUND, wrong.what, Some(wrong.help)))?;
    Ok(in_json(StatusCode::OK, &answer.json))
}
