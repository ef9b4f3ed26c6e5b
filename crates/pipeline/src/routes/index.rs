//! Finds the rules that may apply to an event.

use std::collections::HashMap;

use groundrule_core::event::{Event, Kind};

use super::keys::Keys;
use super::rule::Rule;

/// The rules of one place, as numbers in the order of their file names.
#[derive(Debug, Default)]
pub(super) struct Index([ByKind; Kind::ALL.len()]);

/// The rules for events of one kind.
#[derive(Debug, Default)]
struct ByKind {
    /// Those that may apply to any event.
    any: Vec<u32>,
    by_name: HashMap<Box<str>, Vec<u32>>,
    by_subject: HashMap<Box<str>, Vec<u32>>,
}

impl Index {
    pub(super) fn new(rules: &[Rule]) -> Self {
        let mut index = Self::default();
        for (number, rule) in (0_u32..).zip(rules) {
            for kind in &rule.types {
                index.0[*kind as usize].add(number, rule);
            }
        }
        index
    }

    /// Adds the rules that may apply, in their order.
    pub(super) fn candidates(&self, event: &Event, found: &mut Vec<u32>) {
        let rules = &self.0[event.kind() as usize];
        found.extend_from_slice(&rules.any);
        let mut keyed = false;
        for (by, key) in [(&rules.by_name, event.name()), (&rules.by_subject, event.subject())] {
            if !by.is_empty()
                && let Some(numbers) = by.get(key)
            {
                found.extend_from_slice(numbers);
                keyed = true;
            }
        }
        if keyed {
            found.sort_unstable();
        }
    }
}

impl ByKind {
    fn add(&mut self, number: u32, rule: &Rule) {
        let (by, keys) = match rule.when.as_ref().and_then(|when| when.keys()) {
            None => return self.any.push(number),
            Some(Keys::Names(names)) => (&mut self.by_name, names),
            Some(Keys::Subjects(subjects)) => (&mut self.by_subject, subjects),
        };
        for key in keys {
            let numbers = by.entry(key.into()).or_default();
            if numbers.last() != Some(&number) {
                numbers.push(number);
            }
        }
    }
}
