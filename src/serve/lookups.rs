//! Facts, data and classes of nodes.

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{Path, Query, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use groundrule_core::name::NodeName;
use groundrule_lookup::Fault;
use groundrule_lookup::enc::{Classification, introduce};
use groundrule_lookup::hiera5::Merge;
use groundrule_lookup::hierarchy::{Asked, Facts, For, Hierarchy};
use groundrule_transport::Caller;
use serde::Deserialize;
use serde_json::json;

use super::api::{App, Refused, counted, in_json};
use super::state::State;
use crate::nearest::did_you_mean;
use crate::node_facts::{self, Lacking};

/// What is looked up, and for whom.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookupQuery {
    node: String,
    merge: Option<String>,
    explain: Option<String>,
}

/// `GET /v1/lookup/KEY?node=NODE&merge=first|unique|hash|deep&explain=1`.
pub async fn look(
    Shared(state): App,
    Extension(caller): Extension<Caller>,
    Path(key): Path<String>,
    query: Result<Query<LookupQuery>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let answer = match query {
        Ok(Query(query)) => looked(&state, caller, key, &query).await,
        Err(error) => {
            Err(Refused::bad(error.body_text(), "write ?node=web1.example.net&merge=unique"))
        }
    };
    counted(&state, "lookup", answer)
}

async fn looked(
    state: &State,
    caller: Caller,
    key: String,
    query: &LookupQuery,
) -> Result<Response, Refused> {
    let merge = match query.merge.as_deref() {
        None | Some("") => None,
        Some("first") => Some(Merge::First),
        Some("unique") => Some(Merge::Unique),
        Some("hash") => Some(Merge::Hash),
        Some("deep") => Some(Merge::Deep(groundrule_lookup::merge::Deep::default())),
        Some(other) => {
            let what = format!("there is no merge {other:?}");
            return Err(Refused::bad(what, "write first, unique, hash or deep"));
        }
    };
    let explain = query.explain.as_deref().is_some_and(|text| !matches!(text, "" | "0" | "false"));
    let node = named(&query.node)?;
    let (data, facts) = (data(state)?, of_node(state, &node).await?);
    let asked = Asked { key: key.clone(), merge, explain };
    let whom = node.clone();
    let outcome = blocking(move || {
        data.look(&asked, For { node: &whom, facts: &facts, now: Instant::now() })
    })
    .await?;
    let answer = match &outcome.answer {
        Ok(answer) => answer.as_ref(),
        Err(fault) => return Err(wrong(fault)),
    };
    let Some(answer) = answer else {
        let what = format!("there is no data for {key} of {node}");
        if !explain {
            let help = "see with ?explain=1 where it was looked for".to_owned();
            return Err(Refused(StatusCode::NOT_FOUND, what, Some(help)));
        }
        let body = json!({ "error": what, "steps": outcome.json()["steps"] });
        return Ok(in_json(StatusCode::NOT_FOUND, &body));
    };
    let mut body = json!({
        "key": key, "node": node, "merge": answer.merge, "secret": answer.is_secret,
        "levels": answer.levels(),
    });
    if !answer.is_secret || caller.may_read_secrets {
        body["value"] = (&answer.value).into();
    } else if !explain {
        return Err(secret(&format!("the value of {key}")));
    }
    if explain {
        body["steps"] = outcome.json()["steps"].take();
    }
    Ok(in_json(StatusCode::OK, &body))
}

/// `GET /v1/facts/NODE`; what the redaction list covers was never read.
pub async fn facts(Shared(state): App, Path(node): Path<String>) -> Response {
    let answer = told(&state, &node).await;
    counted(&state, "facts", answer)
}

async fn told(state: &State, node: &str) -> Result<Response, Refused> {
    let node = named(node)?;
    let mut facts = of_node(state, &node).await?;
    facts.values_mut().for_each(groundrule_core::redaction::unmark);
    Ok(in_json(StatusCode::OK, &json!({ "node": node, "facts": facts })))
}

/// In which form classes are told.
#[derive(Deserialize, Default)]
pub struct EncQuery {
    #[serde(default)]
    format: String,
}

/// `GET /v1/enc/NODE?format=yaml|json`: what Puppet's external node classifiers tell.
pub async fn classify(
    Shared(state): App,
    Extension(caller): Extension<Caller>,
    Path(node): Path<String>,
    Query(query): Query<EncQuery>,
) -> Response {
    let answer = classified(&state, caller, &node, &query.format).await;
    counted(&state, "enc", answer)
}

async fn classified(
    state: &State,
    caller: Caller,
    node: &str,
    format: &str,
) -> Result<Response, Refused> {
    let write: fn(&Classification) -> Response = match format {
        "" | "yaml" => |told| ([(header::CONTENT_TYPE, "text/yaml")], told.yaml()).into_response(),
        "json" => |told| in_json(StatusCode::OK, &told.json()),
        other => {
            let what = format!("there is no format {other:?}");
            return Err(Refused::bad(what, "write yaml or json"));
        }
    };
    let node = named(node)?;
    let (data, mut facts) = (data(state)?, of_node(state, &node).await?);
    introduce(&mut facts, &node);
    let whom = node.clone();
    let told =
        blocking(move || data.classify(For { node: &whom, facts: &facts, now: Instant::now() }))
            .await?;
    match told {
        Ok((_, true)) if !caller.may_read_secrets => {
            Err(secret(&format!("something in what is told of {node}")))
        }
        Ok((told, _)) => Ok(write(&told)),
        Err(fault) => Err(wrong(&fault)),
    }
}

fn named(node: &str) -> Result<NodeName, Refused> {
    NodeName::new(node).map_err(|error| Refused::bad(error.to_string(), "name a machine"))
}

fn data(state: &State) -> Result<Arc<Hierarchy>, Refused> {
    state.current().data.clone().ok_or_else(|| {
        let help = "set config under [lookup] in groundrule.toml to a hiera.yaml".to_owned();
        let what = "no data to look up is configured".to_owned();
        Refused(StatusCode::NOT_FOUND, what, Some(help))
    })
}

async fn of_node(state: &State, node: &NodeName) -> Result<Facts, Refused> {
    if let Some(why) = state.trouble() {
        return Err(Refused(StatusCode::SERVICE_UNAVAILABLE, why, None));
    }
    let found = node_facts::of_node(&state.current().estate, node).await;
    found.map_err(|lacking| match lacking {
        Lacking::NoNode { near } => Refused(
            StatusCode::NOT_FOUND,
            format!("no source knows {node}"),
            near.map(did_you_mean),
        ),
        Lacking::Unknown(why) => Refused(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("the facts of {node} are not known: {why}"),
            None,
        ),
    })
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Refused> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Refused(StatusCode::INTERNAL_SERVER_ERROR, error.to_string(), None))
}

/// Data that cannot be read, or that does not fit together.
fn wrong(fault: &Fault) -> Refused {
    let help = (!fault.help.is_empty()).then(|| fault.help.clone());
    Refused(StatusCode::UNPROCESSABLE_ENTITY, fault.headline(), help)
}

fn secret(what: &str) -> Refused {
    let help = "show the token that may: the server's ?secrets_token_file=FILE".to_owned();
    Refused(StatusCode::FORBIDDEN, format!("{what} is secret"), Some(help))
}
