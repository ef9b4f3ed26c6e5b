//! The data that a `hiera.yaml` leads to, of version 3 or 5: looked up for nodes, each with its facts
//! as scope.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use groundrule_core::fact::FactName;
use groundrule_core::name::NodeName;
use groundrule_core::redaction::Redaction;
use serde_json::Value as Json;

use crate::Fault;
use crate::data::{Cache, Format, Map, Value};
use crate::enc::{Classification, by_hiera};
use crate::hiera3::{Hiera, Resolution, Scope as Scope3};
use crate::hiera5::{Hiera5, Key, Layout, Merge, Request, Scope};
use crate::outcome::{Answer, Outcome};

/// Facts of a node.
pub type Facts = serde_json::Map<String, Json>;

/// The data that a `hiera.yaml` leads to.
pub struct Hierarchy {
    file: PathBuf,
    kind: Kind,
    redaction: Arc<Redaction>,
}

enum Kind {
    Three(Hiera),
    Five(Box<Hiera5>),
}

/// What is looked up.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The key.
    pub key: String,
    /// How the values of several levels become one; else as the data says.
    pub merge: Option<Merge>,
    /// Whether to tell what was seen on the way.
    pub explain: bool,
}

/// For whom.
#[derive(Clone, Copy)]
pub struct For<'n> {
    /// The node.
    pub node: &'n NodeName,
    /// Its facts.
    pub facts: &'n Facts,
    /// The time on a clock that never goes back: files that were looked at within the last second
    /// are not looked at again.
    pub now: Instant,
}

impl Hierarchy {
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

    /// Looks a key up. What the redaction list covers is a secret, and the values of a secret are in
    /// no step.
    #[must_use]
    pub fn look(&self, asked: &Asked, whom: For<'_>) -> Outcome {
        let looked = match &self.kind {
            Kind::Five(hiera) => self.five(hiera, asked, whom),
            Kind::Three(hiera) => self.three(hiera, asked, whom),
        };
        let mut outcome = looked.unwrap_or_else(|fault| Outcome {
            answer: Err(fault),
            steps: Vec::new(),
            notices: Vec::new(),
        });
        match &mut outcome.answer {
            Ok(Some(answer)) if answer.is_secret || self.hides(&asked.key, &answer.value) => {
                answer.is_secret = true;
                outcome.hide_values();
            }
            // Whether it is a secret is not known then.
            Err(_) => outcome.hide_values(),
            Ok(_) => {}
        }
        outcome.answer = outcome.answer.map_err(|fault| self.of_config(fault));
        outcome
    }

    /// What the node is: `classes` of all levels as a list, `parameters` as a hash, `environment` of
    /// the first level that has one; and whether something in it is a secret.
    ///
    /// # Errors
    /// As lookups; and where something else than names of classes stands in `classes`.
    pub fn classify(&self, whom: For<'_>) -> Result<(Classification, bool), Fault> {
        let mut is_secret = false;
        let told = by_hiera(|key, merge| {
            let asked = Asked { key: key.to_owned(), merge: Some(merge), explain: false };
            let answer = self.look(&asked, whom).answer?;
            is_secret |= answer.as_ref().is_some_and(|answer| answer.is_secret);
            Ok(answer.map(|answer| answer.value))
        })?;
        Ok((told, is_secret))
    }

    fn of_config(&self, fault: Fault) -> Fault {
        if fault.file.is_none() { fault.of(&self.file) } else { fault }
    }

    /// Whether the redaction list covers a key, or something in the answer.
    fn hides(&self, key: &str, value: &Value) -> bool {
        let name = FactName::new(&key.replace("::", "."));
        let value = Json::from(value);
        let mut rest = value.clone();
        self.redaction.strip_value(&mut rest);
        self.redaction.covers(key) || self.redaction.covers_fact(&name) || rest != value
    }

    fn five(&self, hiera: &Hiera5, asked: &Asked, whom: For<'_>) -> Result<Outcome, Fault> {
        let scope = Scope::of_node(whom.node.as_str(), "production", &variables(whom.facts))
            .without(Arc::clone(&self.redaction));
        let request =
            Request { merge: asked.merge.clone(), explain: asked.explain, ..Request::default() };
        let session = hiera.session(scope, whom.now)?;
        Ok(session.lookup(&[Key::read(&asked.key)?], &request))
    }

    fn three(&self, hiera: &Hiera, asked: &Asked, whom: For<'_>) -> Result<Outcome, Fault> {
        let scope = Scope3::new(variables(whom.facts)).without(Arc::clone(&self.redaction));
        let resolution = match asked.merge {
            None | Some(Merge::First) => Resolution::Priority,
            Some(Merge::Unique) => Resolution::Array,
            Some(Merge::Hash) => Resolution::Hash,
            Some(Merge::Deep(_)) => {
                return Err(Fault::new(
                    "a hiera.yaml of version 3 is not asked for deep merges",
                    "ask for hash: its :merge_behavior says how hashes are merged",
                ));
            }
        };
        Ok(hiera.view(&scope, whom.now).outcome(&asked.key, resolution, asked.explain))
    }
}

fn variables(facts: &Facts) -> Map {
    let facts = Value::from(Json::Object(facts.clone()));
    facts.as_hash().cloned().unwrap_or_default()
}

impl Answer {
    /// The names of the levels that it is from, each once, the highest first.
    #[must_use]
    pub fn levels(&self) -> Vec<Arc<str>> {
        let mut all: Vec<Arc<str>> = Vec::new();
        for origin in &self.origins {
            if !all.contains(&origin.level) {
                all.push(Arc::clone(&origin.level));
            }
        }
        all
    }
}
