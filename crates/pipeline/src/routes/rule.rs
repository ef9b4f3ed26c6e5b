//! One rule, read from its file and checked.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use groundrule_core::event::Kind;
use serde_json::Value;

use super::condition::Condition;
use super::conditions::Conditions;
use super::fault::{Problem, RouteFault, meant};
use super::place::{Destination, PartName, Place};
use super::raw::{At, List, Placed, RawRule};
use super::set::Changes;

/// A rule.
#[derive(Debug)]
pub(super) struct Rule {
    pub name: String,
    pub file: PathBuf,
    pub types: Vec<Kind>,
    pub when: Option<Arc<Condition>>,
    pub to: Vec<Destination>,
    /// Which share of the events it applies to.
    pub sample: Option<f64>,
    pub set: Option<Changes>,
    pub drop: bool,
    /// For how many events it could not be applied as it is written.
    failures: AtomicU64,
}

impl Rule {
    /// Counts a failure; the first one is a problem.
    pub(super) fn failed(&self, what: impl FnOnce() -> String) -> Option<Problem> {
        let first = self.failures.fetch_add(1, Ordering::Relaxed) == 0;
        let problem = || Problem { rule: self.name.clone(), file: self.file.clone(), what: what() };
        first.then(problem)
    }

    pub(super) fn failures(&self) -> u64 {
        self.failures.load(Ordering::Relaxed)
    }
}

/// What a rule is checked against.
pub(super) struct Reader<'r> {
    pub place: Place,
    pub file: &'r Path,
    pub text: &'r str,
    pub valid: &'r dyn Fn(&str) -> Result<(), String>,
    pub conditions: &'r mut Conditions,
}

impl Reader<'_> {
    /// Reads the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(mut self) -> Result<Rule, Vec<RouteFault>> {
        let empty = self.text.lines().all(|line| {
            let line = line.trim();
            line.is_empty() || line == "---" || line.starts_with('#')
        });
        if empty {
            return Err(vec![self.fault((0, 0), "the file is empty", "write a rule or remove it")]);
        }
        match serde_saphyr::from_str::<RawRule>(self.text) {
            Ok(raw) => self.rule(raw),
            Err(error) => {
                let at = error.location().map_or((0, 0), |at| (at.line(), at.column()));
                let text = error.without_snippet().to_string();
                let what = text.lines().next().unwrap_or_default();
                let what = what.split(" at line ").next().unwrap_or(what);
                Err(vec![self.fault(at, what, "repair the YAML: one rule a file")])
            }
        }
    }

    fn fault(&self, at: At, what: impl Into<String>, help: impl Into<String>) -> RouteFault {
        RouteFault::new(self.file, what, help).at(at)
    }

    fn rule(&mut self, raw: RawRule) -> Result<Rule, Vec<RouteFault>> {
        let mut faults: Vec<RouteFault> =
            raw.unknown.into_iter().map(|(at, what, help)| self.fault(at, what, help)).collect();
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let says_to = raw.to.is_some();
        let rule = Rule {
            name: self.taken(raw.name, Self::name, &mut faults).or(stem).unwrap_or_default(),
            file: self.file.to_owned(),
            types: match raw.types {
                None => Kind::ALL.to_vec(),
                Some(types) => self.types(types, &mut faults),
            },
            when: match raw.when {
                None => None,
                Some(when) => self.when(when, &mut faults),
            },
            to: raw.to.map(|to| self.to(to, &mut faults)).unwrap_or_default(),
            sample: self.taken(raw.sample, Self::sample, &mut faults),
            set: self.taken(raw.set, Self::set, &mut faults),
            drop: self.taken(raw.drop, Self::drop, &mut faults).unwrap_or(false),
            failures: AtomicU64::new(0),
        };
        if rule.drop && (says_to || rule.set.is_some()) {
            faults.push(self.fault(
                (1, 1),
                "what is dropped goes nowhere, but the rule has to or set",
                "remove drop, or to and set",
            ));
        }
        if faults.is_empty() && !rule.drop && rule.to.is_empty() && rule.set.is_none() {
            faults.push(self.fault((1, 1), "the rule does nothing", "give it to, set or drop"));
        }
        if faults.is_empty() { Ok(rule) } else { Err(faults) }
    }

    /// A value by its reader; what is wrong is told at its place.
    fn taken<T>(
        &self,
        value: Option<Placed<Value>>,
        read: fn(&Value) -> Result<T, (String, String)>,
        faults: &mut Vec<RouteFault>,
    ) -> Option<T> {
        let (at, value) = value?;
        read(&value).map_err(|(what, help)| faults.push(self.fault(at, what, help))).ok()
    }

    fn name(value: &Value) -> Result<String, (String, String)> {
        match value {
            Value::String(name) if !name.trim().is_empty() => Ok(name.clone()),
            other => Err(wrong("name", other, "give it a text, or leave it out")),
        }
    }

    fn sample(value: &Value) -> Result<f64, (String, String)> {
        let number = value.as_f64().filter(|share| (0.0..=1.0).contains(share));
        number.ok_or_else(|| wrong("sample", value, "give the share as a number from 0.0 to 1.0"))
    }

    fn drop(value: &Value) -> Result<bool, (String, String)> {
        value.as_bool().ok_or_else(|| wrong("drop", value, "give true, or leave it out"))
    }

    fn set(value: &Value) -> Result<Changes, (String, String)> {
        Changes::read(value)
    }

    fn types(&self, (at, list): Placed<List>, faults: &mut Vec<RouteFault>) -> Vec<Kind> {
        if list.single && list.items.iter().any(|(_, item)| item == "*") {
            return Kind::ALL.to_vec();
        }
        let names = Kind::ALL.map(Kind::name);
        let all = || format!("give a list of {}, or \"*\"", names.join(", "));
        if list.items.is_empty() {
            faults.push(self.fault(at, "types is empty: no event has none", all()));
        }
        let mut types = Vec::new();
        for (place, item) in list.items {
            let at = if place.0 == 0 { at } else { place };
            match item.as_str().and_then(Kind::parse) {
                Some(kind) => types.push(kind),
                None => {
                    let near = item.as_str().map(|name| meant(names, name)).unwrap_or_default();
                    faults.push(self.fault(at, format!("unknown type {item}"), all() + &near));
                }
            }
        }
        types.sort_unstable();
        types.dedup();
        types
    }

    fn to(&self, (at, list): Placed<List>, faults: &mut Vec<RouteFault>) -> Vec<Destination> {
        if list.items.is_empty() {
            faults.push(self.fault(at, "to is empty", "name a destination, or leave it out"));
        }
        let mut to = Vec::new();
        for (place, item) in list.items {
            match self.destination(&item) {
                Ok(destination) if to.contains(&destination) => {}
                Ok(destination) => to.push(destination),
                Err((what, help)) => {
                    let at = if place.0 == 0 { at } else { place };
                    faults.push(self.fault(at, what, help));
                }
            }
        }
        to
    }

    fn destination(&self, item: &Value) -> Result<Destination, (String, String)> {
        let parts = PartName::ALL.map(PartName::name);
        let all = || format!("give {} or a URL such as stomp:///queue/x", parts.join(", "));
        let Some(text) = item.as_str() else {
            return Err((format!("to has {item}, which is no text"), all()));
        };
        if let Some(part) = PartName::parse(text) {
            if part.name() == self.place.name() {
                return Err((
                    format!("what comes from {text} would go back to it, for ever"),
                    "send it elsewhere".to_owned(),
                ));
            }
            return Ok(Destination::Part(part));
        }
        if !text.contains(':') {
            return Err((format!("unknown part {text:?}"), all() + &meant(parts, text)));
        }
        match (self.valid)(text) {
            Ok(()) => Ok(Destination::Url(text.to_owned())),
            Err(what) => Err((what, all())),
        }
    }

    fn when(
        &mut self,
        (at, value): Placed<Value>,
        faults: &mut Vec<RouteFault>,
    ) -> Option<Arc<Condition>> {
        let text = match value {
            Value::String(text) => text,
            Value::Bool(value) => value.to_string(),
            other => {
                let (what, help) = wrong("when", &other, "give a condition as text");
                faults.push(self.fault(at, what, help));
                return None;
            }
        };
        match self.conditions.get(&text) {
            Ok(condition) => Some(condition),
            Err(wrong) => {
                for wrong in wrong {
                    let at = super::position::within(self.text, at, &text, wrong.at);
                    faults.push(self.fault(at, wrong.what, wrong.help));
                }
                None
            }
        }
    }
}

fn wrong(key: &str, value: &Value, help: &str) -> (String, String) {
    (format!("{key} is {value}"), help.to_owned())
}
