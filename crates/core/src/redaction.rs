//! Names whose values never enter a graph, a report or an event.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::fact::FactName;

/// Patterns of names, with `*` for anything, in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redaction {
    /// The words of the patterns that are one word between stars, as most are.
    words: Vec<String>,
    /// The other patterns.
    others: Vec<String>,
}

/// The name that stands in a structure for what was taken from it.
pub const REMOVED: &str = "\0redacted";

/// Whether something was taken from a value.
#[must_use]
pub fn is_partial(value: &Value) -> bool {
    match value {
        Value::Object(map) => map.contains_key(REMOVED) || map.values().any(is_partial),
        Value::Array(list) => list.iter().any(is_partial),
        _ => false,
    }
}

/// Takes out the marks of what was taken from a value, for those who only look at it.
pub fn unmark(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.shift_remove(REMOVED);
            map.values_mut().for_each(unmark);
        }
        Value::Array(list) => list.iter_mut().for_each(unmark),
        _ => {}
    }
}

impl Default for Redaction {
    fn default() -> Self {
        Self::new([
            "*password*",
            "*passwd*",
            "*passphrase*",
            "*secret*",
            "*token*",
            "*private_key*",
            "*api_key*",
        ])
    }
}

impl Redaction {
    /// Takes patterns such as `*password*`.
    #[must_use]
    pub fn new<P: AsRef<str>>(patterns: impl IntoIterator<Item = P>) -> Self {
        let patterns: Vec<_> = patterns.into_iter().map(|p| p.as_ref().to_lowercase()).collect();
        let word = |pattern: &str| {
            let word = pattern.strip_prefix('*')?.strip_suffix('*')?;
            (!word.is_empty() && !word.contains('*')).then(|| word.to_owned())
        };
        let words = patterns.iter().filter_map(|pattern| word(pattern)).collect();
        let others = patterns.iter().filter(|pattern| word(pattern).is_none()).cloned().collect();
        Self { words, others }
    }

    /// Whether values of this name stay out.
    #[must_use]
    pub fn covers(&self, name: &str) -> bool {
        let lower = |byte: u8| byte.is_ascii() && !byte.is_ascii_uppercase();
        let name = match name.bytes().all(lower) {
            true => Cow::Borrowed(name),
            false => Cow::Owned(name.to_lowercase()),
        };
        self.words.iter().any(|word| holds(&name, word))
            || self.others.iter().any(|pattern| glob(pattern, &name))
    }

    /// Whether a fact, or a structure that it is in, stays out.
    #[must_use]
    pub fn covers_fact(&self, fact: &FactName) -> bool {
        self.covers(fact.as_str()) || fact.pieces().any(|piece| self.covers(piece))
    }

    /// Removes everything whose name is covered, at any depth. A structure that something was taken
    /// from [can no longer be compared](is_partial).
    pub fn strip(&self, facts: &mut Map<String, Value>) {
        facts.retain(|name, _| !self.covers(name));
        facts.values_mut().for_each(|value| self.strip_value(value));
    }

    /// Removes everything in a value whose name is covered, and what Puppet wraps as sensitive.
    pub fn strip_value(&self, value: &mut Value) {
        match value {
            Value::Object(map) if map.get("__ptype").is_some_and(|t| t == "Sensitive") => {
                map.clear();
                map.insert(REMOVED.to_owned(), Value::Null);
            }
            Value::Object(map) => {
                let whole = map.len();
                self.strip(map);
                if map.len() < whole {
                    map.insert(REMOVED.to_owned(), Value::Null);
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|one| self.strip_value(one)),
            _ => {}
        }
    }
}

/// Whether a text fits a pattern in which `*` stands for any letters.
#[must_use]
pub fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(mut text) = text.strip_prefix(head) else {
        return false;
    };
    let (pieces, tail) = rest.rsplit_once('*').map_or((None, rest), |(p, tail)| (Some(p), tail));
    for piece in pieces.into_iter().flat_map(|pieces| pieces.split('*')) {
        match text.find(piece) {
            Some(at) => text = &text[at + piece.len()..],
            None => return false,
        }
    }
    text.ends_with(tail)
}

/// Whether a word stands somewhere in a name. Every name of every fact is looked at, and names are
/// short: `str::contains` would take most of its time to prepare itself.
fn holds(name: &str, word: &str) -> bool {
    let (name, word) = (name.as_bytes(), word.as_bytes());
    let starts = name.len().checked_sub(word.len()).map_or(0, |last| last + 1);
    (0..starts).any(|at| name[at] == word[0] && name[at..].starts_with(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_taken_from_shows_that_it_was() {
        let mut facts = json!({
            "root_password": "x",
            "db": {"root_password": "x", "port": 1},
            "tokens": [{"API_KEY": "x"}],
            "list": [{"secret": 1, "a": {"b": 2}}],
            "rich": [{"__ptype": "Sensitive", "__pvalue": "x"}],
            "whole": {"a": [1, {"b": 2}]},
        });
        let map = facts.as_object_mut().unwrap();
        Redaction::default().strip(map);
        assert_eq!(map.keys().collect::<Vec<_>>(), ["db", "list", "rich", "whole"]);
        assert!(is_partial(&map["db"]) && !is_partial(&map["db"]["port"]));
        assert!(is_partial(&map["list"]) && !is_partial(&map["list"][0]["a"]));
        assert!(is_partial(&map["rich"]) && !is_partial(&map["whole"]));
        assert!(!facts.to_string().contains('x'), "{facts}");
    }

    #[test]
    fn globs() {
        for (pattern, text, fits) in [
            ("*password*", "mysql_password", true),
            ("*password*", "passwor", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxc", false),
            ("a*a", "a", false),
            ("exact", "exact", true),
            ("*", "", true),
            ("**", "x", true),
            ("*é*è", "aéè", true),
            ("*ab*ab*", "ab", false),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn names_in_any_case() {
        let redaction = Redaction::new(["*Token*", "pin", "db_*_key", "*"]);
        assert!(redaction.covers("x"), "a star alone covers everything");
        let redaction = Redaction::new(["*Token*", "pin", "db_*_key", "*geheimwört*"]);
        for (name, covered) in [
            ("API_TOKEN", true),
            ("token", true),
            ("tokentoken", true),
            ("toke", false),
            ("totoken", true),
            ("PIN", true),
            ("ping", false),
            ("db_root_key", true),
            ("db_key", false),
            ("mein_GEHEIMWÖRT_x", true),
            ("", false),
        ] {
            assert_eq!(redaction.covers(name), covered, "{name}");
        }
    }

    #[test]
    fn facts_inside_a_redacted_structure_stay_out() {
        let redaction = Redaction::default();
        assert!(redaction.covers_fact(&FactName::new("db.Password")));
        assert!(redaction.covers_fact(&FactName::new("secrets.db")));
        assert!(!redaction.covers_fact(&FactName::new("os.family")));
    }
}
