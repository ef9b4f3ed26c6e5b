//! What became of a question.

use std::path::Path;
use std::sync::Arc;

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
    pub origins: Vec<Origin>,
}

/// Where a value was found.
#[derive(Clone, Debug)]
pub struct Origin {
    /// `global`, `environment` or `module NAME`.
    pub layer: Arc<str>,
    /// The level's name.
    pub level: Arc<str>,
    /// The file.
    pub file: Arc<Path>,
}

/// One look at one place.
#[derive(Clone, Debug)]
pub struct Step {
    /// `global`, `environment` or `module NAME`.
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
    /// No such file.
    NoFile(Arc<Path>),
    /// A file without the key.
    NoKey(Arc<Path>),
    /// The value; none if it is secret.
    Value(Arc<Path>, Option<Value>),
    /// A file that cannot be read.
    Fault(Arc<Path>),
    /// An address, which is not asked.
    NotAsked,
}
