//! Variables that interpolation knows.

use std::sync::Arc;

use groundrule_core::redaction::Redaction;

use crate::Fault;
use crate::data::{Map, Value};
use crate::hidden::Hidden;
use crate::interpolate::split;

use super::key::dig;

/// The variables of one node: its facts, each by itself and as `facts`, and what else is said.
#[derive(Clone, Debug)]
pub struct Scope {
    facts: Value,
    others: Map,
    hidden: Hidden,
}

impl Scope {
    /// The scope of a node in an environment. Its certificate's name is `node`.
    #[must_use]
    pub fn of_node(node: &str, environment: &str, facts: &Map) -> Self {
        let (host, domain) = match node.split_once('.') {
            Some((host, domain)) => (host, Some(domain)),
            None => (node, None),
        };
        let trusted = [
            ("authenticated", "local".into()),
            ("certname", node.into()),
            ("extensions", Value::map(Map::default())),
            ("hostname", host.into()),
            ("domain", domain.map_or(Value::Null, Value::from)),
            ("external", Value::map(Map::default())),
        ];
        let hash = |pairs: Vec<(&str, Value)>| {
            Value::map(pairs.into_iter().map(|(name, value)| (name.into(), value)).collect())
        };
        let others = [
            ("trusted", hash(trusted.into())),
            ("server_facts", hash(vec![("environment", environment.into())])),
            ("environment", environment.into()),
        ];
        Self {
            facts: Value::map(facts.clone()),
            others: others.into_iter().map(|(name, value)| (name.into(), value)).collect(),
            hidden: Hidden::default(),
        }
    }

    /// Says which facts were never read: whoever asks for one of them gets a fault, not an empty
    /// text.
    #[must_use]
    pub fn without(mut self, hidden: Arc<Redaction>) -> Self {
        self.hidden = Hidden::by(hidden);
        self
    }

    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: Value) {
        self.others.insert(name.into(), value);
    }

    /// The value of a variable that may be dotted; none where it is not set.
    pub(super) fn get(
        &self,
        name: &str,
        local: Option<(&str, &Value)>,
    ) -> Result<Option<Value>, Fault> {
        let value = if name.contains(['.', '"', '\'']) {
            let segments = split(name)?;
            let Some((first, rest)) = segments.split_first() else { return Ok(None) };
            match self.root(first.text(), local) {
                Some(value) => dig(rest, value)?,
                None => None,
            }
        } else {
            self.root(name, local)
        };
        self.hidden.check(name, value.as_ref())?;
        Ok(value)
    }

    fn root(&self, name: &str, local: Option<(&str, &Value)>) -> Option<Value> {
        let name = name.strip_prefix("::").unwrap_or(name);
        if let Some((local, value)) = local.filter(|(local, _)| *local == name) {
            debug_assert_eq!(local, name);
            return Some(value.clone());
        }
        if name == "facts" {
            return Some(self.facts.clone());
        }
        self.others.get(name).or_else(|| self.facts.as_hash()?.get(name)).cloned()
    }
}
