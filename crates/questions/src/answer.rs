//! An answer, in every form that it is asked for in.

use groundrule_core::ports::StoreError;
use groundrule_core::source::Unknown;
use serde::Serialize;
use serde_json::{Value, json};

use crate::picture::Picture;

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// For machines; `unknown` in it is a list of what is not known.
    pub json: Value,
    /// For people.
    pub text: String,
    /// As a graph, where it is one.
    pub picture: Option<Picture>,
    /// What is not known and could change it.
    pub unknown: Vec<Unknown>,
}

/// Why a question cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Wrong {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}

impl Wrong {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

impl From<StoreError> for Wrong {
    fn from(StoreError(why): StoreError) -> Self {
        Self::new(&*why, "`groundrule estate show` tells how the sources are")
    }
}

impl Answer {
    /// An answer for machines and people; what is not known is added to both.
    pub(crate) fn new(answer: &impl Serialize, text: &str, unknown: Vec<Unknown>) -> Self {
        let mut unknown = unknown;
        unknown.sort_unstable();
        unknown.dedup();
        let mut json = json!(answer);
        if let Value::Object(fields) = &mut json {
            fields.insert("unknown".to_owned(), json!(unknown));
        }
        let text = format!("{text}{}", doubts(&unknown));
        Self { json, text, picture: None, unknown }
    }

    pub(crate) fn with(self, picture: Picture) -> Self {
        Self { picture: Some(picture), ..self }
    }
}

/// So many things that are not known are told to people.
const TOLD: usize = 5;

fn doubts(unknown: &[Unknown]) -> String {
    if unknown.is_empty() {
        return String::new();
    }
    let mut text = String::from("\nnot known, and could change the answer:\n");
    for one in unknown.iter().take(TOLD) {
        text.push_str(&match &one.node {
            Some(node) => format!("  the {} of {node}: {}\n", one.source, one.why),
            None => format!("  {}: {}\n", one.source.plural(), one.why),
        });
    }
    if unknown.len() > TOLD {
        text.push_str(&format!("  and {} more\n", unknown.len() - TOLD));
    }
    text
}
