//! Policies: feature files read, matched with the vocabulary and checked, before any store is
//! opened.

mod compile;
mod files;
mod layout;
mod selection;
mod tags;
mod vocabulary;

use std::sync::Arc;

use groundrule_core::verdict::Severity;

use crate::scene::Sentence;

pub use compile::{Plan, compile, read};
pub use files::{FeatureFile, discover};
pub use selection::{NamePattern, PathSpec, Selection, TagExpression};
pub use vocabulary::{Definition, Keyword, Match, Unreadable, Vocabulary, Written};

/// One scenario, or one row of an outline.
pub struct Policy {
    /// Its tag `@id:…`, else a slug of feature and scenario; an outline row adds its number.
    pub id: String,
    /// The feature's name.
    pub feature: String,
    /// The feature's line.
    pub feature_line: usize,
    /// What the feature says below its name.
    pub description: Option<String>,
    /// The scenario's name.
    pub name: String,
    /// The feature file, as it was named on the command line.
    pub file: String,
    /// The line of the scenario, or of the outline's row.
    pub line: usize,
    /// The scenario's keyword, for reports.
    pub keyword: String,
    /// Its tags and those of its feature and rule, with `@`.
    pub tags: Vec<String>,
    /// How much a violation matters.
    pub severity: Severity,
    /// Who is to mend it: tag `@owner:…`.
    pub owner: Option<String>,
    /// Whether nothing to judge is permitted.
    pub allow_empty: bool,
    /// Its sentences, those of backgrounds first.
    pub steps: Vec<Step>,
}

/// One sentence of a policy.
pub struct Step {
    /// Its keyword, as written.
    pub keyword: String,
    /// Its text without the keyword.
    pub text: String,
    /// Its line in the file.
    pub line: usize,
    /// The sentence of the vocabulary that it is.
    pub definition: &'static Definition,
    /// What to do.
    pub sentence: Arc<dyn Sentence>,
    /// The name that it gives to the set that it selects.
    pub name: Option<String>,
}

/// Something that a policy's author has to mend, and where.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, as it was named on the command line.
    pub file: String,
    /// Line from 1; 0 for the file as a whole.
    pub line: usize,
    /// Column from 1.
    pub column: usize,
    /// How many characters are wrong; 0 where that is not known.
    pub width: usize,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub help: String,
}
