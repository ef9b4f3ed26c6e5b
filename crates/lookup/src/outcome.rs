//! What became of a question.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;

use crate::Fault;
use crate::data::Value;

/// What became of a question.
#[derive(Debug)]
pub struct Outcome {
    /// The answer; none where there is no data for any of the keys.
    pub answer: Result<Option<Answer>, Fault>,
    /// What was seen on the way, if that was asked for.
    pub steps: Vec<Step>,
    /// What was left out, and why.
    pub notices: Vec<String>,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The key that it is for; none if it is the default.
    pub key: Option<Arc<str>>,
    /// The answer itself.
    pub value: Value,
    /// Whether something in it was encrypted, or is marked as sensitive.
    pub is_secret: bool,
    /// How the values of several levels were merged: `first`, `unique`, `hash`, `deep`.
    pub merge: &'static str,
    /// Where its values were found, the highest level first.
    pub origins: Vec<Arc<Origin>>,
}

/// Where a value was found.
#[derive(Clone, Debug)]
pub struct Origin {
    /// `global`, `environment` or `module NAME`; of Hiera 3 the backend.
    pub layer: Arc<str>,
    /// The level's name.
    pub level: Arc<str>,
    /// The file.
    pub file: Arc<Path>,
}

/// One look at one place.
#[derive(Clone, Debug)]
pub struct Step {
    /// `global`, `environment` or `module NAME`; of Hiera 3 the backend.
    pub layer: Arc<str>,
    /// The level's name.
    pub level: Arc<str>,
    /// The place as it is configured.
    pub source: String,
    /// What was there.
    pub saw: Saw,
}

/// What was at a place.
#[derive(Clone, Debug)]
pub enum Saw {
    /// No such file; where it would be, if that is known.
    NoFile(Option<Arc<Path>>),
    /// A file without the key.
    NoKey(Arc<Path>),
    /// The value; none if it is secret.
    Value(Arc<Path>, Option<Value>),
    /// A file that cannot be read.
    Fault(Arc<Path>),
    /// An address, which is not asked.
    NotAsked,
}

impl Outcome {
    /// Takes every value of a secret out of what was seen.
    pub fn hide_values(&mut self) {
        for step in &mut self.steps {
            if let Saw::Value(_, value) = &mut step.saw {
                *value = None;
            }
        }
    }

    /// How it came about, for machines: `steps`, `key`, `merge`, `secret`, `value`, `from`, `fault`.
    /// A secret has no `value`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let steps: Vec<_> = self.steps.iter().map(Step::json).collect();
        let mut all = json!({ "steps": steps });
        match &self.answer {
            Ok(Some(answer)) => {
                all["key"] = answer.key.as_deref().into();
                all["merge"] = answer.merge.into();
                all["secret"] = answer.is_secret.into();
                if !answer.is_secret {
                    all["value"] = (&answer.value).into();
                }
                let from: Vec<_> =
                    answer.origins.iter().map(|origin| origin.file.display().to_string()).collect();
                all["from"] = from.into();
            }
            Ok(None) => {}
            Err(fault) => all["fault"] = fault.to_string().into(),
        }
        all
    }
}

impl Step {
    fn json(&self) -> serde_json::Value {
        let (path, saw, value) = match &self.saw {
            Saw::NoFile(path) => (path.as_ref(), "no_file", None),
            Saw::NoKey(path) => (Some(path), "no_key", None),
            Saw::Value(path, value) => (Some(path), "value", value.as_ref()),
            Saw::Fault(path) => (Some(path), "unreadable", None),
            Saw::NotAsked => (None, "not_asked", None),
        };
        let mut row =
            json!({"layer": *self.layer, "level": *self.level, "source": self.source, "saw": saw});
        if let Some(path) = path {
            row["path"] = path.display().to_string().into();
        }
        if let Some(value) = value {
            row["value"] = value.into();
        }
        row
    }
}
