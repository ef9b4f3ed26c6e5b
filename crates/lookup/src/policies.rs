//! Lookups of policies: the answers for many nodes, each with its facts as scope.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use groundrule_core::Text;
use groundrule_core::fact::FactName;
use groundrule_core::name::NodeName;
use groundrule_core::ports::{Answer, Found, Lookup, Merging, Question};
use groundrule_core::redaction::Redaction;
use groundrule_core::source::Known;
use serde_json::Value as Json;

use crate::Fault;
use crate::data::{Cache, Format, Map, Value};
use crate::hiera3::{Hiera, Resolution, Scope as Scope3};
use crate::hiera5::{Hiera5, Key, Layout, Merge, Request, Scope};

type Facts = serde_json::Map<String, Json>;

/// The data that a `hiera.yaml` leads to, of version 3 or 5.
pub struct Data {
    file: PathBuf,
    kind: Kind,
    redaction: Arc<Redaction>,
}

enum Kind {
    Three(Hiera),
    Five(Box<Hiera5>),
}

impl Data {
    /// Opens a `hiera.yaml`. Modules are in `modules` beside it. Facts that `redaction` covers are in
    /// no scope.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn open(file: &Path, redaction: Redaction) -> Result<Self, Fault> {
        let cache = Arc::new(Cache::default());
        let document = cache.get(file, Format::Yaml, Instant::now());
        let document = document.map_err(|fault| Fault::clone(&fault))?.ok_or_else(|| {
            Fault::new("there is no such hiera.yaml", "name another one as lookup.config").of(file)
        })?;
        let version =
            document.hash().map_err(|fault| fault.of(file))?.and_then(|map| map.get("version"));
        let kind = if version == Some(&Value::Int(5)) {
            let modules = file.parent().unwrap_or(Path::new(".")).join("modules");
            let layout =
                Layout { global: Some(file.to_owned()), environment: None, modules: vec![modules] };
            let hiera = Hiera5::new(layout);
            hiera
                .session(Scope::of_node("", "production", &Map::default()), Instant::now())
                .map(drop)
                .or_else(
                    // What a variable leads to is each node's own matter.
                    |fault| {
                        if fault.key.as_deref().is_some_and(|key| key.starts_with("level ")) {
                            Ok(())
                        } else {
                            Err(fault)
                        }
                    },
                )?;
            Kind::Five(Box::new(hiera))
        } else {
            Kind::Three(Hiera::open(file, cache)?)
        };
        Ok(Self { file: file.to_owned(), kind, redaction: Arc::new(redaction) })
    }

    fn answer(
        &self,
        question: &Question,
        node: &NodeName,
        facts: Facts,
        now: Instant,
    ) -> Result<Option<Found>, Fault> {
        let facts = Value::from(Json::Object(facts));
        let facts = facts.as_hash().cloned().unwrap_or_default();
        let found = match &self.kind {
            Kind::Five(hiera) => five(hiera, question, node, &facts, &self.redaction, now)?,
            Kind::Three(hiera) => three(hiera, question, facts, now)?,
        };
        Ok(found.map(|found| Found {
            is_secret: found.is_secret || self.hides(question, &found.value),
            ..found
        }))
    }

    /// Whether the redaction list covers a key, or something in the answer.
    fn hides(&self, question: &Question, value: &Json) -> bool {
        let key = FactName::new(&question.key.replace("::", "."));
        let mut rest = value.clone();
        self.redaction.strip_value(&mut rest);
        self.redaction.covers(&question.key) || self.redaction.covers_fact(&key) || rest != *value
    }
}

fn five(
    hiera: &Hiera5,
    question: &Question,
    node: &NodeName,
    facts: &Map,
    redaction: &Arc<Redaction>,
    now: Instant,
) -> Result<Option<Found>, Fault> {
    let scope = Scope::of_node(node.as_str(), "production", facts).without(Arc::clone(redaction));
    let merge = match question.merging {
        Merging::AsConfigured => None,
        Merging::Array => Some(Merge::Unique),
        Merging::Hash => Some(Merge::Hash),
    };
    let request = Request { merge, ..Request::default() };
    let session = hiera.session(scope, now)?;
    let answer = session.lookup(&[Key::read(&question.key)?], &request).answer?;
    Ok(answer.map(|answer| Found {
        value: Json::from(&answer.value),
        levels: each_once(answer.origins.iter().map(|origin| Text::from(&*origin.level))),
        is_secret: answer.is_secret,
    }))
}

fn three(
    hiera: &Hiera,
    question: &Question,
    facts: Map,
    now: Instant,
) -> Result<Option<Found>, Fault> {
    let scope = Scope3::new(facts);
    let view = hiera.view(&scope, now);
    let resolution = match question.merging {
        Merging::AsConfigured => Resolution::Priority,
        Merging::Array => Resolution::Array,
        Merging::Hash => Resolution::Hash,
    };
    let answer = view.lookup(&question.key, resolution)?;
    Ok(answer.map(|answer| {
        let level = |from: &(usize, usize)| {
            view.origin(&question.key, *from).map(|origin| Text::from(&*origin.level))
        };
        Found {
            value: Json::from(&answer.value),
            levels: each_once(answer.from.iter().filter_map(level)),
            is_secret: false,
        }
    }))
}

fn each_once(levels: impl Iterator<Item = Text>) -> Vec<Text> {
    let mut all = Vec::new();
    for level in levels {
        if !all.contains(&level) {
            all.push(level);
        }
    }
    all
}

#[async_trait]
impl Lookup for Data {
    async fn answers(
        &self,
        question: &Question,
        nodes: Vec<(NodeName, Facts)>,
    ) -> Answer<Vec<Known<Found>>> {
        let now = Instant::now();
        let known =
            |(node, facts): (NodeName, Facts)| match self.answer(question, &node, facts, now) {
                Ok(Some(found)) => Known::Present(found),
                Ok(None) => Known::Absent,
                Err(fault) => {
                    let fault = if fault.file.is_none() { fault.of(&self.file) } else { fault };
                    Known::Unknown(fault.to_string().into())
                }
            };
        Ok(nodes.into_iter().map(known).collect())
    }
}
