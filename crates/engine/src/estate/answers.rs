//! What the sources have answered about today's estate: several policies ask for the same facts
//! and classes, and the filters of dependencies do so thousands of times.
//!
//! What a source could not answer is not kept, so that a policy that is tried again asks again.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use groundrule_core::Text;
use groundrule_core::fact::FactName;
use groundrule_core::filter::FactTest;
use groundrule_core::pattern::Pattern;
use groundrule_core::source::{Known, Unknown};
use serde_json::Value;

use super::{NodeId, Truth};
use crate::world::Column;

/// Answers by question.
#[derive(Default)]
pub struct Answers {
    /// The values of a fact.
    pub facts: Kept<FactName, Column<Value>>,
    /// The same, turned round.
    pub by_text: Kept<FactName, ByText>,
    /// The classes that a pattern matches.
    pub classes: Kept<PatternKey, Column<Vec<Text>>>,
    /// Which nodes have one of them.
    pub with_class: Kept<PatternKey, Truth>,
}

/// A pattern as it was written; a plain text that looks like an expression is another one.
pub type PatternKey = (bool, String);

/// The key of a pattern.
pub fn key(pattern: &Pattern) -> PatternKey {
    (matches!(pattern, Pattern::Regex { .. }), pattern.as_str().to_owned())
}

/// Values that are made once.
pub struct Kept<K, V>(Mutex<HashMap<K, Arc<V>>>);

impl<K, V> Default for Kept<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V> Kept<K, V> {
    /// The value of a key, if it was made.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Keeps a value.
    pub fn keep(&self, key: K, value: V) -> Arc<V> {
        let value = Arc::new(value);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.insert(key, Arc::clone(&value));
        value
    }
}

/// A fact by its texts: who has it as this text, as filters compare it.
pub struct ByText {
    nodes: HashMap<String, Vec<NodeId>>,
    unknown: BTreeMap<NodeId, Unknown>,
}

impl ByText {
    /// Turns the values of a fact round.
    pub fn of(column: &Column<Value>, unknown: impl Fn(NodeId, &Text) -> Unknown) -> Self {
        let mut found = Self { nodes: HashMap::new(), unknown: BTreeMap::new() };
        for (node, value) in column.values.iter().enumerate() {
            match value {
                Known::Present(value) => FactTest::texts(value, |text| {
                    match found.nodes.get_mut(text) {
                        Some(nodes) => nodes.push(node),
                        None => {
                            found.nodes.insert(text.to_owned(), vec![node]);
                        }
                    }
                    false
                }),
                Known::Absent => false,
                Known::Unknown(why) => {
                    found.unknown.insert(node, unknown(node, why));
                    false
                }
            };
        }
        found
    }

    /// Whose fact is this text; the answer is for `size` nodes.
    pub fn is(&self, text: &str, size: usize) -> Truth {
        let mut truth = Truth { maybe: self.unknown.clone(), ..Truth::none(size) };
        truth.yes.extend(self.nodes.get(text).into_iter().flatten().copied());
        truth
    }
}
